"""An essay's canonical text as HTML blocks in which every shown character keeps its offset.

Nothing is rewritten: Markdown's own characters stay in the page and are hidden by the style sheet, so the words
inside a mark are exactly ``text[start:end]`` of the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from assistant.corpus.splitting import Section, blocks, is_list_item, sections
from assistant.types import Essay, Span

_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]+")
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)])[ \t]+")
_TABLE_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_INLINE = re.compile(
    r"(?P<strong>\*\*)(?=\S)(?P<strong_text>[^*\n]+?)(?<=\S)\*\*"
    r"|(?P<code>`)(?P<code_text>[^`\n]+)`"
    r"|(?<![\w*])(?P<em>[*_])(?=\S)(?P<em_text>[^*_\n]+?)(?<=\S)(?P=em)(?![\w*])"
)


_WRAPPED = {
    "": Markup("{}"),
    "syntax": Markup('<span class="syntax">{}</span>'),
    "strong": Markup("<strong>{}</strong>"),
    "code": Markup("<code>{}</code>"),
    "em": Markup("<em>{}</em>"),
}


@dataclass(frozen=True)
class Piece:
    """A run of characters under one inline tag; ``tag`` is ``syntax`` for Markdown's own characters."""

    span: Span
    tag: str = ""


@dataclass(frozen=True)
class Block:
    """One block of the page: its element, and its HTML with the cited words marked."""

    element: str
    html: Markup


def page_blocks(essay: Essay, cited: Span | None) -> Iterator[Block]:
    """The essay as blocks in order: h2 to h4, p, li, pre. The first mark has the id ``cited``."""
    marker = _Marker(essay.text, cited)
    for section in sections(essay):
        for i, block in enumerate(blocks(essay.text, section.start, section.end)):
            yield marker.block(*_kind(essay, section, block, first=i == 0))


def _kind(essay: Essay, section: Section, block: Span, *, first: bool) -> tuple[str, Span, int]:
    """Element, span, and how many leading characters are Markdown's own."""
    body = block.of(essay.text)
    if heading := _HEADING.match(body):
        return f"h{min(max(len(heading[1]), 2), 4)}", block, heading.end()
    if first and section.heading != essay.title and body.endswith(section.heading) and "\n" not in body:
        return "h2", block, 0
    if is_list_item(body):
        mark = _LIST_MARK.match(body)
        return "li", block, mark.end() if mark and not body.lstrip()[0].isdigit() else 0
    if all(_TABLE_ROW.match(line) for line in body.splitlines()):
        return "pre", block, 0
    return "p", block, 0


class _Marker:
    """Writes spans of one text as HTML, with the cited words in mark elements."""

    def __init__(self, text: str, cited: Span | None) -> None:
        self._text = text
        self._cited = cited
        self._begun = False

    def block(self, element: str, span: Span, syntax: int) -> Block:
        """The HTML of one block whose first ``syntax`` characters are Markdown's own."""
        body = Span(start=span.start + syntax, end=span.end)
        pieces = [_piece(span.start, body.start, "syntax")] if syntax else []
        pieces += [Piece(body)] if element == "pre" else _inline(self._text, body)
        return Block(element=element, html=Markup().join(self._piece(piece) for piece in pieces))

    def _piece(self, piece: Piece) -> Markup:
        parts = self._parts(piece.span, shown=piece.tag != "syntax")
        return _WRAPPED[piece.tag].format(Markup().join(parts))

    def _parts(self, span: Span, *, shown: bool) -> Iterator[Markup]:
        """Before, inside and behind the cited words. A link can only lead to a mark that is shown."""
        cited = self._cited
        start = min(max(cited.start, span.start), span.end) if cited else span.end
        end = min(max(cited.end, start), span.end) if cited else span.end
        yield escape(self._text[span.start : start])
        if start < end:
            name = Markup(' id="cited" tabindex="-1"') if shown and not self._begun else Markup()
            self._begun = self._begun or shown
            yield Markup("<mark{}>{}</mark>").format(name, self._text[start:end])
        yield escape(self._text[end : span.end])


def _inline(text: str, span: Span) -> list[Piece]:
    """Bold, emphasis and code of one block; the characters that ask for it become ``syntax``."""
    pieces, at = [], span.start
    for match in _INLINE.finditer(text, span.start, span.end):
        tag = next(name for name in ("strong", "code", "em") if match[name])
        start, end = match.span(f"{tag}_text")
        pieces += [
            _piece(at, match.start()),
            _piece(match.start(), start, "syntax"),
            _piece(start, end, tag),
            _piece(end, match.end(), "syntax"),
        ]
        at = match.end()
    return [*pieces, _piece(at, span.end)]


def _piece(start: int, end: int, tag: str = "") -> Piece:
    return Piece(Span(start=start, end=end), tag)
