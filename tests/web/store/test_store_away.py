"""Callers are told that the database can't be used; where it is, the log alone is told."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

Caller = Callable[[FastAPI, str | None], httpx.AsyncClient]
FEEDBACK = {"answer_id": "0" * 32, "rating": "up"}


@pytest.fixture
def damaged(folder: Path) -> None:
    """What should be a database is none."""
    folder.mkdir()
    (folder / "store.sqlite3").write_bytes(b"no database" * 500)


@pytest.fixture
async def ann(damaged: None, serve: Callable[..., FastAPI], caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(serve(), "ann") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/conversations", None),
        ("GET", f"/api/conversations/{'0' * 32}", None),
        ("POST", "/api/feedback", FEEDBACK),
        ("POST", "/api/ask", {"question": "And RAG?", "conversation_id": "0" * 32}),
    ],
)
async def test_a_refusal_names_no_place(
    ann: httpx.AsyncClient, folder: Path, caplog: pytest.LogCaptureFixture, method: str, path: str, body: object
) -> None:
    reply = await ann.request(method, path, json=body)
    assert (reply.status_code, reply.json()["code"]) == (503, "store_unavailable")
    assert "damaged" in reply.json()["detail"]
    assert str(folder) not in reply.text
    assert caplog.text.count(f"damaged, or is no SQLite file ({folder}") == 1


async def test_an_answer_that_cant_be_kept_says_so_and_names_no_place(
    ann: httpx.AsyncClient, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await ann.post("/api/ask", json={"question": "When is fine-tuning worth it?"})
    assert reply.status_code == 200
    assert "could not be kept" in reply.json()["notices"][-1]
    assert str(folder) not in reply.text
    assert str(folder) in caplog.text
