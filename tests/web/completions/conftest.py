"""Clients that speak OpenAI's protocol, and servers for them."""

from collections.abc import Iterator

import pytest
from chat_server import ChatServer, quoting
from openai import OpenAI
from openai_clients import Modelled, client_at
from thread_server import served_here

from assistant import Assistant
from assistant.web.app import create_app


@pytest.fixture(scope="session")
def here(assistant: Assistant) -> Iterator[str]:
    with served_here(lambda: create_app(assistant)) as address:
        yield address


@pytest.fixture
def client(here: str) -> Iterator[OpenAI]:
    with client_at(here) as opened:
        yield opened


@pytest.fixture(scope="session")
def behind(index_dir: object) -> Iterator[Modelled]:
    with (
        ChatServer() as chat,
        Assistant(model="openai:local", model_base_url=chat.address, model_api_key="k") as opened,
        served_here(lambda: create_app(opened)) as address,
    ):
        yield Modelled(chat, address)


@pytest.fixture
def modelled(behind: Modelled) -> Modelled:
    behind.chat.reply, behind.chat.status, behind.chat.usage = quoting(0), 200, None
    return behind
