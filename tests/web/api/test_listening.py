"""Whoever stops listening stops the work, and nobody waits for those who read slowly."""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from chat_server import PATIENCE, Body, ChatServer, quoting
from lengths import length
from running import QUESTION, application, ask, events


class Watching:
    """Replies of a model that writes on until its reader has gone, or the test is over; counts who went."""

    def __init__(self, chat: ChatServer) -> None:
        self.begun = threading.Semaphore(0)
        self.gone = threading.Semaphore(0)
        self.over = threading.Event()
        self._lock = threading.Lock()
        self.writing = 0
        chat.reply = self.reply

    def reply(self, body: Body) -> Iterator[str]:
        with self._lock:
            self.writing += 1
        try:
            yield from quoting(0, 1)(body)
            self.begun.release()
            while not self.over.wait(0.2):  # the pace of a model
                yield " "
        finally:  # the next write has found the connection closed
            with self._lock:
                self.writing -= 1
            if not self.over.is_set():
                self.gone.release()


@pytest.fixture
def watching(chat: ChatServer) -> Iterator[Watching]:
    watched = Watching(chat)
    yield watched
    watched.over.set()
    chat.reply = quoting(0)


def first_lines(client: httpx.Client) -> socket.socket:
    """A connection on which a stream has begun."""
    connection = asking(client, stream=True)
    assert connection.recv(9) == b"HTTP/1.1 "
    return connection


def asking(client: httpx.Client, *, stream: bool) -> socket.socket:
    """A connection on which a question was sent, and nothing is read."""
    url = client.base_url
    body = json.dumps({"question": QUESTION, "stream": stream}).encode()
    connection = socket.create_connection((url.host, url.port), timeout=PATIENCE)
    head = f"POST /api/ask HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


@pytest.mark.parametrize("many", [1, 30] + [25] * length(0, 20))
def test_readers_who_leave_end_the_calls_to_the_model(with_model: httpx.Client, watching: Watching, many: int) -> None:
    with ThreadPoolExecutor(many) as pool:
        connections = list(pool.map(lambda _: first_lines(with_model), range(many)))
    for _ in range(many):
        assert watching.begun.acquire(timeout=PATIENCE)
    for connection in connections:
        connection.close()
    for _ in range(many):
        assert watching.gone.acquire(timeout=PATIENCE)
    assert watching.writing == 0


def test_a_caller_who_gives_up_waiting_for_json_ends_the_call_too(with_model: httpx.Client, watching: Watching) -> None:
    with asking(with_model, stream=False):
        assert watching.begun.acquire(timeout=PATIENCE)
    assert watching.gone.acquire(timeout=PATIENCE)


def test_one_asker_too_many_is_told_to_come_back(chat: ChatServer, watching: Watching) -> None:
    """Two of four places are a caller's; answers without the model have the others still."""
    with application(model="openai:local", model_base_url=chat.address, model_api_key="k", max_askers="4") as client:
        waiting = [first_lines(client) for _ in range(2)]
        for _ in waiting:
            assert watching.begun.acquire(timeout=PATIENCE)
        refused = ask(client)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert ask(client, model="extractive").status_code == 200
        for connection in waiting:
            connection.close()
            assert watching.gone.acquire(timeout=PATIENCE)
        chat.reply = quoting(0)
        deadline = time.monotonic() + PATIENCE
        while (again := ask(client)).status_code == 503 and time.monotonic() < deadline:
            continue
        assert again.status_code == 200


def test_an_answer_that_takes_too_long_is_a_timeout(chat: ChatServer, watching: Watching) -> None:
    limits = {"answer_timeout": 2.0, "model_timeout": 20.0}
    with application(model="openai:local", model_base_url=chat.address, model_api_key="k", **limits) as client:
        whole = ask(client)
        assert (whole.status_code, whole.json()["code"]) == (504, "timeout")
        name, problem = events(ask(client, stream=True).text)[-1]
        assert (name, problem["status"], problem["code"]) == ("error", 504, "timeout")
        for _ in range(2):
            assert watching.gone.acquire(timeout=PATIENCE)


def test_the_servers_end_is_the_last_event_of_every_stream(chat: ChatServer, watching: Watching) -> None:
    with application(model="openai:local", model_base_url=chat.address, model_api_key="k") as client:
        connections = [first_lines(client) for _ in range(3)]
        for _ in connections:
            assert watching.begun.acquire(timeout=PATIENCE)
    for connection in connections:
        with connection, connection.makefile("rb") as rest:
            said = rest.read().decode()
        assert "event: error" in said
        assert '"code": "shutting_down"' in said
        assert "event: done" not in said


def test_slow_readers_are_no_burden_to_others(index_dir: Path) -> None:
    """Measured in processor time, which other work on the machine doesn't change."""
    readers = length(60, 200)

    def taken(client: httpx.Client) -> float:
        started = time.process_time()
        assert [ask(client).status_code for _ in range(10)] == [200] * 10
        return time.process_time() - started

    with application(max_askers=readers + 20) as client, ExitStack() as stack, ThreadPoolExecutor(10) as pool:
        idle = taken(client)
        for connection in pool.map(lambda _: first_lines(client), range(readers)):  # and now they read nothing more
            stack.enter_context(connection)
        while answered(client) < 10 + readers:
            continue
        assert taken(client) < 2 * idle + 0.1


def answered(client: httpx.Client) -> float:
    """How many answers the server has given so far."""
    text = client.get("/metrics").text
    return sum(float(n) for n in re.findall(r"^assistant_answers_total\{.*\} (\S+)$", text, re.MULTILINE))


async def test_fifty_at_once_are_all_answered(client: httpx.Client) -> None:
    async with httpx.AsyncClient(base_url=client.base_url, timeout=60, trust_env=False) as many:
        asked = [many.post("/api/ask", json={"question": QUESTION, "stream": bool(n % 2)}) for n in range(50)]
        replies = await asyncio.gather(*asked)
    assert {reply.status_code for reply in replies} == {200}
    assert all(reply.json()["citations"] for reply in replies[::2])
    assert all(events(reply.text)[-1][0] == "done" for reply in replies[1::2])
