"""The stream of an answer where nothing comes for a while, and where nobody reads it."""

from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
import pytest
from sse_starlette.sse import SendTimeoutError
from starlette.types import Message, Scope

from assistant import Assistant
from assistant.answering.stages import Done, Offered, Passages, Token, Waiting
from assistant.types import Answer
from assistant.web import sse
from assistant.web.asking import Asking
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.observe.answers import Ops
from assistant.web.service import Desk

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/api/ask", "headers": []}


class Writing:
    """An answer that is written in pieces with a pause before each; knows whether its work was ended."""

    def __init__(self, pieces: int, pause: float) -> None:
        self.pieces, self.pause, self.ended = pieces, pause, False

    async def __call__(self) -> AsyncIterator[Token]:
        try:
            for _ in range(self.pieces):
                await anyio.sleep(self.pause)
                yield Token(text="word ")
        finally:
            self.ended = True


async def never() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


async def test_a_heartbeat_comes_while_an_answer_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 1)
    got: list[bytes] = []

    async def send(message: Message) -> None:
        got.append(message.get("body", b""))

    await sse.event_stream(Writing(1, pause=1.5)(), "r")(SCOPE, never, send)
    kinds = [part.split(b":")[0] + part.split(b":")[1][:6] for part in got if part]
    assert kinds == [b" ping ", b"event token"]


async def test_a_reader_that_takes_nothing_is_let_go_and_the_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "SLOW_READER_SECONDS", 0.2)
    writing = Writing(5, pause=0.01)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep_forever()

    with anyio.fail_after(10), pytest.raises(SendTimeoutError):
        await sse.event_stream(writing(), "r")(SCOPE, never, send)
    assert writing.ended


async def test_a_caller_who_left_before_the_first_word_stops_the_work(assistant: Assistant) -> None:
    ops = Ops.of(assistant.settings)
    desk = Desk(Shelf({DEFAULT: assistant}), assistant.settings, ops)

    def in_progress() -> float | None:
        return ops.metrics.registry.get_sample_value("assistant_questions_in_progress")

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def closed(_: Message) -> None:
        raise OSError("The connection is closed.")

    answering = await desk.begin(Asking("When is fine-tuning worth it?"))
    assert in_progress() == 1
    with suppress(OSError, BaseExceptionGroup):
        await sse.event_stream(answering, "r")(SCOPE, gone, closed)
    assert in_progress() == 0
    desk.close()


async def test_an_answer_begins_with_its_first_event(assistant: Assistant) -> None:
    desk = Desk(Shelf({DEFAULT: assistant}), assistant.settings, Ops.of(assistant.settings))
    events = [event async for event in await desk.begin(Asking("When is fine-tuning worth it?"))]
    assert [type(event) for event in (events[0], events[-1])] == [Passages, Done]
    assert all(isinstance(event, Token) for event in events[1:-1])
    desk.close()


async def test_what_a_chat_model_does_and_the_extracted_answer_are_events(assistant: Assistant) -> None:
    answer = assistant.ask("When is fine-tuning worth it?")
    assert sse.messages_of(Waiting("reading")) == [("progress", '{"doing": "reading"}')]
    ((name, data),) = sse.messages_of(Offered(answer))
    assert (name, Answer.model_validate_json(data)) == ("offer", answer)
