"""A reply is drawn within its limits, whatever its server sends or keeps to itself."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.answering import streams
from assistant.answering.calls import HEEDED, Stop
from assistant.answering.streams import Limits, Reply
from assistant.errors import ModelUnavailable

PATIENCE = 60
Asked = Callable[[], AsyncGenerator[Any, None]]


def chunk(text: str = "", **metadata: str) -> SimpleNamespace:
    return SimpleNamespace(text=text, response_metadata=metadata)


def limits(**more: Any) -> Limits:
    given = {"first": PATIENCE, "silence": PATIENCE, "deadline": time.monotonic() + PATIENCE, "tokens": 100}
    return Limits(**{"ends": True, **given, **more})


def saying(*chunks: SimpleNamespace, then: float = 0, calls: list[int] | None = None) -> Asked:
    """The chunks, then silence for so many seconds."""

    async def ask() -> AsyncGenerator[Any, None]:
        if calls is not None:
            calls.append(1)
        for one in chunks:
            yield one
        await asyncio.sleep(then)

    return ask


def read(ask: Asked, **more: Any) -> list[str]:
    return [one.text for one in Reply("local", ask, limits(**more))]


def failure(ask: Asked, **more: Any) -> str:
    with pytest.raises(ModelUnavailable) as raised:
        read(ask, **more)
    return str(raised.value)


@pytest.mark.parametrize("key", ["finish_reason", "stop_reason", "done_reason"])
@pytest.mark.parametrize("last", ["", "b"])
def test_a_reason_to_end_may_come_with_the_last_words_or_behind_them(key: str, last: str) -> None:
    assert read(saying(chunk("a"), chunk(last, **{key: "stop"}), chunk())) == ["a", last, ""]


def test_a_reply_without_a_reason_to_end_was_broken_off() -> None:
    assert "broke off" in failure(saying(chunk("a")))
    assert read(saying(chunk("a")), ends=False) == ["a"]


@pytest.mark.parametrize("reason", ["content_filter", "refusal", "error"])
def test_a_reply_that_was_taken_away_is_a_failure(reason: str) -> None:
    assert reason in failure(saying(chunk("a"), chunk(finish_reason=reason)))


@pytest.mark.parametrize(("reason", "cut"), [("length", True), ("max_tokens", True), ("stop", False)])
def test_a_reply_knows_whether_it_was_cut(reason: str, cut: bool) -> None:
    reply = Reply("local", saying(chunk("a", finish_reason=reason)), limits())
    assert [one.text for one in reply] == ["a"]
    assert reply.cut == cut


def test_the_first_token_has_a_limit_of_its_own() -> None:
    assert "ASSISTANT_MODEL_FIRST_TOKEN" in failure(saying(then=PATIENCE), first=0.05)
    role = chunk()  # servers send it before they read the prompt
    assert "ASSISTANT_MODEL_FIRST_TOKEN" in failure(saying(role, then=PATIENCE), first=0.05, silence=0.01)


def test_silence_has_a_limit_of_its_own() -> None:
    assert "ASSISTANT_MODEL_SILENCE" in failure(saying(chunk("a"), then=PATIENCE), silence=0.05)
    thinking = (chunk(), chunk(), chunk())
    assert "ASSISTANT_MODEL_SILENCE" in failure(saying(*thinking, then=PATIENCE), silence=0.05)


async def trickling() -> AsyncGenerator[Any, None]:
    while True:
        yield chunk()
        await asyncio.sleep(0.001)


def test_the_whole_time_is_over_even_while_pieces_keep_coming() -> None:
    said = failure(trickling, deadline=time.monotonic() + 0.1, tokens=1_000_000)
    assert "ASSISTANT_MODEL_TIMEOUT" in said


def flooding(text: str, sent: list[int]) -> Asked:
    async def ask() -> AsyncGenerator[Any, None]:
        while True:
            sent.append(1)
            yield chunk(text)

    return ask


@pytest.mark.parametrize("text", ["", "word ", "x" * 10_000])
def test_a_flood_ends_at_its_cap(text: str) -> None:
    sent: list[int] = []
    assert "beyond the 100 tokens" in failure(flooding(text, sent))
    assert len(sent) <= 100 * streams.CHUNKS_PER_TOKEN + streams.SPARE + streams.QUEUED + 2


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return true()


def test_no_more_is_drawn_than_has_room() -> None:
    sent: list[int] = []
    drawn = iter(Reply("local", flooding("a", sent), limits(tokens=10_000)))
    for taken in (1, 2, 3):
        next(drawn)
        assert until(lambda taken=taken: len(sent) == streams.QUEUED + taken + 1)
    drawn.close()  # type: ignore[attr-defined]


def test_a_flood_leaves_others_their_turn() -> None:
    flood = iter(Reply("bad", flooding("a", []), limits(tokens=10_000)))
    next(flood)
    assert read(saying(chunk("a"), chunk("b", finish_reason="stop"))) == ["a", "b"]
    flood.close()  # type: ignore[attr-defined]


class Refused(Exception):
    def __init__(self, status: int | None, **headers: str) -> None:
        self.status_code = status
        self.response = SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})


class ConnectError(Exception):
    pass


def refusing(error: Exception, calls: list[int], first: tuple[SimpleNamespace, ...] = ()) -> Asked:
    """Fails once, then answers."""

    async def ask() -> AsyncGenerator[Any, None]:
        calls.append(1)
        if len(calls) == 1:
            for one in first:
                yield one
            raise error
        yield chunk("a", finish_reason="stop")

    return ask


@pytest.mark.parametrize("error", [Refused(500), Refused(503), ConnectError()])
def test_a_server_in_trouble_is_asked_once_more(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PAUSE", 0)
    calls: list[int] = []
    assert read(refusing(error, calls)) == ["a"]
    assert len(calls) == 2


@pytest.mark.parametrize("error", [Refused(400), Refused(401), Refused(429), Refused(503, retry_after="7")])
def test_a_server_that_says_no_is_not(error: Exception) -> None:
    calls: list[int] = []
    assert "failed: Refused" in failure(refusing(error, calls))
    assert len(calls) == 1


def test_nothing_is_said_twice() -> None:
    calls: list[int] = []
    assert "failed: Refused 500" in failure(refusing(Refused(500), calls, (chunk("a"),)))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0.2", 1),
        ("999999", streams.LONGEST_WAIT),
        ("Fri, 01 Jan 2100 00:00:00 GMT", streams.LONGEST_WAIT),
        (formatdate(0, usegmt=True), 1),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("9" * 400, streams.LONGEST_WAIT),
    ],
)
def test_how_long_a_server_asks_to_be_left_alone(said: str, seconds: int | None) -> None:
    error = streams.failed("local", Refused(429, retry_after=said))
    assert error.retry_after == seconds
    assert (f"left alone for {seconds} s" in str(error)) == (seconds is not None)


def test_waiting_for_the_first_word_loses_nothing() -> None:
    go_on = threading.Event()

    async def ask() -> AsyncGenerator[Any, None]:
        yield chunk()
        await asyncio.to_thread(go_on.wait, PATIENCE)
        yield chunk("a", finish_reason="stop")

    reply = Reply("local", ask, limits())
    assert not reply.begun(0.01)
    go_on.set()
    assert reply.begun()
    assert [one.text for one in reply] == ["", "a"]


@pytest.fixture
def stop() -> Iterator[Stop]:
    made = Stop()
    token = HEEDED.set(made)
    yield made
    HEEDED.reset(token)


def test_a_stop_ends_the_wait_at_once(stop: Stop) -> None:
    reply = Reply("local", saying(then=PATIENCE), limits())
    threading.Timer(0.01, stop.set).start()
    with pytest.raises(streams.CancelledError):
        reply.begun()


async def test_a_body_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    class AsyncByteStream:
        async def __aiter__(self) -> AsyncGenerator[bytes, None]:
            while True:
                yield b"x" * 10

        async def aclose(self) -> None:
            """Nothing to close."""

    monkeypatch.setattr(streams, "MOST_BYTES", 25)
    response = SimpleNamespace(stream=AsyncByteStream())
    await streams.bounded(response)
    taken = []
    with pytest.raises(streams.ReplyTooLong):  # noqa: PT012 - what came before it counts
        async for part in response.stream:
            taken.append(part)
    assert len(taken) == 2
    await response.stream.aclose()
