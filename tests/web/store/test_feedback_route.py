"""``POST /api/feedback`` as a program meets it."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from conversation_files import written
from fastapi import FastAPI

Caller = Callable[[FastAPI, str | None], httpx.AsyncClient]
ANSWER, OTHER = "a1" * 16, "a2" * 16
RATED = {"answer_id": ANSWER, "rating": "up"}


@pytest.fixture
async def app(serve: Callable[..., FastAPI]) -> FastAPI:
    return serve(keep_conversations=False)


@pytest.fixture
async def ann(app: FastAPI, caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app, "ann") as client:
        yield client


def kept(app: FastAPI) -> list[tuple[str, str, str, str | None]]:
    rows = app.state.web.store.every_feedback()
    return sorted((each.owner, each.answer_id, each.rating, each.comment) for each in rows)


async def test_a_rating_is_kept_once_and_may_change(app: FastAPI, ann: httpx.AsyncClient) -> None:
    first = await ann.post("/api/feedback", json=RATED)
    again = await ann.post("/api/feedback", json=RATED)
    changed = await ann.post("/api/feedback", json=RATED | {"rating": "down", "comment": "Not so."})
    assert [first.status_code, again.status_code, changed.status_code] == [201, 200, 200]
    assert first.json() == again.json() == {"id": first.json()["id"], **RATED}
    assert changed.json()["rating"] == "down"
    assert kept(app) == [("key:ann", ANSWER, "down", "Not so.")]


async def test_one_idempotency_key_is_one_rating(app: FastAPI, ann: httpx.AsyncClient) -> None:
    sent = [ann.post("/api/feedback", json=RATED, headers={"Idempotency-Key": "k1"}) for _ in range(10)]
    replies = await asyncio.gather(*sent)
    assert sorted(reply.status_code for reply in replies) == [200] * 9 + [201]
    other = await ann.post("/api/feedback", json=RATED | {"answer_id": OTHER}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert len(kept(app)) == 1


async def test_two_callers_rate_the_same_answer_without_meeting(app: FastAPI, caller: Caller) -> None:
    for name in ("ann", "ben"):
        async with caller(app, name) as client:
            assert (await client.post("/api/feedback", json=RATED)).status_code == 201
    assert [row[0] for row in kept(app)] == ["key:ann", "key:ben"]


async def test_ratings_and_searches_count_as_questions_do(serve: Callable[..., FastAPI], caller: Caller) -> None:
    app = serve(rate_limit="3/hour")
    async with caller(app, "ann") as ann:
        assert (await ann.get("/library")).status_code == 200
        assert (await ann.post("/api/feedback", json=RATED)).status_code == 201
        assert (await ann.get("/api/search", params={"q": "LoRA"})).status_code == 200
        assert (await ann.get("/library", params={"q": "LoRA"})).status_code == 200
        refused = [
            await ann.post("/api/feedback", json=RATED | {"rating": "down"}),
            await ann.get("/api/search", params={"q": "LoRA"}),
            await ann.get("/library", params={"q": "LoRA"}),
        ]
        assert (await ann.get("/library")).status_code == 200
    assert [reply.status_code for reply in refused] == [429] * 3
    assert all(int(reply.headers["retry-after"]) > 0 for reply in refused)
    assert [reply.json()["code"] for reply in refused[:2]] == ["rate_limited"] * 2
    assert "Too many questions" in refused[2].text
    assert refused[2].headers["content-type"].startswith("text/html")
    assert kept(app) == [("key:ann", ANSWER, "up", None)]


async def test_a_stranger_is_refused(app: FastAPI, caller: Caller, folder: Path) -> None:
    async with caller(app, None) as stranger:
        assert (await stranger.post("/api/feedback", json=RATED)).status_code == 401
    assert written(folder) == b""


@pytest.mark.parametrize(
    "body",
    [
        {"answer_id": ANSWER},
        {"rating": "up"},
        RATED | {"rating": "sideways"},
        RATED | {"answer_id": ""},
        RATED | {"answer_id": "a" * 33},
        RATED | {"answer_id": "A1" * 16},
        RATED | {"answer_id": "g" * 32},
        RATED | {"answer_id": ANSWER + "\n"},
        RATED | {"answer_id": f"chatcmpl-{ANSWER}"},
        RATED | {"comment": "c" * 4_001},
        RATED | {"comment": "NUL \x00 NUL"},
        RATED | {"comment": "half a pair: \ud800"},
        RATED | {"comment": 7},
        RATED | {"stars": 5},
        [RATED],
    ],
)
async def test_what_is_no_feedback_is_refused_and_not_kept(ann: httpx.AsyncClient, body: object, folder: Path) -> None:
    sent = json.dumps(body)
    reply = await ann.post("/api/feedback", content=sent, headers={"Content-Type": "application/json"})
    assert 400 <= reply.status_code < 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert "cccc" not in reply.text
    assert written(folder) == b""


async def test_a_locked_database_is_a_503_that_says_so(app: FastAPI, ann: httpx.AsyncClient, folder: Path) -> None:
    assert (await ann.post("/api/feedback", json=RATED)).status_code == 201
    with closing(sqlite3.connect(folder / "store.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(5):
            reply = await ann.post("/api/feedback", json=RATED | {"rating": "down"})
        other.execute("ROLLBACK")
    assert (reply.status_code, reply.json()["code"]) == (503, "store_unavailable")
    assert "busy" in reply.json()["detail"]
    assert kept(app) == [("key:ann", ANSWER, "up", None)]


async def test_nothing_of_a_question_is_written_where_keeping_is_off(ann: httpx.AsyncClient, folder: Path) -> None:
    question = "What does a LoRA training run cost, asks Zebediah?"
    answer = await ann.post("/api/ask", json={"question": question})
    assert answer.status_code == 200
    assert "x-conversation-id" not in answer.headers
    assert written(folder) == b""
    rated = await ann.post("/api/feedback", json={"answer_id": answer.json()["id"], "rating": "up"})
    assert rated.status_code == 201
    assert answer.json()["id"].encode() in written(folder)
    assert b"Zebediah" not in written(folder)
    assert b"LoRA" not in written(folder)
