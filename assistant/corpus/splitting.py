"""Splitting: a text into sections, sections into blocks, blocks into sentences and passages, all as offsets.

A passage is a run of blocks of one section, up to MAX_CHARS long, so ``text[start:end] == passage.text`` by
construction, and each block is in exactly one passage. Sentences are found by rules, so that every cut can be tested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from assistant.corpus.furniture import is_furniture
from assistant.corpus.markup import RULE, Block, blocks, is_list_item, list_mark, outside, rows
from assistant.types import Essay, Frozen, Passage, Span

_ABBREVIATIONS = frozenset(
    """e.g i.e vs cf al etc approx no fig dr mr mrs ms prof st inc ltd corp co jr sr dept est vol pp p ch sec eq
    ref bzw ca evtl exkl ggf hrsg inkl nr sog usw vgl zzgl env mme mlle sig sra núm pág""".split()
)
"""English ones, and those of German, French, Italian and Spanish that are no English words."""
_PAIRED = re.compile(r"(?<!\w)[^\W\d_]\.\s?[^\W\d_]$")
"""Two letters with full stops of their own, as in "z. B."."""
_DATED = re.compile(
    r"(?:am|ab|bis|bis zum|der|dem|den|des|im|seit|und|vom|zum) [A-ZÄÖÜ]"
    r"|\S* (?:Januar|Jänner|Februar|März|Mai|Juni|Juli|Oktober|Dezember)\b",
    re.IGNORECASE,
)
"""The word before a German ordinal, or the month after it, as in "am 3. August"."""
_END = re.compile(r"""(?<![.!?…])[.!?…]++["'”’)\]»]*+(?=\s)|[。！？؟।]+["”’」』)]*""")
_LINE = re.compile(r"^.*$", re.MULTILINE)
_VISIBLE = re.compile(r"\S")
_LONGEST_WORD = 40


def sentences(text: str, block: Block) -> list[Span]:
    """Sentences of one block, in order, list marks left out.

    A heading, a rule and markup have none, code is one, a table has its rows below the head.
    """
    body = block.of(text)
    if block.kind in ("heading", "markup") or RULE.match(body):
        return []
    if block.kind == "code":
        return [Span(start=block.start, end=block.end)]
    if block.kind == "table":
        return rows(text, block)[2:]
    at = list_mark(body)
    found = []
    for match in _END.finditer(body, at):
        if _is_boundary(body, at, match):
            found.append((at, match.end()))
            at = match.end()
    found.append((at, len(body)))
    return [span for a, b in found if (span := _trimmed(body, a, b, block.start)) is not None]


def _is_boundary(body: str, start: int, end: re.Match[str]) -> bool:
    """Whether the punctuation at ``end`` closes a sentence: not an abbreviation, initial or ordinal."""
    rest = _VISIBLE.search(body, end.end())
    if rest is None:
        return False
    if end[0].rstrip("\"'”’)]»") != ".":
        return not rest[0].islower()
    before = body[max(start, end.start() - _LONGEST_WORD) : end.start()]
    return not rest[0].islower() and not _abbreviates(before, body[rest.start() : rest.start() + _LONGEST_WORD])


def _abbreviates(before: str, after: str) -> bool:
    """Whether a full stop between two texts belongs to the word before it."""
    words = before.split()
    word = words[-1].strip("(\"'“‘[") if words else ""
    if word.isdigit():
        return len(word) <= 2 and _DATED.match(f"{' '.join(words[-2:-1])} {after}") is not None
    if len(word) == 1 and word.isalpha():
        in_pair = _PAIRED.search(before) is not None or re.match(r"\w\.(?!\w)", after) is not None
        return (word.isupper() or in_pair) and word != "I"
    return word.lower() in _ABBREVIATIONS and (word.lower() not in {"no", "nr"} or after[0].isdigit())


def _trimmed(body: str, start: int, end: int, offset: int) -> Span | None:
    piece = body[start:end]
    if not piece.strip():
        return None
    left = len(piece) - len(piece.lstrip())
    return Span(start=offset + start + left, end=offset + start + len(piece.rstrip()))


_MARKDOWN = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+)$|(?:\A|(?<=\n\n))(\S.{0,88})\n(?:={3,}|-{3,})[ \t]*$", re.MULTILINE)
"""A heading by its mark, or by the line under it."""
_MAX_HEADING = 90
_SHORTEST_WRAPPED = 45
_BREAKS = 3
"""So many broken sentences show that a text is wrapped."""
_CHAPTER = re.compile(
    r"(?i:chapter|part|book|letter|appendix) (?:\d{1,3}|[IVXLCivxlc]+)\b.{0,70}$|[A-Z][A-Z' ]{4,60}\.?$"
)


class Section(Frozen):
    """The text under one heading. ``start`` is the start of the heading's line."""

    heading: str
    start: int
    end: int


def sections(essay: Essay) -> list[Section]:
    """All sections in order. They cover the whole text; text above the first heading has the essay's title."""
    text = essay.text
    heads = list(headings(text)) or _plain_headings(essay)
    if not heads or heads[0][0] > 0:
        heads = [(0, essay.title), *heads]
    ends = [start for start, _ in heads[1:]] + [len(text)]
    return [Section(heading=h, start=s, end=e) for (s, h), e in zip(heads, ends, strict=True)]


