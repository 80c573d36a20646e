"""What whoever runs the server sees of a real process: its end, its limits, its log."""

import json
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from chat_server import ChatServer, quoting
from serving import ended, serving

STREAMS = 20
KEY = "a-key-for-ann-123456"
QUESTION = "When is fine-tuning worth it?"


def test_told_to_end_the_server_says_goodbye_to_every_stream_and_ends(index_dir: Path) -> None:
    with ChatServer() as chat:

        def stalls(body: Any) -> Any:
            yield from quoting(0)(body)
            chat.wait()

        chat.reply = stalls
        model = {"model": "openai:local", "model_base_url": chat.address, "model_api_key": "k"}
        with serving(**model, log_format="json") as (process, address):
            open_now = threading.Semaphore(0)

            def last_event(_: int) -> tuple[str, dict[str, Any]]:
                events, data = [], ""
                with httpx.stream(
                    "POST", f"{address}api/ask", json={"question": QUESTION, "stream": True}, timeout=60
                ) as s:
                    for line in s.iter_lines():
                        if line.startswith("event: "):
                            events.append(line.removeprefix("event: "))
                            if events == ["passages"]:
                                open_now.release()
                        elif line.startswith("data: "):
                            data = line.removeprefix("data: ")
                return events[-1], json.loads(data)

            with ThreadPoolExecutor(STREAMS) as readers:
                ends = [readers.submit(last_event, i) for i in range(STREAMS)]
                for _ in range(STREAMS):
                    assert open_now.acquire(timeout=60)
                status, said = ended(process, signal.SIGTERM)
            assert (status, said) == (-signal.SIGTERM, "")
            for end in ends:
                name, problem = end.result()
                assert name == "error"
                assert problem["code"] == "shutting_down"
                assert problem["request_id"]


@pytest.mark.slow
def test_a_counter_out_of_reach_is_told_in_the_log(index_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with serving(rate_limit_storage=f"redis://127.0.0.1:{port}") as (process, address):
        assert httpx.get(f"{address}api/search", params={"q": "LoRA"}, timeout=60).status_code == 503
        ended(process, signal.SIGTERM)
        (told,) = [line for line in process.log() if line["event"] == "limits can't be counted"]
    assert (told["level"], told["logger"]) == ("error", "assistant.web.observe.limits")


def test_a_forged_address_does_not_get_round_the_limit_and_the_log_tells_nothing_of_it(index_dir: Path) -> None:
    limited = {"rate_limit": "5/hour", "api_keys": f"ann:{KEY}", "log_level": "debug"}
    with serving(**limited) as (process, address), httpx.Client(base_url=address, timeout=60) as client:
        statuses = []
        for i in range(200):
            forged = f"203.0.113.{i}"
            headers = {
                "Authorization": f"Bearer {KEY}", "X-Forwarded-For": forged, "X-Real-IP": forged,
                "Forwarded": f"for={forged}",
            }  # fmt: skip
            reply = client.post("/api/ask", json={"question": QUESTION}, headers=headers)
            statuses.append(reply.status_code)
        assert statuses == [200] * 5 + [429] * 195
        assert reply.headers["content-type"] == "application/problem+json"
        assert int(reply.headers["retry-after"]) > 0
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        lines = process.log_with("/readyz")
        assert sum(line["event"] == "answer" for line in lines) == 200
        routes = {line["route"] for line in lines if line["event"] == "request"}
        assert routes >= {"/api/ask", "/metrics", "/readyz"}
        everything = "".join(process.said)
        assert KEY not in everything
        assert QUESTION not in everything
        assert "203.0.113" not in everything
