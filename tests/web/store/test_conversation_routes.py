"""``/api/conversations`` as its owner meets it, and others."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from conversation_files import written
from fastapi import FastAPI

from assistant.types import Answer

Caller = Callable[[FastAPI, str | None], httpx.AsyncClient]
Serve = Callable[..., FastAPI]
QUESTION = "What does a LoRA training run cost, asks Zebediah?"


@pytest.fixture
async def app(serve: Serve) -> FastAPI:
    return serve(public_url="https://essays.example.com/help")


@pytest.fixture
async def ann(app: FastAPI, caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app, "ann") as client:
        yield client


async def asked(client: httpx.AsyncClient, question: str = QUESTION, **more: str) -> tuple[str, Answer]:
    """Asks; the conversation's id and the answer."""
    reply = await client.post("/api/ask", json={"question": question, **more})
    assert reply.status_code == 200, reply.text
    return reply.headers["x-conversation-id"], Answer.model_validate(reply.json())


async def test_a_conversation_goes_on_and_is_listed_read_and_deleted(ann: httpx.AsyncClient) -> None:
    known, first = await asked(ann)
    again, second = await asked(ann, "And how long does it take?", conversation_id=known)
    assert again == known
    assert second.standalone_question != second.question
    (listed,) = (await ann.get("/api/conversations")).json()["conversations"]
    assert (listed["id"], listed["title"], listed["exchanges"]) == (known, QUESTION, 2)
    read = (await ann.get(f"/api/conversations/{known}")).json()
    assert [Answer.model_validate(each["answer"]) for each in read["exchanges"]] == [first, second]
    assert (await ann.delete(f"/api/conversations/{known}")).status_code == 204
    assert (await ann.get(f"/api/conversations/{known}")).status_code == 404
    assert (await ann.get("/api/conversations")).json() == {"conversations": []}


async def test_a_deleted_question_stands_nowhere_on_disk(ann: httpx.AsyncClient, folder: Path) -> None:
    known, _ = await asked(ann)
    assert b"Zebediah" in written(folder)
    await ann.delete(f"/api/conversations/{known}")
    assert b"Zebediah" not in written(folder)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("GET", "/export")])
async def test_somebody_elses_looks_the_same_as_none(app: FastAPI, caller: Caller, method: str, path: str) -> None:
    async with caller(app, "ann") as ann, caller(app, "ben") as ben:
        known, _ = await asked(ann)
        theirs = await ben.request(method, f"/api/conversations/{known}{path}")
        none = await ben.request(method, f"/api/conversations/{'0' * 32}{path}")
        for reply in (theirs, none):
            assert (reply.status_code, reply.json()["code"]) == (404, "unknown_conversation")
        assert theirs.json()["detail"] == none.json()["detail"]
        assert (await ben.get("/api/conversations")).json() == {"conversations": []}
        continued = await ben.post("/api/ask", json={"question": QUESTION, "conversation_id": known})
        assert continued.status_code == 404
        assert (await ann.get(f"/api/conversations/{known}")).status_code == 200


async def test_the_markdown_holds_the_talk_with_its_sources_and_permalinks(ann: httpx.AsyncClient) -> None:
    known, answer = await asked(ann, "What does a LoRA training run cost?")
    reply = await ann.get(f"/api/conversations/{known}/export")
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    assert f"conversation-{known}.md" in reply.headers["content-disposition"]
    assert "## What does a LoRA training run cost?\n" in reply.text
    links = re.findall(r"<(\S+)>", reply.text)
    assert len(links) == len(answer.citations) > 0
    for cited, link in zip(answer.citations, links, strict=True):
        assert link.startswith(f"https://essays.example.com/help/read/{cited.source_id}?")
        assert f"start={cited.start}&end={cited.end}&sha256=" in link
        opened = await ann.get(link.removeprefix("https://essays.example.com/help"))
        assert opened.status_code == 200


async def test_the_json_export_is_the_conversation(ann: httpx.AsyncClient) -> None:
    known, answer = await asked(ann)
    reply = await ann.get(f"/api/conversations/{known}/export", params={"format": "json"})
    assert reply.json() == (await ann.get(f"/api/conversations/{known}")).json()
    assert Answer.model_validate(reply.json()["exchanges"][0]["answer"]) == answer
    assert (await ann.get(f"/api/conversations/{known}/export", params={"format": "exe"})).status_code == 422


async def test_where_keeping_is_off_every_route_says_so(serve: Serve, caller: Caller, folder: Path) -> None:
    async with caller(serve(keep_conversations=False), "ann") as ann:
        for method, path in (("GET", ""), ("GET", "/x"), ("DELETE", "/x"), ("GET", "/x/export")):
            reply = await ann.request(method, f"/api/conversations{path}")
            assert (reply.status_code, reply.json()["code"]) == (404, "conversations_off")
            assert "ASSISTANT_KEEP_CONVERSATIONS" in reply.json()["detail"]
    assert written(folder) == b""


async def test_an_open_server_lists_nobodys_but_gives_one_by_its_id(serve: Serve, caller: Caller) -> None:
    async with caller(serve(api_keys=None), None) as anyone:
        known, _ = await asked(anyone)
        listed = await anyone.get("/api/conversations")
        assert (listed.status_code, listed.json()["code"]) == (403, "list_needs_identity")
        assert known not in listed.text
        assert (await anyone.get(f"/api/conversations/{known}")).status_code == 200
