"""The gate: every request, the mounted chat's and websockets included, is let in here or nowhere."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.guard.identity import identify
from assistant.web.guard.origins import origin_of
from assistant.web.guard.paths import SAFE, is_probe, is_public, portal_may
from assistant.web.guard.policy import Guard
from assistant.web.guard.refusals import send_refusal
from assistant.web.ops.problems import Problem, problem_reply
from assistant.web.pages.signin import sign_in_instead
from assistant.web.principal import Principal

NOBODY = Principal(id="nobody", how="open")
"""Who asks for a public path without credentials, or probes the server under a name that isn't its own."""


class Gate:
    """ASGI middleware: leaves the caller in ``scope["state"]["principal"]``, or refuses.

    First who asks (401), then under which name (421; probes may use any), then from which site's page (403).
    """

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        """Wrap ``app``."""
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or send a refusal."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        connection = HTTPConnection(scope)
        try:
            state["principal"] = self._let_in(connection)
        except Problem as problem:
            await send_refusal(self._refusal(problem, connection), scope, receive, send)
            return
        await self._app(scope, receive, send if state["principal"].how == "open" else _private(send))

    def _let_in(self, connection: HTTPConnection) -> Principal:
        """The caller. Raises Problem."""
        method, path = connection.scope.get("method", "WEBSOCKET"), connection.scope["path"]
        public = is_public(method, path)
        try:
            principal = identify(connection, self._guard)
        except Problem:
            if not public:
                raise
            principal = NOBODY
        try:
            self._guard.hosts.check(connection)
        except Problem:
            if not is_probe(method, path):
                raise
            principal = NOBODY  # a page elsewhere that had its own name point here learns no more than a probe
        self._check_origin(connection, principal, method, path)
        if principal.portal is not None and not (public or portal_may(method, path)):
            raise Problem(403, "portal_scope", "A portal's token doesn't open this.", "Use a key of your own.")
        return principal

    def _check_origin(self, connection: HTTPConnection, principal: Principal, method: str, path: str) -> None:
        """Raises Problem 403 where another site's page asks for what it may not."""
        origin = origin_of(connection)
        if origin is None or self._guard.origins.own(connection, origin):
            return
        if principal.portal is not None and origin not in self._guard.portals[principal.portal].origins:
            raise _refused("This token is another portal's.", "Use one that was made for this site.")
        if method in SAFE and (is_public(method, path) or origin not in self._guard.origins.listed):
            return
        if origin not in self._guard.origins.listed:
            raise _refused(
                "Pages of this site may not ask here.",
                "Whoever runs the server can name the site in ASSISTANT_ALLOWED_ORIGINS or ASSISTANT_PORTALS, "
                "and the server's own address in ASSISTANT_PUBLIC_URL.",
            )
        if principal.how == "open" and not portal_may(method, path):
            raise _refused("Pages of other sites may not ask for this.", "Open the assistant itself.")

    def _refusal(self, problem: Problem, connection: HTTPConnection) -> Response:
        scope = connection.scope
        page = problem.status == 401 and scope.get("method") in SAFE
        if page and "text/html" in connection.headers.get("accept", ""):
            return sign_in_instead(connection, self._guard)
        return problem_reply(problem, connection)


def _refused(message: str, remedy: str) -> Problem:
    return Problem(403, "origin_refused", message, remedy)


def _private(send: Send) -> Send:
    """What one caller is told, no shared cache keeps."""

    async def send_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "private")
        await send(message)

    return send_private
