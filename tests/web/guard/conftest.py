from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI
from guarding import RealApp, portals_file
from thread_server import under

from assistant import Assistant
from assistant.web.app import create_app
from assistant.web.catalog import changed


@pytest.fixture
def portals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return portals_file(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def real_app(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> RealApp:
    """The whole application over the notes: ``real_app(api_keys=...)``; made once for the same settings."""
    database = f"sqlite:///{tmp_path_factory.mktemp('guarded') / 'feedback.sqlite3'}"

    @cache
    def made(**settings: str) -> FastAPI:
        app = create_app(under(assistant, changed(assistant.settings, database_url=database, **settings)))
        app.state.chat.build()
        return app

    return made
