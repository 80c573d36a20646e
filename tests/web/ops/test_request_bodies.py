"""Bodies that are too large or too slow, as a served process meets them."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from serving import Process, serving
from starlette.types import Message, Receive, Scope, Send

from assistant.web.observe.bodies import Bodies

CAP = 100_000
PIECE = b"x" * 65_536


@pytest.fixture(scope="module")
def served(index_dir: Path) -> Iterator[tuple[Process, str]]:
    with serving(max_body_bytes=str(CAP), body_timeout="0.5") as process_and_address:
        yield process_and_address


def head(length: int) -> bytes:
    """The beginning of a question whose body has this many bytes."""
    lines = ["POST /api/ask HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_question_of_a_megabyte_is_refused(served: tuple[Process, str]) -> None:
    body = b'{"question": "' + b"a" * 1_000_000 + b'"}'
    reply = httpx.post(f"{served[1]}api/ask", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 413
    assert reply.json()["code"] == "body_too_large"
    assert reply.headers["connection"] == "close"
    assert len(reply.content) < 2_000


@pytest.mark.parametrize("path", ["api/ask", "v1/chat/completions", "gradio_api/queue/join", "login", "mcp"])
def test_fifty_megabytes_without_a_length_are_cut_off_and_not_kept(served: tuple[Process, str], path: str) -> None:
    process, address = served
    httpx.post(f"{address}api/ask", json={"question": ""})
    before = process.memory()
    with httpx.Client(timeout=30) as client:
        request = client.build_request("POST", address + path, content=(PIECE for _ in range(800)))
        request.headers["Content-Type"] = "application/json"
        try:
            status = client.send(request).status_code
        except httpx.TransportError:  # cut off while the rest was on its way
            status = 413
    assert status == 413
    assert process.memory() - before < 5_000_000


def test_a_refusal_is_there_while_the_caller_still_sends(served: tuple[Process, str]) -> None:
    host = urlsplit(served[1])
    with socket.create_connection((host.hostname, host.port), timeout=60) as connection:
        connection.sendall(head(1_000_000))  # nothing of the body; waiting for it would end with a 408
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_not_waited_for(served: tuple[Process, str]) -> None:
    host = urlsplit(served[1])
    with socket.create_connection((host.hostname, host.port), timeout=60) as connection:
        connection.sendall(head(50) + b"{")
        said = b""
        while piece := connection.recv(65_536):
            said += piece
    assert said.startswith(b"HTTP/1.1 408")
    assert b'"code":"body_timeout"' in said


def test_a_body_up_to_the_cap_is_taken(served: tuple[Process, str]) -> None:
    frame = len(b'{"question": ""}')
    for size, status in ((CAP - frame, 422), (CAP - frame + 1, 413)):
        body = b'{"question": "' + b"a" * size + b'"}'
        reply = httpx.post(f"{served[1]}api/ask", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code == status


@pytest.mark.parametrize("length", [b"abc", b"-1", b"1e3", b"", "٣".encode(), b"9" * 5_000])
async def test_a_length_that_is_none_is_refused(length: bytes) -> None:
    said: list[Message] = []

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("It has to be refused before.")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "path": "/api/ask", "headers": [(b"content-length", length)], "state": {}}
    await asyncio.wait_for(Bodies(never, CAP, 5)(scope, receive, send), 10)
    assert said[0]["status"] in (400, 413)
