"""Essays into passages: slices of the canonical text that never cross a section.

Joined blocks up to MAX_CHARS make a passage, so ``text[start:end] == passage.text`` holds by construction
and everything but the white space between blocks is in exactly one passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.corpus.sections import Section, sections
from assistant.corpus.sentences import blocks, sentences
from assistant.types import Essay, Passage, Span

SPLITTER_VERSION = "2"
MAX_CHARS = 1000
_SEEN = re.compile(r"\S")


def split(essay: Essay) -> tuple[Passage, ...]:
    """All passages of an essay, in order, each with the spans of its sentences."""
    return tuple(passage for section in sections(essay) for passage in _section_passages(essay, section))


def _section_passages(essay: Essay, section: Section) -> Iterator[Passage]:
    found = blocks(essay.text, section.start, section.end)
    pieces = [
        piece
        for i, block in enumerate(found)
        for piece in _fitting(essay.text, block, is_heading=i == 0 and _is_heading(essay.text, block, section.heading))
    ]
    group: list[tuple[Span, list[Span]]] = []
    for piece in pieces:
        if group and piece[0].end - group[0][0].start > MAX_CHARS:
            yield _passage(essay, section, group)
            group = []
        group.append(piece)
    if group:
        yield _passage(essay, section, group)


def _passage(essay: Essay, section: Section, group: list[tuple[Span, list[Span]]]) -> Passage:
    start, end = group[0][0].start, group[-1][0].end
    return Passage(
        id=f"{essay.id}:{start}-{end}",
        source_id=essay.id,
        section=section.heading,
        start=start,
        end=end,
        text=essay.text[start:end],
        sentences=tuple(span for _, spans in group for span in spans),
    )


def _is_heading(text: str, block: Span, heading: str) -> bool:
    """Whether a section's first block is its heading, which may be numbered, and not a sentence or all there is."""
    line = block.of(text)
    return line.endswith(heading) and len(line) <= len(heading) + 8 and not line.endswith(".") and line != text.strip()


def _fitting(text: str, block: Span, *, is_heading: bool) -> Iterator[tuple[Span, list[Span]]]:
    """The block whole where it fits, else cut between sentences, and over-long sentences between words.

    The line that is the section's heading has no sentences to quote.
    """
    spans = [] if is_heading else sentences(text, block)
    if block.end - block.start <= MAX_CHARS:
        yield block, spans
        return
    start = block.start
    cut = [part for span in spans or [block] for part in _short_enough(text, span)]
    for i, span in enumerate(cut):
        last = i == len(cut) - 1
        yield Span(start=start, end=block.end if last else span.end), [span]
        start = span.end if last else cut[i + 1].start


def _short_enough(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > MAX_CHARS:
        spaces = [m.start() for m in re.finditer(r"\s", text[start + MAX_CHARS // 2 : start + MAX_CHARS])]
        end = start + MAX_CHARS // 2 + spaces[-1] if spaces else start + MAX_CHARS
        yield Span(start=start, end=end)
        following = _SEEN.search(text, end, span.end)
        start = following.start() if following else span.end
    if start < span.end:
        yield Span(start=start, end=span.end)
