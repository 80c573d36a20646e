"""Who asks, as every route of the web faces sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.requests import HTTPConnection

How = Literal["open", "key", "proxy", "portal"]


@dataclass(frozen=True)
class Principal:
    """A caller. ``id`` is stable and no secret: limits, conversations and feedback are kept under it.

    ``how`` is what it was known by: nothing (the server is open), an API key (or the session of someone who gave
    one), a trusted reverse proxy, or a portal's token.
    """

    id: str
    how: How
    portal: str | None = None


OPEN = Principal(id="local", how="open")


def principal_of(request: HTTPConnection) -> Principal:
    """The caller the guard found; it leaves it in ``scope["state"]["principal"]``."""
    found: Principal = getattr(request.state, "principal", OPEN)
    return found


def request_id_of(request: HTTPConnection) -> str:
    """The id of this request, also in the ``X-Request-ID`` of its reply and in each line of the log about it."""
    return str(getattr(request.state, "request_id", ""))
