"""The source reader: a whole essay on one page, opened at the cited words.

An essay's canonical text as HTML blocks in which every shown character keeps its offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from assistant.corpus.markup import blocks, is_list_item
from assistant.corpus.splitting import Section, sections
from assistant.types import Essay, Span
from assistant.web.rendering import render, safe_address

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
            name = Markup(' id="cited"') if shown and not self._begun else Markup()
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


KIND_LABELS = {"notes": "Notes on this essay, in our words", "original": "Original"}
CHANGED = "This text has changed since the link was made, so the cited words are not marked."
MISPLACED = "This link does not point at words of this text, so nothing is marked."
Corpora = Mapping[str, Mapping[str, Essay]]


def reader_routes(served: Callable[[], Corpora]) -> APIRouter:
    """The route ``/read/{source_id}`` over the essays ``served`` now, by corpus, the first being the default.

    Offsets and hash arrive as text, so that a bad link still opens the essay.
    """
    routes = APIRouter()

    @routes.api_route("/read/{source_id}", methods=["GET", "HEAD"], include_in_schema=False)
    def read(
        source_id: str,
        start: Annotated[str | None, Query()] = None,
        end: Annotated[str | None, Query()] = None,
        sha256: Annotated[str | None, Query()] = None,
        corpus: Annotated[str | None, Query()] = None,
        sec_fetch_dest: Annotated[str | None, Header()] = None,
    ) -> HTMLResponse:
        corpora = served()
        essays = corpora.get(corpus or next(iter(corpora)), {})
        framed = sec_fetch_dest in {"iframe", "frame"}
        if source_id not in essays:
            page = render("missing.html", 404, essays=essays.values(), corpus=corpus if essays else None, framed=framed)
        else:
            essay = essays[source_id]
            cited, notice = cited_span(essay, start, end, sha256)
            page = page_of(essay, cited, notice, framed=framed, corpus=corpus)
        page.headers["Vary"] = "Sec-Fetch-Dest"
        return page

    return routes


def cited_span(essay: Essay, start: str | None, end: str | None, sha256: str | None) -> tuple[Span | None, str | None]:
    """The span a link points at, or a notice why nothing is marked; neither for a link to the whole essay."""
    if start is None and end is None:
        return None, None
    if sha256 is not None and sha256 != essay.sha256:
        return None, CHANGED
    numbers = [int(n) for n in (start, end) if n and n.isascii() and n.isdigit() and len(n) < 12]
    if len(numbers) != 2 or not numbers[0] < numbers[1] <= len(essay.text):
        return None, MISPLACED
    return Span(start=numbers[0], end=numbers[1]), None


def page_of(
    essay: Essay, cited: Span | None, notice: str | None, *, framed: bool = False, corpus: str | None = None
) -> HTMLResponse:
    """The reader's page; ``framed`` beside the chat it needs no way back to it."""
    groups = [(kind == "li", list(run)) for kind, run in groupby(page_blocks(essay, cited), key=lambda b: b.element)]
    return render(
        "reader.html",
        essay=essay,
        groups=groups,
        notice=notice,
        address=safe_address(essay.url),
        kind=KIND_LABELS[essay.kind],
        framed=framed,
        corpus=corpus,
    )
