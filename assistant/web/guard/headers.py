"""What the browser is told not to do: run, load or frame anything from elsewhere."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SHARED = "base-uri 'self'; form-action 'self'; object-src 'none'; frame-src 'self'; frame-ancestors 'self'"
READER_POLICY = f"default-src 'none'; style-src 'self'; img-src 'self'; {_SHARED}"
# Gradio's page starts itself from inline scripts and styles itself inline.
CHAT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; {_SHARED}"
)


class SecurityHeaders:
    """ASGI middleware: the content policy on every HTML page, and the quiet headers on every reply."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the reply."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = READER_POLICY if scope["path"].startswith("/read/") else CHAT_POLICY

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Security-Policy"] = policy
            await send(message)

        await self._app(scope, receive, send_with_headers)
