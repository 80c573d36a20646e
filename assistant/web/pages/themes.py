"""The themes: what each essay says on every subject, where they agree and differ. It works without scripts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from assistant.corpus.loading import built_in
from assistant.types import Citation
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.rendering import reader_address, render

GROUPS = {True: "The essays as a whole", False: "By subject"}
"""The headings of the contents, for general themes and for the others."""


def theme_routes(shelf: Shelf) -> APIRouter:
    """The route ``/themes``; ``?corpus=`` names another corpus, and a theme's id is its anchor."""
    routes = APIRouter()

    @routes.api_route("/themes", methods=["GET", "HEAD"], include_in_schema=False)
    def themes(corpus: Annotated[str | None, Query()] = None) -> HTMLResponse:
        chosen = corpus if corpus in shelf.assistants and corpus != DEFAULT else None
        assistant = shelf.corpus(chosen)
        shown = assistant.overview

        def address(cited: Citation) -> str:
            return reader_address(assistant.essays[cited.source_id], cited.start, cited.end, corpus=chosen)

        groups = {title: [one for one in shown.themes if one.general is kind] for kind, title in GROUPS.items()}
        return render(
            "themes.html",
            groups={title: themes for title, themes in groups.items() if themes},
            notice=shown.notice,
            address=address,
            essays=built_in(assistant.essays),
            corpus=chosen,
            corpora=list(shelf.assistants),
            default=DEFAULT,
        )

    return routes
