"""What the browser is told not to do: run, load or frame anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.guard.policy import Guard

_SHARED = "base-uri 'self'; form-action 'self'; object-src 'none'; frame-src 'self'"
READER_POLICY = f"default-src 'none'; style-src 'self'; img-src 'self'; {_SHARED}"
# Gradio's page starts itself from inline scripts and styles itself inline.
CHAT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; {_SHARED}"
)
EMBED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; object-src 'none'; frame-src 'self'; require-trusted-types-for 'script'"
)
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
_YEAR = 31_536_000


class SecurityHeaders:
    """ASGI middleware: the content policy on every HTML page, and the quiet headers on every reply."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        """Wrap ``app``; ``guard`` knows which sites may frame what."""
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the reply."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, scope: Scope) -> None:
        """A page may name a policy or a referrer of its own; who may frame it is decided here alone."""
        path = scope["path"]
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Permissions-Policy"] = PERMISSIONS
        shared = path == "/widget.js" or path.startswith("/ui/")
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if shared else "same-origin"
        headers.setdefault("Referrer-Policy", "no-referrer")
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
        if headers.get("content-type", "").startswith("text/html"):
            policy = headers.get("Content-Security-Policy", policy_of(path))
            headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {self._ancestors(scope)}"

    def _ancestors(self, scope: Scope) -> str:
        """Who may frame the page: its own site, and for the embedded pages those on the list."""
        others: Iterable[str] = ()
        if scope["path"] == "/embed":
            others = self._guard.framers(QueryParams(scope["query_string"]))
        elif scope["path"].startswith("/read/"):
            others = sorted(self._guard.origins.listed)
        return " ".join(["'self'", *others])


def policy_of(path: str) -> str:
    """The content policy of the page at ``path``, without who may frame it."""
    if path == "/embed":
        return EMBED_POLICY
    return READER_POLICY if path.startswith(("/read/", "/library", "/advise")) else CHAT_POLICY
