"""Where sentences begin and end, as offsets. Rules, no model: every cut can be read and tested."""

from __future__ import annotations

import re

from assistant.types import Span

_ABBREVIATIONS = frozenset(
    "e.g i.e vs cf al etc approx no fig dr mr mrs ms prof st inc ltd corp co jr sr dept est vol pp p ch sec eq "
    "ref".split()
)
_END = re.compile(r"""(?<![.!?…])[.!?…]++["'”’)\]»]*+(?=\s)|[。！？؟।]+["”’」』)]*""")
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)])[ \t]+")
_HEADING_MARK = re.compile(r"[ \t]*#{1,6}[ \t]+(?=\S)")
_SEEN = re.compile(r"\S")
_LONGEST_WORD = 40
_TERMINAL = re.compile(r"""[.!?…:;。！？؟]["'”’)\]»]*[ \t]*$""")


def is_list_item(line: str) -> bool:
    """Whether the line opens an item of a list."""
    return _LIST_MARK.match(line) is not None


def blocks(text: str, start: int, end: int) -> list[Span]:
    """Paragraphs, list items and heading lines between two offsets, without their margins.

    A line break ends a block where the line before it is closed by punctuation or a heading, or the next
    one opens a list item; other line breaks are wrapping.
    """
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
            previous_closed = int(bool(_TERMINAL.search(line)) or _HEADING_MARK.match(line) is not None)
    if block_start is not None:
        found.append(Span(start=block_start, end=block_end))
    return found


def sentences(text: str, block: Span) -> list[Span]:
    """Sentences of one block, in order, list marks left out. A heading has none."""
    body = block.of(text)
    if _HEADING_MARK.match(body):
        return []
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
    rest = _SEEN.search(body, end.end())
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
