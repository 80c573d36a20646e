"""The source reader: a whole essay on one page, opened at the cited words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse

from assistant.types import Essay, Span
from assistant.web.pages.essay_html import page_blocks
from assistant.web.pages.links import safe_address
from assistant.web.pages.templates import render

KIND_LABELS = {"notes": "Notes on this essay, in our words", "original": "Original"}
CHANGED = "This text has changed since the link was made, so the cited words are not marked."
MISPLACED = "This link does not point at words of this text, so nothing is marked."
Corpora = Mapping[str, Mapping[str, Essay]]


def reader_routes(corpora: Corpora) -> APIRouter:
    """The route ``/read/{source_id}`` over the essays of each corpus by its name, the first being the default.

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
