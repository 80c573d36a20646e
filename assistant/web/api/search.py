"""``GET /api/search`` and ``GET /api/models``: what is in the corpora, and what may be chosen."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request

from assistant.web.api.schemas import MAX_PASSAGES, Offer, OfferedModel, SearchReply
from assistant.web.context import Web
from assistant.web.ops.limits import peer_of
from assistant.web.principal import principal_of


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
        assistant = web.shelf.corpus(corpus)
        await web.desk.count(principal_of(request), peer_of(request))
        passages = await to_thread.run_sync(assistant.search, q, k)
        return SearchReply(query=q, passages=list(passages))

    @routes.get("/api/models")
    def models() -> Offer:
        """Tell which models and corpora a question may name."""
        shelf = web.shelf
        offered = [OfferedModel(id=name, default=name == shelf.default_model) for name in shelf.models]
        return Offer(models=offered, corpora=list(shelf.assistants), own_keys=web.settings.own_keys)

    return routes
