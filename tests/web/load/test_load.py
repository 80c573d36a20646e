"""A served process under load: many people at once, thousands of questions, thousands of pages left open."""

import asyncio
import itertools
import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from chat_server import Body, ChatServer, quoting
from lengths import FULL, length
from serving import serving

from assistant.settings import suites_dir

pytestmark = pytest.mark.slow

PEOPLE = 50
MODEL_SECONDS = 0.3
MEGABYTE = 1_000_000
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def questions() -> list[str]:
    lines = (suites_dir() / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


@pytest.mark.timeout(900)
async def test_fifty_people_wait_little_longer_than_their_model_takes(
    index_dir: Path, questions: list[str], record_property: Record
) -> None:
    """Each reads for some seconds before asking again. How long they waited is judged at full length alone: a busy
    machine would fail a short one."""
    waited: list[float] = []
    keys = [f"key-number-{n:02}-of-the-many" for n in range(PEOPLE)]

    def slowly(body: Body) -> Iterator[str]:
        threading.Event().wait(MODEL_SECONDS)
        yield from quoting(0, 1)(body)

    async def person(number: int, client: httpx.AsyncClient, until: float) -> None:
        chance = random.Random(number)
        while not waited or time.monotonic() < until or len(waited) < PEOPLE:
            await asyncio.sleep(chance.uniform(*((3, 15) if FULL else (0, 2))))
            headers = {"Authorization": f"Bearer {keys[number]}"}
            body = {"question": chance.choice(questions), "stream": True}
            asked, events = time.monotonic(), []
            async with client.stream("POST", "/api/ask", json=body, headers=headers) as reply:
                if reply.status_code == 503 and not FULL:  # the machine is slow; they come back when they are told to
                    await asyncio.sleep(int(reply.headers["Retry-After"]))
                    continue
                assert reply.status_code == 200
                async for line in reply.aiter_lines():
                    if line.startswith("event: "):
                        events.append(line.removeprefix("event: "))
                        if events.count("token") == 1 and events[-1] == "token":
                            waited.append(time.monotonic() - asked)
            assert events[-1] == "done"

    with ChatServer() as chat:
        chat.reply = slowly
        settings = {"model": "openai:local", "model_base_url": chat.address, "model_api_key": "k"}
        named = ",".join(f"user{n}:{key}" for n, key in enumerate(keys))
        with serving(**settings, api_keys=named) as (_, address):
            limits = httpx.Limits(max_connections=PEOPLE)
            async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits, trust_env=False) as client:
                until = time.monotonic() + length(0, 240)
                await asyncio.gather(*(person(number, client, until) for number in range(PEOPLE)))
    p95 = statistics.quantiles(waited, n=20)[-1]
    record_property("answers", len(waited))
    record_property("p95 to the first token above the model's own, s", round(p95 - MODEL_SECONDS, 2))
    assert not FULL or p95 - MODEL_SECONDS <= 1


@pytest.mark.timeout(3600)
def test_memory_stops_growing(index_dir: Path, questions: list[str], record_property: Record) -> None:
    numbers = itertools.count()

    def ask(client: httpx.Client) -> None:
        number = next(numbers)
        question = questions[number % len(questions)]
        if number >= len(questions):  # no two are the same
            question = f"{question} I ask as number {number}."
        if number % 10 == 9:
            reply = client.get("/api/search", params={"q": question})
        else:
            reply = client.post("/api/ask", json={"question": question, "stream": number % 3 == 0})
        assert reply.status_code == 200

    with serving(rate_limit="") as (process, address), ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=address, timeout=60))
        pool = stack.enter_context(ThreadPoolExecutor(4))
        list(pool.map(lambda _: ask(client), range(length(100, 2_000))))
        before = process.memory()
        list(pool.map(lambda _: ask(client), range(length(100, 8_000))))
        grown = process.memory() - before
    record_property("MB at first", round(before / MEGABYTE))
    record_property("MB grown since", round(grown / MEGABYTE, 1))
    assert grown < 20 * MEGABYTE


@pytest.mark.timeout(3600)
def test_pages_left_open_take_bounded_memory(index_dir: Path, record_property: Record) -> None:
    """Each page has a session of its own, whose conversation was begun anew."""
    sessions = length(300, 10_000)
    with serving(rate_limit="") as (process, address), httpx.Client(base_url=address, timeout=60) as client:
        begin_anew = next(
            each["id"]
            for each in client.get("/config").json()["dependencies"]
            if not each["inputs"] and len(each["outputs"]) == 5
        )

        def opened(number: int) -> None:
            session = f"idle-{number}"
            body: dict[str, Any] = {"data": [], "fn_index": begin_anew, "session_hash": session}
            assert client.post("/gradio_api/queue/join", json=body).status_code == 200
            with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
                said = "".join(events.iter_text())
            assert '"success":true' in said

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(opened, range(length(50, 500))))
            before = process.memory()
            list(pool.map(opened, range(500, 500 + sessions)))
        grown = process.memory() - before
    record_property("kB a session", round(grown / sessions / 1000, 1))
    assert grown < 20_000 * sessions
