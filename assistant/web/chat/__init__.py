"""The chat page people use in a browser, which is Gradio's.

While Gradio is still being imported, requests for the page wait, and the server answers all others.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import Problem
from assistant.web.asking import path_of, principal_of
from assistant.web.guard.gate import SAFE
from assistant.web.jobs import apart
from assistant.web.observe.bodies import json_of
from assistant.web.observe.problems import shutting_down
from assistant.web.service import Web

if TYPE_CHECKING:
    from gradio.routes import App


_PAGE = frozenset("/ /config /theme.css /favicon.ico /robots.txt /pwa_icon /manifest.json".split())
_FILES = ("/assets/", "/static/", "/svelte/", "/gradio_api/heartbeat/", "/gradio_api/custom_component/")
_READ = frozenset(f"/gradio_api/{name}" for name in "info app_id startup-events theme.css queue/data".split())
_SENT = frozenset(f"/gradio_api/{name}" for name in "queue/join cancel reset".split())
_SESSION = re.compile(r"[\w-]{1,64}", re.ASCII)
MOST_SESSIONS = 20_000


class OnlyThePage:
    """ASGI application: of Gradio's routes those that the page uses, each with what the page would send.

    Gradio serves more to anyone: links that write a state to disk, uploads, a proxy, other people's sessions. A session
    belongs to the caller who opened it.
    """

    def __init__(self, app: ASGIApp, functions: Collection[int]) -> None:
        """``functions`` are the numbers of the page's events."""
        self._app, self._functions = app, functions
        self._owners: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request. Raises Problem for what the page never asks."""
        if scope["type"] == "http":
            path, request = path_of(scope), Request(scope)
            if scope["method"] in SAFE:
                self._check_read(path, request)
            else:
                self._check_sent(path, request)
        await self._app(scope, receive, send)

    def _check_read(self, path: str, request: Request) -> None:
        if path not in _PAGE | _READ and not path.startswith(_FILES):
            raise _closed()
        if path == "/gradio_api/queue/data":
            self._own(request.query_params.get("session_hash"), request)
        elif path.startswith("/gradio_api/heartbeat/"):
            self._own(path.rpartition("/")[2], request)

    def _check_sent(self, path: str, request: Request) -> None:
        if path not in _SENT:
            raise _closed()
        body = json_of(request)
        if not isinstance(body, dict):
            raise _unreadable()
        if path == "/gradio_api/queue/join":
            number, data = body.get("fn_index"), body.get("data")
            if type(number) is not int or number not in self._functions or not isinstance(data, list):
                raise _unreadable()
        if path != "/gradio_api/reset":
            self._own(body.get("session_hash"), request)

    def _own(self, session: Any, request: Request) -> None:
        """Give the session to the first caller who names it. Raises Problem for others."""
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            raise _unreadable()
        principal = principal_of(request)
        caller = f"{principal.id} {principal.address if principal.how == 'open' else ''}"
        if self._owners.setdefault(session, caller) != caller:
            raise Problem(403, "not_your_session", "This session is another caller's.", "Load the page again.")
        self._owners.move_to_end(session)
        if len(self._owners) > MOST_SESSIONS:
            self._owners.popitem(last=False)


def _closed() -> Problem:
    return Problem(404, "not_found", "There is nothing at this address.", "The addresses are listed in /docs.")


def _unreadable() -> Problem:
    return Problem(422, "invalid", "The page does not send this.", "Load the page again, or use POST /api/ask.")


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
        self._chat = OnlyThePage(cast("Mount", outer.routes[-1]).app, self._gradio.get_blocks().fns)
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
