"""Gradio's page without the cards it carries for social networks, which name its own site and pictures."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CARD = re.compile(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')


def without_cards(page: bytes) -> bytes:
    """The page without ``og:`` and ``twitter:`` tags before its first script; the rest stays as it is."""
    head, script, rest = page.partition(b"<script")
    return _CARD.sub(b"", head) + script + rest


class PlainHead:
    """ASGI middleware: sends every HTML page in one piece, without cards."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold an HTML page back until it is whole."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        page = b""

        async def send_plain(message: Message) -> None:
            nonlocal page
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
                return
            if not held or message["type"] != "http.response.body":
                await send(message)
                return
            page += message.get("body", b"")
            if not message.get("more_body", False):
                await _send_whole(held.pop(), without_cards(page), send)

        await self._app(scope, receive, send_plain)


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers


async def _send_whole(start: Message, page: bytes, send: Send) -> None:
    MutableHeaders(scope=start)["Content-Length"] = str(len(page))
    await send(start)
    await send({"type": "http.response.body", "body": page})
