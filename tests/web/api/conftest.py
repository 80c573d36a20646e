"""The application without a chat model, and one with a local server's."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chat_server import ChatServer
from running import application


@pytest.fixture(scope="session")
def client(index_dir: Path) -> Iterator[httpx.Client]:
    with application() as served:
        yield served


@pytest.fixture(scope="session")
def chat(index_dir: Path) -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture(scope="session")
def with_model(chat: ChatServer) -> Iterator[httpx.Client]:
    with application(model="openai:local", model_base_url=chat.address, model_api_key="k") as served:
        yield served
