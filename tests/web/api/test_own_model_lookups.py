"""Looking up the address of a caller's own model takes no one else's time, and is not to be had without limit."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from running import application, ask

from assistant.corpus.addresses import Policy
from assistant.web.catalog import STRICT, Reach

PATIENCE = 20
HEADERS = {"X-Model-Key": "sk-theirs", "X-Model": "openai:theirs", "X-Model-Base-URL": "https://models.example.com/v1"}


class Resolver:
    """A name server that answers, with no address, once it is let; counts who asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.free = threading.Event()

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked += 1
        self.free.wait(PATIENCE)
        return []

    @property
    def reach(self) -> Reach:
        return replace(STRICT, policy=Policy(resolve=self.resolve, ports=frozenset({443}), seconds=PATIENCE))


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    yield made
    made.free.set()


def own(client: httpx.Client) -> tuple[int, str]:
    reply = ask(client, headers=HEADERS)
    return reply.status_code, reply.json()["code"]


def test_past_the_limit_no_name_is_looked_up(index_dir: object, resolver: Resolver) -> None:
    resolver.free.set()
    with application(resolver.reach, rate_limit="2/hour") as client:
        assert [own(client) for _ in range(4)] == [(422, "own_key_unusable")] * 2 + [(429, "rate_limited")] * 2
    assert resolver.asked == 2


def test_slow_names_hold_up_nobody_else(index_dir: object, resolver: Resolver) -> None:
    """More of them than the server has threads for everything else."""
    with application(resolver.reach, max_askers=128) as client, ThreadPoolExecutor(50) as pool:
        waiting = [pool.submit(own, client) for _ in range(50)]
        try:
            while "assistant_questions_in_progress 50.0" not in client.get("/metrics").text:
                assert not any(each.done() for each in waiting)
            assert client.get("/api/search", params={"q": "prompting"}).status_code == 200
            assert ask(client).status_code == 200
        finally:
            resolver.free.set()
        assert {each.result() for each in waiting} == {(422, "own_key_unusable")}
