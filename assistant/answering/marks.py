"""Reading a model's marked-up text as it streams: sentences, and the ``[n]`` marks behind each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.answering.evidence import DraftSentence
from assistant.corpus.splitting import blocks, sentences

_NUMBERS = r"\s*(?:source|passage|s)?\s*(\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)\s*"
_MARKS = re.compile(
    rf"[ \t]*[\[【]{_NUMBERS}[\]】](?=[\s.,;:!?(\[【]|$)"
    rf"|[ \t]*\({_NUMBERS}\)(?=[ \t]*(?:[.!?(\[【]|$))"
    rf"|(?<=[.!?\"”])[ \t]*\({_NUMBERS}\)(?=\s|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Round marks count only where a sentence ends: elsewhere "(1)" numbers the points of a list."""
_UNFINISHED = re.compile(r"[ \t]*(?:[\[【][^\]】]*|\(\s*[a-z]{0,7}\s*[\d\s,;–-]{0,40})$", re.IGNORECASE)
_MAX_RANGE = 10


def parse(text: str) -> list[DraftSentence]:
    """All sentences of a finished text. Marks inside or behind a sentence belong to it; headings are left out."""
    clean, marks = _without_marks(text)
    found: list[DraftSentence] = []
    end = 0
    spans = [s for block in blocks(clean, 0, len(clean)) for s in sentences(clean, block)]
    for i, span in enumerate(spans):
        until = spans[i + 1].start if i + 1 < len(spans) else len(clean) + 1
        numbers = tuple(
            dict.fromkeys(n for at, n in marks if span.start < at <= until and not clean[span.end : at].strip())
        )
        found.append(
            DraftSentence(lead=_layout(clean[end : span.start]) if found else "", text=span.of(clean), numbers=numbers)
        )
        end = span.end
    return found


def parse_stream(pieces: Iterable[str]) -> Iterator[DraftSentence]:
    """Sentences of a streamed text, each as soon as the next one has begun."""
    text, given = "", 0
    for piece in pieces:
        text += piece
        done = parse(_UNFINISHED.sub("", text))[:-1]
        yield from done[given:]
        given = max(given, len(done))
    yield from parse(text)[given:]


def _layout(between: str) -> str:
    """What stands between two sentences, without its heading lines: nobody checks what those say."""
    *lines, last = between.split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*(line for line in lines if not line.strip()), last]))


def _without_marks(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and (offset in it, evidence number) for each mark."""
    clean, marks, end = "", [], 0
    for match in _MARKS.finditer(text):
        clean += text[end : match.start()]
        end = match.end()
        marks += [(len(clean), number) for number in _numbers(match[match.lastindex or 0])]
    return clean + text[end:], marks


def _numbers(inside: str) -> Iterator[int]:
    """``3, 5-7`` as 3, 5, 6, 7."""
    for part in re.split(r"[,;]", inside):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + _MAX_RANGE:
            yield from range(ends[0], ends[1] + 1)
        else:
            yield from ends
