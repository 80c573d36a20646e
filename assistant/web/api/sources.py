"""``GET /api/sources`` and ``GET /api/sources/{id}``: the documents that answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from assistant.types import Essay
from assistant.web.api.schemas import Source, SourceInfo, Sources
from assistant.web.context import Web
from assistant.web.shelf import source as named


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


def _fields(essay: Essay) -> dict[str, object]:
    return {**essay.model_dump(exclude={"text"}), "sha256": essay.sha256}
