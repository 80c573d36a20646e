"""The addresses of programs that no route answers to, kept from the page that is mounted behind all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from assistant.web.ops.problems import Problem

OURS = ("/api/", "/v1/")
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class Unclaimed(BaseRoute):
    """Stands behind the application's own routes: 405 for a method they do not take, 404 below ``OURS``."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """``routes`` stand before this one."""
        self._routes = list(routes)

    def matches(self, scope: Scope) -> tuple[Match, dict[str, Any]]:
        """Full for what is refused here, none for what may be the page's."""
        mine = scope["type"] == "http" and (scope["path"].startswith(OURS) or self._match(scope) is Match.PARTIAL)
        return (Match.FULL if mine else Match.NONE), {}

    async def handle(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Raises Problem."""
        taken = [method for method in METHODS if self._match({**scope, "method": method}) is Match.FULL]
        scope.pop("route", None)
        if not taken:
            remedy = "The addresses are listed in /docs."
            raise Problem(404, "not_found", "There is nothing at this address.", remedy)
        allow = ", ".join(taken)
        raise Problem(
            405, "method_not_allowed", "This address does not take this method.", f"Use {allow}.", {"Allow": allow}
        )

    def _match(self, scope: Scope) -> Match:
        found = (route.matches(dict(scope))[0] for route in self._routes)
        return max(found, key=lambda match: match.value, default=Match.NONE)
