"""A server that is restarted while people ask: what it acknowledged is there, and what it could not do it says."""

import itertools
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from lengths import length
from serving import serving

from assistant.store import Store

pytestmark = pytest.mark.slow
KEY = "a-key-for-ann-123456"
QUESTION = "When is fine-tuning worth it?"
ASKERS = 4


@pytest.mark.timeout(900)
def test_a_restart_under_load_loses_nothing_that_was_acknowledged(index_dir: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = {
        "port": str(port), "keep_conversations": "true", "api_keys": f"ann:{KEY}", "rate_limit": "",
        "database_url": f"sqlite:///{tmp_path / 'kept.sqlite3'}",
    }  # fmt: skip
    over, answered, kept, rated, refused = threading.Event(), threading.Semaphore(0), set(), set(), set()
    numbers = itertools.count()

    def asks() -> None:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=60, headers={"Authorization": f"Bearer {KEY}"}
        ) as c:
            while not over.is_set():
                try:
                    reply = c.post("/api/ask", json={"question": QUESTION})
                    if reply.status_code == 200:
                        assert reply.json()["citations"]
                        kept.add(reply.headers["X-Conversation-Id"])
                        mark = f"{next(numbers):032x}"
                        if c.post("/api/feedback", json={"answer_id": mark, "rating": "up"}).status_code == 201:
                            rated.add(mark)
                        answered.release()
                    else:
                        assert (reply.status_code, reply.json()["code"]) == (503, "shutting_down")
                        refused.add("said")
                except httpx.TransportError:  # nobody listens, or the connection was closed
                    refused.add("closed")

    with ThreadPoolExecutor(ASKERS) as pool:
        asking = [pool.submit(asks) for _ in range(ASKERS)]
        try:
            for _ in range(length(2, 10)):
                with serving(**settings) as (process, _):
                    for _ in range(3 * ASKERS):
                        assert answered.acquire(timeout=120)
                    process.send_signal(signal.SIGTERM)
                    process.wait(60)
        finally:
            over.set()
        for each in asking:
            each.result()
    with serving(**settings) as (_, address):
        headers = {"Authorization": f"Bearer {KEY}"}
        for conversation in kept:
            found = httpx.get(f"{address}api/conversations/{conversation}", headers=headers, timeout=60)
            assert found.json()["exchanges"][0]["question"] == QUESTION
    with closing(Store(settings["database_url"])) as store:
        assert rated <= {each.answer_id for each in store.every_feedback()}
    assert refused
