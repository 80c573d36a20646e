"""Essays into passages: slices of the canonical text that never cross a section.

Joined blocks up to MAX_CHARS make a passage, so ``text[start:end] == passage.text`` holds by construction
and everything but the white space between blocks is in exactly one passage.

Where sentences begin and end, as offsets. Rules, no model: every cut can be read and tested.

Sections of a text: Markdown headings, or the heading lines that plain text shows by its layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.corpus.furniture import is_furniture
from assistant.types import Essay, Frozen, Passage, Span

_ABBREVIATIONS = frozenset(
    "e.g i.e vs cf al etc approx no fig dr mr mrs ms prof st inc ltd corp co jr sr dept est vol pp p ch sec eq "
    "ref".split()
)
_END = re.compile(r"""(?<![.!?…])[.!?…]++["'”’)\]»]*+(?=\s)|[。！？؟।]+["”’」』)]*""")
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)])[ \t]+")
_HEADING_MARK = re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)")
_RULE = re.compile(r"^ {0,3}(?:={3,}|-{3,}|\*{3,}|_{3,})$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[^`\n]*$", re.MULTILINE)
_LINE = re.compile(r"^.*$", re.MULTILINE)
_VISIBLE = re.compile(r"\S")
_LONGEST_WORD = 40
_TERMINAL = re.compile(r"""[.!?…:;。！？؟]["'”’)\]»]*[ \t]*$""")


def is_list_item(line: str) -> bool:
    """Whether the line opens an item of a list."""
    return _LIST_MARK.match(line) is not None


def blocks(text: str, start: int, end: int) -> list[Span]:
    """Paragraphs, list items, heading lines and fenced code between two offsets, without their margins.

    A line break ends a block where the line before it is closed by punctuation, a rule or a heading, or the next
    one opens a list item; other line breaks are wrapping.
    """
    found: list[Span] = []
    at = start
    for code in code_spans(text, start, end):
        found += [*_prose_blocks(text, at, code.start), code]
        at = code.end
    return [*found, *_prose_blocks(text, at, end)]


def code_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Fenced code between two offsets, fences included. A fence that nothing closes is none."""
    found: list[Span] = []
    opened = ("", 0)
    for match in _LINE.finditer(text, start, len(text) if end is None else end):
        line = match[0].strip()
        if not opened[0]:
            fence = _FENCE.match(match[0])
            opened = (fence[1], match.start() + fence.start(1)) if fence is not None else opened
        elif line.startswith(opened[0]) and not line.strip(line[0]):
            found.append(Span(start=opened[1], end=match.start() + len(match[0].rstrip())))
            opened = ("", 0)
    return found


def _prose_blocks(text: str, start: int, end: int) -> list[Span]:
    found: list[Span] = []
    block_start: int | None = None
    block_end = previous_closed = 0
    for match in re.finditer(r"[^\n]*\n?", text[start:end]):
        line = match[0].rstrip()
        at = start + match.start()
        if not line.strip():
            starts_new = True
        else:
            starts_new = bool(previous_closed) or is_list_item(line) or _HEADING_MARK.match(line) is not None
        if starts_new and block_start is not None:
            found.append(Span(start=block_start, end=block_end))
            block_start = None
        if line.strip():
            if block_start is None:
                block_start = at + len(line) - len(line.lstrip())
            block_end = at + len(line)
            previous_closed = int(any(mark.search(line) for mark in (_TERMINAL, _HEADING_MARK, _RULE)))
    if block_start is not None:
        found.append(Span(start=block_start, end=block_end))
    return found


def sentences(text: str, block: Span) -> list[Span]:
    """Sentences of one block, in order, list marks left out. A heading has none, code is one."""
    body = block.of(text)
    if _HEADING_MARK.match(body):
        return []
    if _FENCE.match(body) and len(code_spans(body)) == 1:
        return [block]
    mark = _LIST_MARK.match(body)
    at = mark.end() if mark else 0
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
    before = body[max(start, end.start() - _LONGEST_WORD) : end.start()].split()
    word = before[-1].strip("(\"'“‘[").lower() if before else ""
    if word in _ABBREVIATIONS and (word != "no" or rest[0].isdigit()):
        return False
    is_initial = len(word) == 1 and word.isalpha() and before[-1].isupper() and word != "i"
    return not is_initial and not rest[0].islower()


def _trimmed(body: str, start: int, end: int, offset: int) -> Span | None:
    piece = body[start:end]
    if not piece.strip():
        return None
    left = len(piece) - len(piece.lstrip())
    return Span(start=offset + start + left, end=offset + start + len(piece.rstrip()))


_MARKDOWN = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+)$|(?:\A|(?<=\n\n))(\S.{0,88})\n(?:={3,}|-{3,})[ \t]*$", re.MULTILINE)
"""A heading by its mark, or by the line under it."""
_MAX_HEADING = 90


class Section(Frozen):
    """A run of text under one heading; ``start`` is where the heading's line begins."""

    heading: str
    start: int
    end: int


def sections(essay: Essay) -> list[Section]:
    """All sections in order; together they cover the whole text.

    Text above the first heading stands under the essay's title.
    """
    text = essay.text
    heads = list(headings(text)) or _plain_headings(essay)
    if not heads or heads[0][0] > 0:
        heads = [(0, essay.title), *heads]
    ends = [start for start, _ in heads[1:]] + [len(text)]
    return [Section(heading=h, start=s, end=e) for (s, h), e in zip(heads, ends, strict=True)]


def headings(text: str) -> Iterator[tuple[int, str]]:
    """Offset and words of each Markdown heading; a line of code that begins with ``#`` is none."""
    for match in _outside_code(_MARKDOWN, text):
        yield match.start(), _named(match[1] or match[2])


def prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """Offset and words of each line that is no code, blank ones included."""
    return ((match.start(), match[0].strip()) for match in _outside_code(_LINE, text))


def _outside_code(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    code = iter(code_spans(text))
    span = next(code, None)
    for match in pattern.finditer(text):
        while span is not None and span.end <= match.start():
            span = next(code, None)
        if span is None or match.start() < span.start:
            yield match


def _named(line: str) -> str:
    """A heading without the marks that may close it; one of nothing but marks keeps the first."""
    return (line.rstrip(" \t#") or line[:1]).strip()


def _plain_headings(essay: Essay) -> list[tuple[int, str]]:
    """Short unpunctuated lines that stand alone between a blank line and a paragraph."""
    lines = list(prose_lines(essay.text))
    found: list[tuple[int, str]] = []
    following = ""
    for i in reversed(range(1, len(lines))):
        start, line = lines[i]
        after_blank = not lines[i - 1][1]
        if after_blank and _reads_as_prose(following) and _reads_as_heading(line) and line != essay.title:
            found.append((start, re.sub(r"^\d{1,2}[.)]\s+", "", line)))
        following = line or following
    return found[::-1]


def _reads_as_heading(line: str) -> bool:
    words = line.split()
    return (
        len(words) >= 2
        and len(line) <= _MAX_HEADING
        and line[-1] not in ".!:;,…"
        and not line.startswith(("•", "-", "*", "|", ">", "[", "#"))
        and (line[0].isupper() or line[0].isdigit() or line[0] in '"“')
        and not is_furniture(line)
    )


def _reads_as_prose(line: str) -> bool:
    return len(line) > _MAX_HEADING or line.endswith((".", "!", "?", ":", "”", '"', "…"))


SPLITTER_VERSION = "3"
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
    line = re.sub(r"\n[=-]{3,}$", "", block.of(text))
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
