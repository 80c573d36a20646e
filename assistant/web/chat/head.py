"""Gradio's page as we send it: our own head, something to see at once, and none of the cards for social networks.

The chat's look: system fonts and quiet greys for Gradio's parts; all else is in ``static/``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App as GradioApp
from gradio.state_holder import SessionState, StateHolder
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
    '<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n{public}{kept}{most}{portals}'
    '<link rel="stylesheet" href="ui/tokens.css">\n<link rel="stylesheet" href="ui/top.css">\n'
    '<link rel="stylesheet" href="ui/chat.css">\n<script src="ui/theme.js"></script>\n'
    '<link rel="stylesheet" href="ui/answer.css">\n<link rel="stylesheet" href="ui/panels.css">\n'
    '<script type="module" src="ui/chat.js"></script>\n'
    # Gradio asks at the address it was served at; behind a proxy only the browser knows that one.
    '<script>window.gradio_config.root = new URL(".", document.baseURI).href.slice(0, -1);</script>\n'
)
_ORIGIN = re.compile(rb'"root":("https?://[^"/]*)')

_FIRST = Markup(
    # a conversation that comes back has its box at the bottom
    "<div id=\"first\"><script>try {{ if (sessionStorage.getItem('essay-assistant.current')) "
    "document.currentScript.parentElement.className = 'back'; }} catch {{}}</script>"
    '<div class="title" aria-hidden="true">{title}</div>'
    '<div class="subtitle" aria-hidden="true">{subtitle}</div>'
    # Enter counts from the first moment on; first.js takes over
    '<div class="box"><textarea rows="1" dir="auto" aria-label="{prompt}" placeholder="{prompt}" onkeydown="'
    "if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {{ event.preventDefault(); "
    "if (this.value.trim() && !this.dataset.asked) {{ this.dataset.asked = this.value; this.value = ''; }} }}"
    '"></textarea></div>'
    '<p class="fine">{engine}</p><div class="examples" aria-hidden="true">{examples}</div></div>\n'
    '<noscript><p>Asking needs JavaScript. The <a href="library">library</a> can be read without.</p></noscript>\n'
)
_THEME = Markup('<div class="theme"><h2>{}</h2>{}</div>')
_EXAMPLE = Markup('<button type="button" tabindex="-1" class="example">{}</button>')


def own_head(settings: Settings, assistant: Assistant) -> bytes:
    """What the page's head holds; the address people reach the server at goes along for permalinks.

    Where the server keeps conversations, so do the days it keeps them for, 0 meaning for ever: the page says so. From
    the listed portals it takes conversations over.
    """
    address = settings.public_url
    public = Markup('<meta name="public-url" content="{}">\n').format(address) if address else Markup()
    days = Markup('<meta name="kept-on-server" content="{}">\n').format(settings.retention_days)
    kept = days if settings.keep_conversations else Markup()
    most = Markup('<meta name="most-characters" content="{}">\n').format(settings.max_question_chars)
    portals = Markup('<meta name="portals" content="{}">\n').format(settings.allowed_origins)
    metas = {"public": public, "kept": kept, "most": most, "portals": portals if settings.allowed_origins else Markup()}
    return _HEAD.format(title=welcome.title(assistant), **metas).encode()


def first_sight(web: Web) -> bytes:
    """The header of all pages, and below it what Gradio will draw: the same, with a box that takes typing."""
    assistant = web.shelf.default
    examples = Markup().join(
        _THEME.format(theme.title, Markup().join(map(_EXAMPLE.format, theme.questions)))
        for theme in welcome.themes(assistant)
    )
    begun = _FIRST.format(
        title=welcome.title(assistant),
        subtitle=welcome.subtitle(assistant),
        prompt=welcome.prompt(web.shelf.assistants.values()),
        engine=welcome.engine(assistant),
        examples=examples,
    )
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
    blocks, inside.state_holder = inside.get_blocks(), Sessions()  # type: ignore[no-untyped-call]
    inside.state_holder.set_blocks(blocks)
    assistant = web.shelf.default
    mount.app = PlainHead(inside, own_head(web.settings, assistant), first_sight(web))
    return inside


class Session(SessionState):
    """One open page's conversation, without the copies of all parts of the page that Gradio keeps for each.

    They took most of 89 kB, and serve links that are closed here and parts that change their choices, which none does.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        """A session of the page ``blocks``."""
        super().__init__(blocks)
        self.config_values = {}
        self._changed: tuple[int, Any] | None = None

    def __getitem__(self, key: int) -> Any:
        """The conversation, or a part of the page: as it was just changed, because Gradio looks at once, or built."""
        return self._changed[1] if self._changed and self._changed[0] == key else super().__getitem__(key)

    def __setitem__(self, key: int, value: Any) -> None:
        """Keep the conversation, and of the parts of the page the one that was changed last."""
        if isinstance(self.blocks_config.blocks.get(key), gr.State):
            super().__setitem__(key, value)
            self.config_values.clear()
        else:
            self._changed = (key, value)

    def _update_config(self, key: int) -> None:
        """Keep nothing."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Keep nothing."""


class Sessions(StateHolder):
    """The sessions of all open pages; past Gradio's capacity of 10,000 the longest unused one is forgotten."""

    def __getitem__(self, session_id: str) -> SessionState:
        """The session, a new one where there is none."""
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)


def theme() -> gr.themes.Base:
    """Gradio's plainest theme on system fonts: nothing is fetched."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    )
