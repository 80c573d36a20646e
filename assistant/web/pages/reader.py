"""The source reader: a whole essay on one page, opened at the cited words.

An essay's canonical text as HTML blocks in which every shown character keeps its offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from assistant.corpus.loading import built_in
from assistant.corpus.markup import blocks, is_list_item
from assistant.corpus.splitting import Section, sections
from assistant.types import Essay, Span
from assistant.web.rendering import Cite, address_of, page, safe_address

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


@dataclass(frozen=True)
class Mark:
    """Cited words to be marked: those the page opens at (``here``), or others of the same answer, by their number."""

    span: Span
    number: int | None = None
    here: bool = True


def page_blocks(essay: Essay, marks: Sequence[Mark] = ()) -> Iterator[Block]:
    """The essay as blocks in order: h2 to h4, p, li, pre. The first mark that is ``here`` has the id ``cited``."""
    marker = _Marker(essay.text, marks)
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

    def __init__(self, text: str, marks: Sequence[Mark]) -> None:
        self._text = text
        self._marks = marks
        self._begun: set[Mark] = set()

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
        """The text cut where marks begin and end. A link can only lead to a mark that is shown."""
        ends = {end for mark in self._marks for end in (mark.span.start, mark.span.end) if span.start < end < span.end}
        for start, end in pairwise([span.start, *sorted(ends), span.end]):
            over = [mark for mark in self._marks if mark.span.start <= start and end <= mark.span.end]
            text = escape(self._text[start:end])
            yield self._marked(text, over, shown=shown) if over and start < end else text

    def _marked(self, text: Markup, over: Sequence[Mark], *, shown: bool) -> Markup:
        """Cited words; where a mark begins to be shown stands its number, and at the one that is ``here`` the id."""
        begins = [mark for mark in over if shown and mark not in self._begun]
        self._begun.update(begins)
        names = Markup(' id="cited"') if any(mark.here for mark in begins) else Markup()
        if numbers := " ".join(str(mark.number) for mark in begins if mark.number is not None):
            names += Markup(' data-number="{}"').format(numbers)
        if not any(mark.here for mark in over):
            names += Markup(' class="other"')
        return Markup("<mark{}>{}</mark>").format(names, text)


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
NEAR, NO_CORPUS = "These are:", "Its corpus is not here either."
MOST_CITES = 60
Essays = Mapping[str, Essay]
Corpora = Mapping[str, Essays]


def reader_routes(served: Callable[[], Corpora]) -> APIRouter:
    """The route ``/read/{source_id}`` over the essays ``served`` now, by corpus, the first being the default.

    Offsets and hash arrive as text, so that a bad link still opens the essay.
    """
    routes = APIRouter()

    @routes.api_route("/read/{source_id}", methods=["GET", "HEAD"], include_in_schema=False)
    def read(
        request: Request,
        source_id: str,
        start: Annotated[str | None, Query()] = None,
        end: Annotated[str | None, Query()] = None,
        sha256: Annotated[str | None, Query()] = None,
        corpus: Annotated[str | None, Query()] = None,
        cite: Annotated[list[str] | None, Query()] = None,
        sec_fetch_dest: Annotated[str | None, Header()] = None,
    ) -> HTMLResponse:
        corpora = served()
        essays = corpora.get(corpus or next(iter(corpora)), {})
        framed = sec_fetch_dest in {"iframe", "frame"}
        if source_id not in essays:
            shown = page(
                request,
                "missing.html",
                404,
                corpus=corpus if essays else None,
                heading="No such document",
                remedy=f"The link names a document that is not here. {NEAR if essays else NO_CORPUS}",
                essays=list(essays.values()),
                request_id="",
                framed=framed,
            )
        else:
            essay = essays[source_id]
            cited, notice = cited_span(essay, start, end, sha256)
            tour = tour_of(essay, cited, standing(cite or (), essays), essays, corpus)
            shown = page_of(request, essay, tour, notice, framed=framed, corpus=corpus, advice=built_in(essays))
        shown.headers["Vary"] = "Sec-Fetch-Dest"
        return shown

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


@dataclass(frozen=True)
class Stop:
    """A citation of the answer as the bar over the text offers it: its number and its address."""

    number: int
    address: str
    here: bool


@dataclass(frozen=True)
class Tour:
    """All citations of one answer: the marks in this document, and the stops by document, in order of citation."""

    marks: tuple[Mark, ...]
    tabs: tuple[tuple[Essay, tuple[Stop, ...]], ...] = ()

    @property
    def stops(self) -> list[Stop]:
        """Those of all documents, in the order of their numbers."""
        return sorted((stop for _, stops in self.tabs for stop in stops), key=lambda stop: stop.number)

    def beside(self, step: int) -> Stop | None:
        """The stop so many steps from the one that is shown; None beyond the ends, or where none is shown."""
        stops = self.stops
        at = next((i for i, stop in enumerate(stops) if stop.here), None)
        return stops[at + step] if at is not None and 0 <= at + step < len(stops) else None


def standing(named: Iterable[str], essays: Essays) -> list[Cite]:
    """The citations an address names whose words still stand where they stood, each place once."""
    found: dict[tuple[str, int, int], Cite] = {}
    for cite in [Cite.read(text) for text in list(named)[:MOST_CITES]]:
        essay = essays.get(cite.source_id) if cite else None
        if cite and essay and essay.sha256.startswith(cite.sha256) and cite.start < cite.end <= len(essay.text):
            found.setdefault((cite.source_id, cite.start, cite.end), cite)
    return list(found.values())


def tour_of(essay: Essay, cited: Span | None, cites: Sequence[Cite], essays: Essays, corpus: str | None) -> Tour:
    """The citations of an answer, seen from the one at ``cited``; fewer than two need no bar."""

    def is_here(cite: Cite) -> bool:
        return cited is not None and (cite.source_id, cite.start, cite.end) == (essay.id, cited.start, cited.end)

    def stop(cite: Cite) -> Stop:
        sha256 = essays[cite.source_id].sha256
        address = address_of(cite.source_id, cite.start, cite.end, sha256, corpus=corpus, cites=cites)
        return Stop(cite.marker, f"../{address}", is_here(cite))

    if len(cites) < 2:
        return Tour((Mark(cited),) if cited else ())
    marks = [Mark(Span(start=c.start, end=c.end), c.marker, is_here(c)) for c in cites if c.source_id == essay.id]
    if cited and not any(mark.here for mark in marks):
        marks.append(Mark(cited))
    sources = dict.fromkeys(cite.source_id for cite in cites)
    tabs = ((essays[each], tuple(stop(cite) for cite in cites if cite.source_id == each)) for each in sources)
    return Tour(tuple(marks), tuple(tabs))


def question_on(essay: Essay, tour: Tour) -> str:
    """A question on the section of the words that the page opens at; empty where it has no heading of its own."""
    here = next((mark.span.start for mark in tour.marks if mark.here), None)
    found = (s.heading for s in sections(essay) if here is not None and s.start <= here < s.end)
    heading = next(found, "")
    who = f" does {essay.byline}" if essay.author else f" does “{essay.title}”"
    return f"What{who} say about “{heading}”?" if heading and heading != essay.title else ""


def page_of(
    request: Request,
    essay: Essay,
    tour: Tour,
    notice: str | None,
    *,
    framed: bool = False,
    corpus: str | None = None,
    advice: bool = False,
) -> HTMLResponse:
    """The reader's page; ``framed`` beside the chat it needs no way back to it."""
    groups = [(kind == "li", list(run)) for kind, run in groupby(page_blocks(essay, tour.marks), lambda b: b.element)]
    return page(
        request,
        "reader.html",
        here="library",
        places={"advice": advice},
        essay=essay,
        tour=tour,
        asks=question_on(essay, tour),
        groups=groups,
        notice=notice,
        address=safe_address(essay.url),
        kind=KIND_LABELS[essay.kind],
        framed=framed,
        corpus=corpus,
    )
