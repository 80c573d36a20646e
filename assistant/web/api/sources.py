"""The JSON face: sources for programs, and a sign of life."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from assistant.types import Essay, Kind


class Source(BaseModel):
    """A document as ``/api/sources/{id}`` gives it; offsets of citations count in ``text``."""

    id: str
    title: str
    author: str | None
    publisher: str | None
    published: str | None
    url: str | None
    kind: Kind
    sha256: str
    text: str


def api_routes(essays: Mapping[str, Essay]) -> APIRouter:
    """The routes ``/api/sources/{source_id}`` and ``/healthz``."""
    routes = APIRouter()

    @routes.get("/api/sources/{source_id}")
    def source(source_id: str) -> Source:
        """One document with its canonical text. 404 where no document has the id."""
        essay = essays.get(source_id)
        if essay is None:
            raise HTTPException(404, f"No source has this id. There are: {', '.join(essays)}.")
        return Source(**essay.model_dump(), sha256=essay.sha256)

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    return routes