def headings(text: str) -> Iterator[tuple[int, str]]:
    """Offset and words of each Markdown heading; a line of code that begins with ``#`` is none."""
    for match in outside(_MARKDOWN, text):
        yield match.start(), _named(match[1] or match[2])


def prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """Offset and words of each line that is neither code nor markup, blank ones included."""
    return ((match.start(), match[0].strip()) for match in outside(_LINE, text))


def _named(line: str) -> str:
    """A heading without closing marks; a heading of marks only keeps the first one."""
    return (line.rstrip(" \t#") or line[:1]).strip()


def _plain_headings(essay: Essay) -> list[tuple[int, str]]:
    """Short lines without punctuation between a blank line and a paragraph.

    Where lines are wrapped, a heading also has a blank line behind it: else each paragraph's first line would be one.
    """
    lines = list(prose_lines(essay.text))
    wrapped = _is_wrapped([line for _, line in lines])
    found: list[tuple[int, str]] = []
    follows_prose = False
    for i in reversed(range(len(lines))):
        start, line = lines[i]
        after_blank = not lines[i - 1][1] if i else wrapped
        goes_on = i + 1 < len(lines) and bool(lines[i + 1][1])
        alone = after_blank and follows_prose and not (wrapped and goes_on) and line != essay.title
        if alone and (_reads_as_heading(line) or (wrapped and _CHAPTER.match(line))):
            found.append((start, re.sub(r"^\d{1,2}[.)]\s+", "", line)))
        if line:
            follows_prose = _reads_as_prose(line) or (wrapped and goes_on)
    return found[::-1]


def _is_wrapped(lines: list[str]) -> bool:
    """Whether sentences go on over line breaks, as in text wrapped at some 70 characters."""
    lengths = sorted(len(line) for line in lines if line)
    if not lengths or lengths[len(lengths) * 9 // 10] > _MAX_HEADING:
        return False
    broken = sum(
        len(line) > _SHORTEST_WRAPPED and bool(after) and line[-1] not in ".!?:;" and not is_list_item(after)
        for line, after in pairwise(lines)
        if line
    )
    return broken >= _BREAKS


def _reads_as_heading(line: str) -> bool:
    words = line.split()
    return (
        (len(words) >= 2 or (len(line) > 1 and WITHOUT_SPACES.match(line) is not None))
        and len(line) <= _MAX_HEADING
        and line[-1] not in ".!:;,…。！？，：；؟،"
        and not line.startswith(("•", "-", "*", "|", ">", "[", "#"))
        and (line[0].isdigit() or line[0] in '"“' or (line[0].isalpha() and not line[0].islower()))
        and not is_furniture(line)
    )


WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Runs of Chinese and Japanese, which put no spaces between words."""


def words_apart(word: str) -> list[str]:
    """A word as searched for: Chinese and Japanese by overlapping pairs of signs, as nobody parts their words."""
    if not (run := WITHOUT_SPACES.search(word)):
        return [word]
    pairs = [run[0][i : i + 2] for i in range(max(len(run[0]) - 1, 1))]
    before, after = word[: run.start()], word[run.end() :]
    return [*([before] if before else []), *pairs, *(words_apart(after) if after else [])]


def _reads_as_prose(line: str) -> bool:
    return len(line) > _MAX_HEADING or line.endswith((*'.!?:”"…。！？؟।',))


SPLITTER_VERSION = "4"
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
    """Whether a section's first block is its heading, perhaps numbered, and neither a sentence nor the whole text."""
    line = re.sub(r"\n[=-]{3,}$", "", block.of(text))
    return line.endswith(heading) and len(line) <= len(heading) + 8 and not line.endswith(".") and line != text.strip()


def _fitting(text: str, block: Block, *, is_heading: bool) -> Iterator[tuple[Span, list[Span]]]:
    """The block if it fits, else parts cut between sentences, and between words in too long sentences.

    The section's heading has no sentences to quote.
    """
    spans = [] if is_heading else sentences(text, block)
    if block.kind == "markup":
        return
    if block.end - block.start <= MAX_CHARS:
        yield block, spans
        return
    start = block.start
    cut = [part for span in spans or [block] for part in _short_enough(text, span, is_code=block.kind == "code")]
    for i, span in enumerate(cut):
        last = i == len(cut) - 1
        yield Span(start=start, end=block.end if last else span.end), [span]
        start = span.end if last else cut[i + 1].start


def _short_enough(text: str, span: Span, *, is_code: bool) -> Iterator[Span]:
    """The span, cut between words, or between lines of code."""
    start = span.start
    while span.end - start > MAX_CHARS:
        half = text[start + MAX_CHARS // 2 : start + MAX_CHARS]
        spaces = [m.start() for m in re.finditer(r"\n" if is_code and "\n" in half else r"\s", half)]
        end = start + MAX_CHARS // 2 + spaces[-1] if spaces else start + MAX_CHARS
        yield Span(start=start, end=end)
        following = _SEEN.search(text, end, span.end)
        start = following.start() if following else span.end
    if start < span.end:
        yield Span(start=start, end=span.end)
