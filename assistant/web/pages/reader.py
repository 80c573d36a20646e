"""The source reader: a whole essay on one page, opened at the cited words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.types import Essay, Span
from assistant.web.pages.essay_html import page_blocks
from assistant.web.pages.links import safe_address

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True, undefined=StrictUndefined
)
KIND_LABELS = {"notes": "Notes on this essay, in our words", "original": "Original"}
CHANGED = "This text has changed since the link was made, so the cited words are not marked."
MISPLACED = "This link does not point at words of this text, so nothing is marked."


def reader_routes(essays: Mapping[str, Essay]) -> APIRouter:
    """The route ``/read/{source_id}``; offsets and hash arrive as text, so that a bad link still opens the essay."""
    routes = APIRouter()

    @routes.api_route("/read/{source_id}", methods=["GET", "HEAD"], include_in_schema=False)
    def read(
        source_id: str,
        start: Annotated[str | None, Query()] = None,
        end: Annotated[str | None, Query()] = None,
        sha256: Annotated[str | None, Query()] = None,
    ) -> HTMLResponse:
        if source_id not in essays:
            page = _PAGES.get_template("missing.html").render(essays=essays.values())
            return HTMLResponse(page, status_code=404)
        essay = essays[source_id]
        return HTMLResponse(page_of(essay, *cited_span(essay, start, end, sha256)))

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


def page_of(essay: Essay, cited: Span | None, notice: str | None) -> str:
    """The reader's page as HTML."""
    groups = [(kind == "li", list(run)) for kind, run in groupby(page_blocks(essay, cited), key=lambda b: b.element)]
    return _PAGES.get_template("reader.html").render(
        essay=essay, groups=groups, notice=notice, address=safe_address(essay.url), kind=KIND_LABELS[essay.kind]
    )
