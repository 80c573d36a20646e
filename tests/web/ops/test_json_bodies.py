"""JSON as it comes from outside, and the replies to what is none."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from assistant.settings import load_settings
from assistant.web.app import layers
from assistant.web.guard import Guard
from assistant.web.observe.answers import Ops
from assistant.web.observe.bodies import JsonRoute, parse_json_body
from assistant.web.observe.problems import Problem, install_problems

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)
BAD = {
    "NaN": b'{"question": NaN}',
    "Infinity": b'{"question": -Infinity}',
    "a number past all bounds": b'{"question": 1e999}',
    "5,000 digits": b'{"question": ' + b"9" * 5_000 + b"}",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "half a character in a value": b'{"question": "\\ud800"}',
    "half a character in a name": b'{"question": "a", "\\udfff": 1}',
    "half a character as bytes": b'{"question": "\xed\xa0\x80"}',
    "no UTF-8": b'{"question": "\xff\xfe"}',
    "NUL": b'{"question": "a\\u0000b"}',
    "raw NUL": b'{"question": "a\x00b"}',
    "cut off": b'{"question": "a',
    "nothing but a mark": b"\xef\xbb\xbf",
}
BINARY = bytes(range(256)) * 8


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: str
    k: int = 1


def application() -> FastAPI:
    settings = load_settings()
    app = FastAPI(middleware=layers(settings, Guard.of(settings), Ops.of(settings)))
    routes = APIRouter(route_class=JsonRoute)

    @routes.post("/api/ask")
    def ask(body: Ask) -> str:
        return body.question

    @routes.post("/v1/chat/completions")
    def complete(body: Ask) -> str:
        return body.question

    @routes.post("/form")
    async def form(request: Request) -> int:
        return len(await request.body())

    app.include_router(routes)
    install_problems(app)
    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


async def sent(client: httpx.AsyncClient, body: bytes, kind: str = "application/json") -> httpx.Response:
    return await client.post("/api/ask", content=body, headers={"Content-Type": kind})


@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_meant(value: object) -> None:
    assert parse_json_body(json.dumps(value).encode()) == value
    assert parse_json_body(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Problem):  # and nothing else
        json.dumps(parse_json_body(body), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
async def test_what_is_no_json_is_a_clean_error(client: httpx.AsyncClient, body: bytes) -> None:
    reply = await sent(client, body)
    assert 400 <= reply.status_code < 500
    assert reply.headers["content-type"] == "application/problem+json"
    told = reply.json()
    assert set(told) == {"type", "title", "status", "detail", "code", "request_id"}
    assert told["status"] == reply.status_code
    assert len(reply.content) < 500


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", "multipart/form-data"])
async def test_binary_is_refused_under_whatever_name(client: httpx.AsyncClient, kind: str) -> None:
    reply = await sent(client, BINARY, kind)
    assert reply.status_code in (400, 415)
    assert reply.headers["content-type"] == "application/problem+json"


async def test_nul_is_told_apart_from_what_is_no_json(client: httpx.AsyncClient) -> None:
    assert (await sent(client, BAD["NUL"])).status_code == 422


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/vnd.x+json"])
async def test_json_is_taken_under_its_names(client: httpx.AsyncClient, kind: str) -> None:
    assert (await sent(client, '{"question": "Größe 😀?"}'.encode(), kind)).json() == "Größe 😀?"


async def test_other_addresses_take_other_bodies_as_they_are(client: httpx.AsyncClient) -> None:
    reply = await client.post("/form", content=BINARY, headers={"Content-Type": "text/plain"})
    assert reply.json() == len(BINARY)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"question": 5}, "question: Input should be a valid string."),
        ({}, "question: Field required."),
        ({"question": "a", "sk-canary-key": "sk-canary-value"}, "There is a field this address does not know"),
        ({"question": "a", "k": "sk-canary-value"}, "k: Input should be a valid integer"),
        (["sk-canary-value"], "body: Input should be a valid"),
    ],
)
async def test_a_wrong_field_is_named_and_what_was_sent_is_not(
    client: httpx.AsyncClient, body: object, told: str
) -> None:
    reply = await client.post("/api/ask", json=body)
    assert reply.status_code == 422
    assert told in reply.json()["detail"]
    assert "canary" not in reply.text


async def test_openai_s_addresses_tell_errors_in_openai_s_form(client: httpx.AsyncClient) -> None:
    for body in (b"{", b"{}"):
        reply = await client.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code in (400, 422)
        assert set(reply.json()) == {"error", "request_id"}
        assert set(reply.json()["error"]) == {"message", "type", "code", "param"}
