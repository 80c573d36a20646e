"""The chat page people use in a browser, which is Gradio's.

While Gradio is still being imported, requests for the page wait, and the server answers all others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.web.jobs import apart
from assistant.web.observe.problems import shutting_down
from assistant.web.service import Web

if TYPE_CHECKING:
    from gradio.routes import App


class LateChat:
    """ASGI application: Gradio's, as soon as it is imported and its page is built."""

    def __init__(self, web: Web, *, icon: Path) -> None:
        """Over what is served. Nothing is imported yet."""
        self._web, self._icon = web, icon
        self._chat: ASGIApp | None = None
        self._gradio: App | None = None
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
        return self._gradio.routes if self._gradio is not None else []

    def build(self) -> FastAPI:
        """Import Gradio and build the page now. Returns the application around it, which has its lifespan."""
        from assistant.web.chat.head import mount_chat

        # with this in place Gradio leaves CORS to our guard
        outer = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=[])])
        self._gradio = mount_chat(outer, self._web, icon=self._icon)
        self._chat = cast("Mount", outer.routes[-1]).app
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
        if self._gradio is not None:
            self._gradio.stop_event.set()

    async def _run(self, ended: asyncio.Event) -> None:
        try:
            await asyncio.wrap_future(apart(lambda: import_module("assistant.web.chat.head")))
            outer = self.build()  # in the loop, or Gradio makes loops of its own
            async with outer.router.lifespan_context(outer):
                self._settled.set()
                await ended.wait()
        finally:
            self._settled.set()
