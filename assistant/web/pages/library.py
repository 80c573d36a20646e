"""``/library`` and ``/themes``: the documents that answer, and what each of them says on a subject.

The library also searches what stands in them. Both pages work without scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from assistant.answering.assistant import Assistant
from assistant.corpus.loading import built_in, documents_noun
from assistant.corpus.splitting import sections
from assistant.errors import InputError, Problem
from assistant.types import Citation, Essay
from assistant.web.asking import principal_of
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.observe.problems import problem_of
from assistant.web.pages.documents import Imports, editing
from assistant.web.rendering import found, page, reader_address
from assistant.web.service import Desk

RESULTS = 10
WORDS_A_MINUTE = 220


@dataclass(frozen=True)
class Listed:
    """A document as the library lists it; ``minutes`` it takes to read."""

    essay: Essay
    sections: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class Result:
    """A passage that was found: where it stands, its words as HTML, and the address it opens at."""

    essay: Essay
    section: str
    words: Markup
    address: str


def library_routes(desk: Desk, imports: Imports | None = None) -> APIRouter:
    """The route ``/library``; ``?q=`` searches and counts as a question, ``?corpus=`` names another corpus."""
    routes, shelf = APIRouter(), desk.shelf

    @routes.api_route("/library", methods=["GET", "HEAD"], include_in_schema=False)
    async def library(
        request: Request, q: Annotated[str, Query()] = "", corpus: Annotated[str | None, Query()] = None
    ) -> HTMLResponse:
        chosen = corpus if corpus in shelf.assistants and corpus != DEFAULT else None
        assistant, results, refused = shelf.corpus(chosen), None, None
        try:
            if q.strip():
                caller = principal_of(request)
                results = await desk.counted(chosen, caller, lambda opened: search(opened, q, chosen))
        except (InputError, Problem) as error:
            refused = problem_of(error)
        shown = page(
            request,
            "library.html",
            refused.status if refused else 200,
            here="library",
            places={"advice": built_in(assistant.essays)},
            listed=[listed(essay) for essay in assistant.essays.values()],
            essays=built_in(assistant.essays),
            noun=documents_noun(assistant.essays),
            query="" if refused else q,
            notice=str(refused) if refused else None,
            results=results,
            corpus=chosen,
            corpora=list(shelf.assistants),
            default=DEFAULT,
            editing=editing(assistant.settings, assistant.essays, imports, chosen) if imports else None,
        )
        shown.headers["Referrer-Policy"] = "same-origin"  # with none at all the forms' Origin would be null
        shown.headers.update(refused.headers if refused else {})
        return shown

    return routes


def search(assistant: Assistant, query: str, corpus: str | None) -> list[Result]:
    """The best passages, as ``/api/search`` finds them. Raises InputError."""
    return [
        Result(
            essay=(essay := assistant.essays[passage.source_id]),
            section=passage.section,
            words=found(passage, query),
            address=reader_address(essay, passage.start, passage.end, corpus=corpus),
        )
        for passage in assistant.search(query, RESULTS)
    ]


def listed(essay: Essay) -> Listed:
    """The document with its sections' headings but its title, and a guess at the minutes it takes."""
    headings = tuple(s.heading for s in sections(essay) if s.heading and s.heading != essay.title)
    return Listed(essay=essay, sections=headings, minutes=max(1, round(len(essay.text.split()) / WORDS_A_MINUTE)))


GROUPS = {True: "The essays as a whole", False: "By subject"}
"""The headings of the contents, for general themes and for the others."""


def theme_routes(shelf: Shelf) -> APIRouter:
    """The route ``/themes``; ``?corpus=`` names another corpus, and a theme's id is its anchor."""
    routes = APIRouter()

    @routes.api_route("/themes", methods=["GET", "HEAD"], include_in_schema=False)
    def themes(request: Request, corpus: Annotated[str | None, Query()] = None) -> HTMLResponse:
        chosen = corpus if corpus in shelf.assistants and corpus != DEFAULT else None
        assistant = shelf.corpus(chosen)
        shown = assistant.overview

        def address(cited: Citation) -> str:
            return reader_address(assistant.essays[cited.source_id], cited.start, cited.end, corpus=chosen)

        groups = {title: [one for one in shown.themes if one.general is kind] for kind, title in GROUPS.items()}
        return page(
            request,
            "themes.html",
            here="themes",
            places={"advice": built_in(assistant.essays)},
            groups={title: themes for title, themes in groups.items() if themes},
            notice=shown.notice,
            address=address,
            essays=built_in(assistant.essays),
            corpus=chosen,
            corpora=list(shelf.assistants),
            default=DEFAULT,
        )

    return routes
