"""Markup: which lines of a text are prose, and which are headings, list items, tables, code or marks of a page's maker.

Markdown, with what documentation tools add to it: MyST's and Docusaurus' directives (``:::``), anchors (``(name)=``),
HTML comments, includes. Offsets are those of the text; nothing is parsed away.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from assistant.types import Span

BlockKind = Literal["prose", "heading", "item", "table", "code", "markup"]
"""``markup`` is for the page's maker alone and shown to no reader: anchors, comments, directives' lines."""


class Block(Span):
    """A run of lines of one kind, without their margins."""

    kind: BlockKind = "prose"


class _Line(NamedTuple):
    start: int
    end: int
    text: str


class _Lines(list[_Line]):
    """The lines between two offsets. What closes a fence or a comment is found without reading on each time."""

    def __init__(self, text: str, start: int, end: int) -> None:
        found = (_Line(start + m.start(), start + m.end(), m[0]) for m in _LINE.finditer(text[start:end]) if m[0])
        super().__init__(found)
        self._closing: dict[str, list[int]] = {}
        self._opened: dict[str, int] = {}
        for number, line in enumerate(self):
            bare = line.text.strip()
            if bare[:3] in ("```", "~~~", ":::"):
                mark = bare[: len(bare) - len(bare.lstrip(bare[0]))]
                if bare == mark:
                    for length in range(3, min(len(mark), _MAX_FENCE) + 1):
                        self._closing.setdefault(mark[:length], []).append(number)
                elif bare[len(mark) :].lstrip().startswith("{"):
                    self._opened.setdefault(mark, number)
            if "-->" in bare:
                self._closing.setdefault("-->", []).append(number)

    def closing(self, mark: str, after: int) -> int | None:
        """The first line from ``after`` on that closes what ``mark`` opened."""
        numbers = self._closing.get(mark[:_MAX_FENCE], [])
        row = bisect_left(numbers, after)
        return numbers[row] if row < len(numbers) else None

    def opened(self, mark: str, before: int) -> bool:
        """Whether a directive was opened with this mark before a line."""
        return self._opened.get(mark, before) < before


_LINE = re.compile(r"[^\n]*\n?")
_MAX_FENCE = 12
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)])[ \t]+")
HEADING_MARK = re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)")
RULE = re.compile(r"^ {0,3}(?:={3,}|-{3,}|\*{3,}|_{3,})$")
_TERMINAL = re.compile(r"""[.!?…:;。！？؟]["'”’)\]»]*[ \t]*$""")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,}|:{3,})([^`\n]*)$")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s.*)?$")
_LITERAL = frozenset(
    "code code-block code-cell sourcecode parsed-literal literalinclude eval-rst math mermaid graphviz doctest".split()
)
"""Directives whose content is code."""
_UNSEEN = frozenset(
    "toctree contents include image figure raw index meta highlight click autodoc autoclass autofunction".split()
)
"""Directives whose content is put together by the tool; their lines say nothing to a reader."""
_PICTURE = r"!\[[^\]]*\]\([^)]*\)"
_MADE = re.compile(
    rf"""\s*(?:\([\w:./-]+\)=$|%\s|\[[^\]]+\]:\s*\S|\{{\{{.*\}}\}}$|\{{%.*%\}}$|\.\.\s[\w-]+::|\+\+\+"""
    rf"""|(?:{_PICTURE}\s*|\[{_PICTURE}\]\([^)]*\)\s*)+$"""
    r"""|<(span|figcaption|small)\b[^<>]*>[^<>]*</\1>$"""
    r"""|</?[a-zA-Z][^<>]*>(?:</[a-zA-Z][\w-]*>)?$|[-*+]\s+\[[^\]]*\]\((?:\#|(?!\w+:)[^)]*\.md)[^)]*\)$)"""
)
"""Anchors, comments, link definitions, includes, pictures, badges, tags, and entries of a table of contents."""
_INCLUDED = re.compile(r"\s*\{\{#.*\}\}\s*$")
_RULED = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)+\|?\s*$")
_MAX_TAG_LINES = 8
_NEAR = 20


def is_list_item(line: str) -> bool:
    """Whether the line begins an item of a list."""
    return _LIST_MARK.match(line) is not None


def list_mark(block: str) -> int:
    """The length of the mark that a list item begins with; 0 for other text."""
    mark = _LIST_MARK.match(block)
    return mark.end() if mark else 0


def blocks(text: str, start: int, end: int) -> list[Block]:
    """Paragraphs, list items, headings, tables, code and markup between two offsets.

    A line break ends a block where the line before it is closed by punctuation, a rule or a heading, or the next
    one opens a list item; other line breaks are wrapping.
    """
    lines = _Lines(text, start, end)
    found: list[Block] = []
    at = 0
    while at < len(lines):
        kind, stop = _taken(lines, at)
        if kind is not None:
            found.append(_block(lines[at:stop], kind))
        at = stop
    return found


def rows(text: str, table: Span) -> list[Span]:
    """The lines of a table: its head, the line under it, and its rows."""
    found = re.finditer(r"\S.*", table.of(text))
    return [Span(start=table.start + m.start(), end=table.start + len(m[0].rstrip()) + m.start()) for m in found]


def literals(text: str) -> tuple[Span, ...]:
    """Code and markup of more than a line, whose lines are no headings."""
    return tuple(block for block in blocks_of(text) if block.kind in ("code", "markup"))


@lru_cache(maxsize=256)
def blocks_of(text: str) -> tuple[Block, ...]:
    """All blocks of a text."""
    return tuple(blocks(text, 0, len(text)))


def outside(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The pattern's matches that begin in no code and no markup."""
    spans = literals(text)
    starts = [span.start for span in spans]
    for match in pattern.finditer(text):
        row = bisect_right(starts, match.start()) - 1
        if row < 0 or match.start() >= spans[row].end:
            yield match


def _taken(lines: _Lines, at: int) -> tuple[BlockKind | None, int]:
    """The kind of the block that begins at a line, and the line behind it; None for a blank line."""
    line = lines[at].text.rstrip()
    if not line.strip():
        return None, at + 1
    fence = _FENCE.match(line)
    if fence is not None and (found := _fenced(lines, at, fence)) is not None:
        return found
    if _is_indented_code(lines, at):
        return "code", _while(lines, at, lambda text: text.startswith("    "))
    if line.lstrip().startswith("<!--"):
        closing = lines.closing("-->", at)
        return "markup", (at if closing is None else closing) + 1
    if (behind := _tag_ends(lines, at)) or _MADE.match(line):
        return "markup", behind or at + 1
    if HEADING_MARK.match(line):
        return "heading", at + 1
    if "|" in line and at + 1 < len(lines) and _RULED.match(lines[at + 1].text.rstrip()):
        return "table", _while(lines, at + 2, lambda text: "|" in text)
    return ("item" if is_list_item(line) else "prose"), _wrapped(lines, at)


def _fenced(lines: _Lines, at: int, fence: re.Match[str]) -> tuple[BlockKind, int] | None:
    """What a fence opens: code to the closing one, or a directive, whose content is text unless its name says else."""
    mark, info = fence[1], fence[2].strip()
    named = re.match(r"\{([\w:.-]+)\}|([\w-]+)", info)
    name = (named[1] or named[2] if mark[0] == ":" else named[1]) if named else None
    closing = lines.closing(mark, at + 1)
    if name in _LITERAL | _UNSEEN and closing is not None:
        return ("code" if name in _LITERAL else "markup"), closing + 1
    if mark[0] == ":" or name:
        return "markup", _while(lines, at + 1, lambda text: _OPTION.match(text) is not None)
    if closing is not None:
        included = closing > at + 1 and all(_INCLUDED.match(line.text) for line in lines[at + 1 : closing])
        return ("markup" if included else "code"), closing + 1
    return ("markup", at + 1) if not info and lines.opened(mark, at) else None


def _tag_ends(lines: _Lines, at: int) -> int:
    """The line behind an HTML tag that opens a line and goes on over the next ones; 0 where there is none."""
    if not re.match(r"\s*<[a-zA-Z][\w-]*\s[^<>]*$", lines[at].text):
        return 0
    for n in range(at + 1, min(at + _MAX_TAG_LINES, len(lines))):
        if ">" in lines[n].text:
            return n + 1 if lines[n].text.rstrip().endswith(">") else 0
    return 0


def _while(lines: _Lines, at: int, goes_on: Callable[[str], bool]) -> int:
    while at < len(lines) and lines[at].text.strip() and goes_on(lines[at].text.rstrip("\n")):
        at += 1
    return at


def _is_indented_code(lines: _Lines, at: int) -> bool:
    """Whether four spaces make code here: behind a blank line, and not inside a list."""
    if not lines[at].text.startswith("    ") or is_list_item(lines[at].text) or at < 2 or lines[at - 1].text.strip():
        return False
    before = next(
        (n for n in range(at - 1, max(at - _NEAR, -1), -1) if lines[n].text.strip() and lines[n].text[0] not in " \t"),
        None,
    )
    return before is not None and not is_list_item(lines[before].text) and lines[before].text.rstrip().endswith(":")


def _wrapped(lines: _Lines, at: int) -> int:
    """The line behind a paragraph or list item: a blank one, or one that begins another block."""
    stop = at + 1
    while stop < len(lines) and lines[stop].text.strip():
        before, line = lines[stop - 1].text.rstrip(), lines[stop].text.rstrip()
        closed = any(mark.search(before) for mark in (_TERMINAL, RULE))
        if closed or is_list_item(line) or _taken_alone(lines, stop):
            return stop
        stop += 1
    return stop


def _taken_alone(lines: _Lines, at: int) -> bool:
    """Whether a line cannot go on with a paragraph, as it begins a block of another kind."""
    line = lines[at].text.rstrip()
    fence = _FENCE.match(line)
    if fence is not None and _fenced(lines, at, fence) is not None:
        return True
    ruled = at + 1 < len(lines) and "|" in line and _RULED.match(lines[at + 1].text.rstrip()) is not None
    return ruled or bool(HEADING_MARK.match(line) or _MADE.match(line)) or line.lstrip().startswith("<!--")


def _block(lines: list[_Line], kind: BlockKind) -> Block:
    first, last = lines[0], lines[-1]
    start = first.start + len(first.text) - len(first.text.lstrip())
    return Block(start=start, end=last.start + len(last.text.rstrip()), kind=kind)


_ROLE = re.compile(r"\{[\w:.-]+\}`(?:([^`<]*?)\s*<[^`>]*>|~?([^`]*))`")
_LINK = re.compile(r"!?\[([^\]]*)\](?:\((?!(?:https?|mailto):)[^)]*\)|\[[^\]]*\])")
_COMMENT = re.compile(r"\s?<!--.*?-->", re.DOTALL)
_NOTE_MARK = re.compile(r"\[\^[^\]]+\]")


def readable(text: str) -> str:
    """Text for a reader: roles and links into the documents' own pages as their words, comments left out."""
    bare = _ROLE.sub(lambda m: (m[1] or m[2] or "").strip(), text)
    return _NOTE_MARK.sub("", _COMMENT.sub("", _LINK.sub(lambda m: m[1], bare)))
