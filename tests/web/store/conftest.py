"""The application over the notes with keeping on, and two people with a key each."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from thread_server import under

from assistant import Assistant
from assistant.settings import load_settings
from assistant.web.app import create_app

KEYS = {"ann": "a-key-for-ann-123456", "ben": "a-key-for-ben-123456"}
SETTINGS = {"keep_conversations": True, "api_keys": ",".join(f"{name}:{key}" for name, key in KEYS.items())}
Serve = Callable[..., FastAPI]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the database will be."""
    return tmp_path / "kept"


@pytest.fixture
async def serve(assistant: Assistant, folder: Path) -> AsyncIterator[Serve]:
    """``serve(keep_conversations=False)`` makes the application, here with keys and keeping on."""
    with ExitStack() as opened:

        def made(**changes: object) -> FastAPI:
            settings = load_settings(**({"database_url": f"sqlite:///{folder}/store.sqlite3"} | SETTINGS | changes))
            app = create_app(under(assistant, settings))
            opened.callback(app.state.web.store.close)
            return app

        yield made


@pytest.fixture
def caller() -> Callable[[FastAPI, str | None], httpx.AsyncClient]:
    """``caller(app, "ann")``: somebody's program; None: one that doesn't say who it is."""

    def made(app: FastAPI, name: str | None) -> httpx.AsyncClient:
        headers = {} if name is None else {"Authorization": f"Bearer {KEYS[name]}"}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=60)

    return made
