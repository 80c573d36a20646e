"""The chat while Gradio is still being imported: requests for it wait, and the server answers all others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from assistant.web.jobs import apart
from assistant.web.observe.problems import shutting_down
from assistant.web.service import Web

if TYPE_CHECKING:
    from gradio.routes import App


class LateChat:
    """ASGI application: Gradio's, as soon as it is imported and its page is built."""

    def __init__(self, web: Web, favicon: Path) -> None:
        """Over what is served. Nothing is imported yet."""
        self._web, self._favicon = web, favicon
        self._chat: App | None = None
        self._live: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request once the chat is there, which is at once where nobody runs it.

        Raises what kept it from being made, and Problem 503 when the server ends before.
        """
        if self._live is not None:
            await self._settled.wait()
            if self._chat is None and self._live.done() and not self._live.cancelled():
                self._live.result()
        elif self._chat is None:
            self.build()
        if self._chat is None:
            raise shutting_down()
        await self._chat(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        """The chat's routes, none before it is built."""
        return self._chat.routes if self._chat is not None else []

    def build(self) -> FastAPI:
        """Import Gradio and build the page now. Returns the application around it, which has its lifespan."""
        outer, self._chat = _mounted(self._web, self._favicon)
        return outer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Import Gradio meanwhile, then run what it does beside its requests."""
        ended = asyncio.Event()
        self._live = asyncio.create_task(self._run(ended))
        try:
            yield
        finally:
            ended.set()
            if self._chat is None:
                self._live.cancel()
            await asyncio.wait([self._live])

    def end_streams(self) -> None:
        """Close the streams that open pages hold."""
        if self._chat is not None:
            self._chat.stop_event.set()

    async def _run(self, ended: asyncio.Event) -> None:
        try:
            await asyncio.wrap_future(apart(lambda: import_module("assistant.web.chat.page")))
            outer = self.build()  # in the loop, or Gradio makes loops of its own
            async with outer.router.lifespan_context(outer):
                self._settled.set()
                await ended.wait()
        finally:
            self._settled.set()


def _mounted(web: Web, favicon: Path) -> tuple[FastAPI, App]:
    """Gradio's application, behind one that has its lifespan."""
    import gradio
    from gradio.routes import App

    from assistant.web.chat.page import chat_page, theme

    outer = FastAPI()
    outer.add_middleware(CORSMiddleware, allow_origins=[])  # with this Gradio leaves CORS to our guard
    gradio.mount_gradio_app(
        outer,
        chat_page(web),
        path="/",
        theme=theme(),
        footer_links=[],
        run_history=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=False,
        favicon_path=str(favicon),
    )
    chats = (route.app for route in outer.routes if isinstance(route, Mount))
    return outer, next(chat for chat in chats if isinstance(chat, App))
