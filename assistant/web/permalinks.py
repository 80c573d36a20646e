"""Absolute addresses of citations, for replies that are read far from this server."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import HTTPConnection

from assistant.settings import Settings
from assistant.types import Citation, Essay
from assistant.web.pages.links import reader_address

Permalink = Callable[[Citation], str]


def base_address(settings: Settings, request: HTTPConnection) -> str:
    """Where people reach the server, with a slash at the end: as set, else as the request did."""
    return (settings.public_url or str(request.base_url)).rstrip("/") + "/"


def permalinks(base: str, essays: Mapping[str, Essay], corpus: str | None = None) -> Permalink:
    """The address of the source reader at a citation's words, under ``base``; ``corpus`` None is the default."""
    return lambda cited: base + reader_address(essays[cited.source_id], cited.start, cited.end, corpus=corpus)
