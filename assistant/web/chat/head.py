"""Gradio's page as we send it: our own head, something to see at once, and none of the cards for social networks.

The chat's look: system fonts and quiet greys for Gradio's parts; all else is in ``static/``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App as GradioApp
from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.answering.assistant import Assistant
from assistant.settings import Settings
from assistant.web.chat import welcome
from assistant.web.chat.page import chat_page
from assistant.web.rendering import header_of_chat
from assistant.web.service import Web

_CARD = re.compile(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')
_MANIFEST = b'<link rel="manifest" href="/manifest.json" />'
_CHAT = b"<gradio-app"
_HEAD = Markup(
    '<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n{public}{kept}{most}'
    '<link rel="stylesheet" href="ui/tokens.css">\n<link rel="stylesheet" href="ui/top.css">\n'
    '<link rel="stylesheet" href="ui/chat.css">\n<script src="ui/theme.js"></script>\n'
    '<link rel="stylesheet" href="ui/answer.css">\n<link rel="stylesheet" href="ui/panels.css">\n'
    '<script type="module" src="ui/chat.js"></script>\n'
    # Gradio asks at the address it was served at; behind a proxy only the browser knows that one.
    '<script>window.gradio_config.root = new URL(".", document.baseURI).href.slice(0, -1);</script>\n'
)
_ORIGIN = re.compile(rb'"root":("https?://[^"/]*)')

_FIRST = Markup(
    '<div id="first" aria-hidden="true"><div class="title">{title}</div><div class="subtitle">{subtitle}</div>'
    '<div class="box"></div></div>\n'
    '<noscript><p>Asking needs JavaScript. The <a href="library">library</a> can be read without.</p></noscript>\n'
)


def own_head(settings: Settings, assistant: Assistant) -> bytes:
    """What the page's head holds; the address people reach the server at goes along for permalinks.

    Where the server keeps conversations, so do the days it keeps them for, 0 meaning for ever: the page says so.
    """
    address = settings.public_url
    public = Markup('<meta name="public-url" content="{}">\n').format(address) if address else Markup()
    days = Markup('<meta name="kept-on-server" content="{}">\n').format(settings.retention_days)
    kept = days if settings.keep_conversations else Markup()
    most = Markup('<meta name="most-characters" content="{}">\n').format(settings.max_question_chars)
    return _HEAD.format(title=welcome.title(assistant), public=public, kept=kept, most=most).encode()


def first_sight(web: Web) -> bytes:
    """The header of all pages, and what stands below it until Gradio has drawn its own."""
    assistant = web.shelf.default
    begun = _FIRST.format(title=welcome.title(assistant), subtitle=welcome.subtitle(assistant))
    return f"{header_of_chat(web.places)}{begun}".encode()


def without_cards(page: bytes) -> bytes:
    """The page without ``og:`` and ``twitter:`` tags before its first script; the rest stays as it is."""
    head, script, rest = page.partition(b"<script")
    return _CARD.sub(b"", head) + script + rest


class PlainHead:
    """ASGI middleware: sends every HTML page in one piece, without cards; the chat's with our own beginning."""

    def __init__(self, app: ASGIApp, head: bytes, first: bytes) -> None:
        """Wrap ``app``. ``head`` ends the chat page's head, ``first`` stands before its parts."""
        self._app = app
        self._head = head
        self._first = first

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
                await _send_whole(held.pop(), self._begun(without_cards(page)), send)

        await self._app(scope, receive, send_plain)

    def _begun(self, page: bytes) -> bytes:
        if _CHAT not in page:
            return page
        if inner := _ORIGIN.search(page):  # as the request named it, which behind a proxy is nobody's business
            page = page.replace(inner[1], b'"')
        begun = page.replace(_MANIFEST, b"").replace(b"</head>", self._head + b"</head>", 1)
        return begun.replace(_CHAT, self._first + _CHAT, 1)


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers


async def _send_whole(start: Message, page: bytes, send: Send) -> None:
    MutableHeaders(scope=start)["Content-Length"] = str(len(page))
    await send(start)
    await send({"type": "http.response.body", "body": page})


def mount_chat(app: FastAPI, web: Web, *, icon: Path) -> GradioApp:
    """Serve the chat page at ``/``, behind all routes there are. The Gradio application, to be stopped at the end."""
    gr.mount_gradio_app(
        app,
        chat_page(web),
        path="/",
        theme=theme(),
        footer_links=[],
        run_history=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=False,
        favicon_path=str(icon),
    )
    mount = cast(Mount, app.routes[-1])
    inside = cast(GradioApp, mount.app)
    assistant = web.shelf.default
    mount.app = PlainHead(inside, own_head(web.settings, assistant), first_sight(web))
    return inside


def theme() -> gr.themes.Base:
    """Gradio's plainest theme on system fonts: nothing is fetched."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    )
