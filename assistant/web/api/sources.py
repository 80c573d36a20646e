"""``GET /api/sources`` and ``GET /api/sources/{id}``: the documents that answer.

``GET /api/themes`` and ``GET /api/themes/{id}``: what each of them says on a subject.

``GET /api/search`` and ``GET /api/models``: what is in the corpora, and what may be chosen.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from assistant.corpus.overview import CitedTheme, Overview
from assistant.types import Essay
from assistant.web.asking import principal_of
from assistant.web.catalog import source as named
from assistant.web.schemas import MAX_PASSAGES, Offer, OfferedModel, SearchReply, Source, SourceInfo, Sources
from assistant.web.service import Web


def source_routes(web: Web) -> APIRouter:
    """The routes ``/api/sources`` and ``/api/sources/{source_id}``."""
    routes = APIRouter()

    @routes.get("/api/sources")
    def sources(corpus: str | None = None) -> Sources:
        """List the documents that answer."""
        essays = web.shelf.corpus(corpus).essays.values()
        return Sources(sources=[SourceInfo(**_fields(essay)) for essay in essays])

    @routes.get("/api/sources/{source_id}", response_model=Source)
    def source(
        source_id: Annotated[str, Path(max_length=200)],
        if_none_match: Annotated[str | None, Header()] = None,
        corpus: str | None = None,
    ) -> Response:
        """Read one document: the text its citations count in, by Unicode code points."""
        essay = named(web.shelf.corpus(corpus).essays, source_id)
        tag = f'"{essay.sha256}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        known = {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}
        if {"*", tag} & known:
            return Response(status_code=304, headers=headers)
        found = Source(**_fields(essay), text=essay.text)
        return Response(found.model_dump_json(), media_type="application/json", headers=headers)

    return routes


def theme_routes(web: Web) -> APIRouter:
    """The routes ``/api/themes`` and ``/api/themes/{theme_id}``."""
    routes = APIRouter()

    @routes.get("/api/themes")
    def themes(corpus: str | None = None) -> Overview:
        """List what each essay says on each theme, where they agree and differ; a notice says where there is none."""
        return web.shelf.corpus(corpus).overview

    @routes.get("/api/themes/{theme_id}")
    def theme(theme_id: Annotated[str, Path(max_length=200)], corpus: str | None = None) -> CitedTheme:
        """Read what each essay says on one theme, with the exact words."""
        return web.shelf.corpus(corpus).overview.theme(theme_id)

    return routes


def _fields(essay: Essay) -> dict[str, object]:
    return {**essay.model_dump(exclude={"text"}), "sha256": essay.sha256}


def search_routes(web: Web) -> APIRouter:
    """The routes ``/api/search`` and ``/api/models``."""
    routes = APIRouter()

    @routes.get("/api/search")
    async def search(
        request: Request,
        q: Annotated[str, Query(min_length=1, description="What to look for.")],
        k: Annotated[int, Query(ge=1, le=MAX_PASSAGES, description="How many passages.")] = 5,
        corpus: Annotated[str | None, Query(max_length=64, description="One of `GET /api/models`.")] = None,
    ) -> SearchReply:
        """Find the passages nearest to a query, best first."""
        passages = await web.desk.counted(corpus, principal_of(request), lambda assistant: assistant.search(q, k))
        return SearchReply(query=q, passages=list(passages))

    @routes.get("/api/models")
    def models() -> Offer:
        """Tell which models and corpora a question may name."""
        shelf = web.shelf
        offered = [OfferedModel(id=name, default=name == shelf.default_model) for name in shelf.models]
        return Offer(models=offered, corpora=list(shelf.assistants), own_keys=web.settings.own_keys)

    return routes
