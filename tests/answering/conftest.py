"""The index of the notes opened once, pipelines over it, and a chat model's server."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from chat_server import ChatServer

from assistant import Assistant
from assistant.answering.pipeline import Pipeline
from assistant.answering.stages import Done
from assistant.index.opened import OpenIndex
from assistant.settings import load_settings
from assistant.types import Answer, Turn

Ask = Callable[..., Answer]


@pytest.fixture(scope="session")
def notes(assistant: Assistant) -> OpenIndex:
    return assistant.index


@pytest.fixture(scope="session")
def extractive(notes: OpenIndex) -> Pipeline:
    return Pipeline(load_settings(), notes)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


@pytest.fixture
def with_model(notes: OpenIndex, server: ChatServer) -> Callable[..., Pipeline]:
    """``with_model(model_timeout=1)``: a pipeline whose chat model is the server's."""

    def make(**more: object) -> Pipeline:
        chosen: dict[str, object] = {"model": "openai:local", "model_base_url": server.address, "model_timeout": 60}
        return Pipeline(load_settings(**(chosen | more)), notes)

    return make


@pytest.fixture
def ask() -> Ask:
    """``ask(pipeline, "…", history)``: the answer object."""

    def whole(pipeline: Pipeline, question: str, history: Sequence[Turn] = ()) -> Answer:
        (done,) = [event for event in pipeline.stream(question, history) if isinstance(event, Done)]
        return done.answer

    return whole
