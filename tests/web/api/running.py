"""The application over its own assistant, served on a free port by a thread of this process."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from assistant import Assistant
from assistant.settings import load_settings
from assistant.web.app import create_app, end_streams
from assistant.web.catalog import STRICT, Reach, Shelf
from assistant.web.server import OrderlyServer, listening, warm_up

QUESTION = "When is fine-tuning worth it?"
Event = tuple[str, Any]


class Served:
    """A server in a thread, whose event loop the application is made in, as Gradio wants it."""

    def __init__(self, served: Assistant | Shelf, reach: Reach, listener: socket.socket) -> None:
        self.app = asyncio.run(self._make(served, reach))
        config = uvicorn.Config(self.app, log_config=None, timeout_graceful_shutdown=5)
        self.server = OrderlyServer(config, lambda: end_streams(self.app))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})

    async def _make(self, served: Assistant | Shelf, reach: Reach) -> FastAPI:
        return create_app(served, reach=reach)

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.app.state.web.desk.wait()
        self.app.state.web.ops.close()


@contextmanager
def running(assistants: Assistant | Shelf, reach: Reach = STRICT) -> Iterator[httpx.Client]:
    """A client of the application, which is served until the block ends."""
    with listening("127.0.0.1", 0) as listener:
        served = Served(assistants, reach, listener)
        served.thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
                yield client
        finally:
            served.end()


@contextmanager
def application(reach: Reach = STRICT, **settings: object) -> Iterator[httpx.Client]:
    """The same over assistants of these settings; no caller is limited."""
    with Shelf.opened(load_settings(**{"rate_limit": "", **settings})) as shelf:
        warm_up(shelf.default)
        with running(shelf, reach) as client:
            yield client


def ask(client: httpx.Client, question: str = QUESTION, **more: object) -> httpx.Response:
    """The reply to a question."""
    headers: Any = more.pop("headers", None)
    return client.post("/api/ask", json={"question": question, **more}, headers=headers)


def events(text: str) -> list[Event]:
    """Name and data of each server-sent event."""
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ") for line in block.splitlines() if line and not line.startswith(":")]
        if lines:
            fields = {name: value for name, _, value in lines}
            found.append((fields["event"], json.loads(fields["data"])))
    return found
