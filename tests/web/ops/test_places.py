"""A slow or hostile model server holds its own callers' places, and nobody else's."""

import asyncio
from collections.abc import Iterator

import pytest
from chat_server import PATIENCE, Body, ChatServer, quoting
from thread_server import under

from assistant import Assistant
from assistant.answering.stages import Token
from assistant.errors import Problem
from assistant.settings import load_settings
from assistant.web.asking import Asking, Principal
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.observe.answers import Ops
from assistant.web.service import Answering, Desk

QUESTION = "When is fine-tuning worth it?"
ANN, BEN, CAT = (Principal(name, "key") for name in ("ann", "ben", "cat"))
PLACES = 4


class Servers:
    """One address with two models: ``openai:good`` answers, ``openai:bad`` holds on, maybe behind a flood of pieces."""

    def __init__(self, chat: ChatServer) -> None:
        self.floods = True
        self._chat = chat
        chat.reply = self.reply

    def reply(self, body: Body) -> Iterator[str]:
        if body["model"] == "bad":
            yield from quoting(0, 1)(body)
            yield from ("and on and on ",) * (2_000 if self.floods else 0)
            self._chat.wait()
        yield from quoting(0)(body)


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def desk(assistant: Assistant, chat: ChatServer) -> Iterator[Desk]:
    settings = load_settings(
        models="openai:good,openai:bad", model_base_url=chat.address, max_askers=PLACES, model_max_tokens=10_000
    )
    made = Desk(Shelf({DEFAULT: under(assistant, settings)}), settings, Ops.of(settings))
    yield made
    made.close()
    chat.go_on.set()
    made.wait()


async def begun(desk: Desk, who: Principal, model: str) -> Answering:
    """An answer whose first words have come."""
    answering = await desk.begin(Asking(question=QUESTION, model=model, principal=who))
    async for event in answering:
        if isinstance(event, Token):
            break
    return answering


async def refused(desk: Desk, who: Principal, model: str) -> bool:
    try:
        await desk.begin(Asking(question=QUESTION, model=model, principal=who))
    except Problem as problem:
        return problem.code == "busy" and int(problem.headers["Retry-After"]) > 0
    return False


@pytest.mark.parametrize("floods", [True, False])
async def test_one_bad_server_leaves_places_to_other_callers_and_models(
    desk: Desk, chat: ChatServer, floods: bool
) -> None:
    Servers(chat).floods = floods
    held = [await begun(desk, who, "openai:bad") for who in (ANN, ANN, BEN)]
    assert await refused(desk, ANN, "openai:good")  # a caller has half of all
    assert await refused(desk, CAT, "openai:bad")  # a model has three quarters
    answer = await desk.answer(Asking(question=QUESTION, model="openai:good", principal=CAT))
    assert answer.model == "openai:good"
    for answering in held:
        await answering.aclose()


async def test_places_are_free_again_once_their_answers_were_stopped(desk: Desk, chat: ChatServer) -> None:
    Servers(chat)
    held = [await begun(desk, who, "openai:bad") for who in (ANN, ANN, BEN)]
    for answering in held:
        await answering.aclose()
    chat.reply = quoting(0)
    async with asyncio.timeout(PATIENCE):
        while await refused(desk, CAT, "openai:bad"):  # noqa: ASYNC110 - nothing tells that the threads have ended
            await asyncio.sleep(0.01)
