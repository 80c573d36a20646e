"""The stream of an answer where nothing comes for a while, and where nobody reads it."""

from collections.abc import AsyncIterator

import anyio
import pytest
from sse_starlette.sse import SendTimeoutError
from starlette.types import Message, Scope

from assistant.answering.stages import Token
from assistant.web import sse

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
