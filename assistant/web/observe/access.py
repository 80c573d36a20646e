"""Around every request: its id, the line in the log, the numbers, the span, and a reply where everything failed."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import nullcontext
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import AssistantError
from assistant.web.observe.logs import is_told, logger, told
from assistant.web.observe.problems import problem_reply, unexpected
from assistant.web.observe.telemetry import Metrics, Tracing

HEADER = "X-Request-ID"
GONE = 499
"""Status under which a request is told whose caller left before there was a reply."""
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/healthz", "/readyz", "/metrics", "/ui/", "/assets/", "/static/", "/svg/", "/favicon.ico", "/theme.css")
log = logger("assistant.web.access")


class RequestIds:
    """Gives each request an id: the caller's own where it is sane, else a new one. The reply's header names it."""

    def __init__(self, app: ASGIApp) -> None:
        """Stands outside of everything."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leaves it in ``scope["state"]["request_id"]`` and in the log's context."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, named)


class Access:
    """Tells each request once it is over: method, route, status, milliseconds and the kind of caller, nothing else."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing | None = None) -> None:
        """``tracing`` None: no spans."""
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, then tell."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, streams = time.perf_counter(), GONE, False

        async def seen(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                if not streams and Headers(raw=message["headers"]).get("content-type", "").startswith(
                    "text/event-stream"
                ):
                    streams = True
                    self._metrics.open_streams.inc()
            await send(message)

        spanned = self._tracing.request(scope) if self._tracing is not None else nullcontext()
        with spanned as span:
            try:
                await self._app(scope, receive, seen)
            finally:
                if streams:
                    self._metrics.open_streams.dec()
                self._tell(scope, status, time.perf_counter() - started, span)

    def _tell(self, scope: Scope, status: int, seconds: float, span: Any) -> None:
        route, method = template_of(scope), scope["method"]
        self._metrics.request(route, method, status, seconds)
        if self._tracing is not None:
            self._tracing.end_request(span, method, route, status)
        principal = scope.get("state", {}).get("principal")
        say = log.debug if route.startswith(_QUIET) else log.info
        say(
            "request",
            method=method if method.isalpha() and len(method) < 16 else "other",
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            principal=principal.how if principal is not None else "nobody",
        )


class Failures:
    """Answers for what nobody expected: told once in the log, and a problem in reply where none has begun."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises again where a reply has begun, so that the server cuts it off."""
        begun = False

        async def seen(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] in ("http.response.start", "websocket.accept", "websocket.close")
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except ClientDisconnect:
            return
        except Exception as error:
            known = isinstance(error, AssistantError)
            if (begun or not known) and not is_told(error):
                log.error("request failed", exc_info=error)
                told(error)
            if begun or scope["type"] != "http":
                raise
            await problem_reply(error if isinstance(error, AssistantError) else unexpected(), Request(scope))(
                scope, receive, seen
            )


def template_of(scope: Scope) -> str:
    """The address as the routes write it, such as ``/read/{source_id}``; "none" where no route was come to."""
    route = scope.get("route")
    if route is None:
        return "none"
    inside = str(getattr(route, "path", ""))
    if isinstance(route, Mount):
        return f"{inside}/{{path}}"
    mounted = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
    return f"{mounted}{inside}"
