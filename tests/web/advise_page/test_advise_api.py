"""``POST /api/advise`` and the tool ``advise``: the same verdict as on the command line."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import Client
from thread_server import served_here, under

from assistant import Assistant
from assistant.advice.reading import Reading, read
from assistant.web import service
from assistant.web.app import create_app
from assistant.web.catalog import changed
from assistant.web.pages import case_form

TICKETS = "We have 200 labelled tickets and the categories change monthly. Should we fine-tune?"


@pytest.fixture(scope="module")
def limited(assistant: Assistant) -> Iterator[httpx.Client]:
    few = under(assistant, changed(assistant.settings, rate_limit="2/minute"))
    with (
        served_here(lambda: create_app(few)) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as made,
    ):
        yield made


def test_the_reply_is_the_command_lines_json_field_for_field(client: httpx.Client, run) -> None:
    reply = client.post("/api/advise", json={"text": TICKETS})
    assert reply.status_code == 200
    assert reply.json() == json.loads(run("advise", TICKETS, "--json").stdout)
    assert reply.json()["understood"] == {"labelled_examples": 200, "changes": "monthly"}
    assert reply.headers["cache-control"] == "no-store"


def test_fields_correct_the_text_and_null_takes_back(client: httpx.Client) -> None:
    body = {"text": TICKETS, "situation": {"labelled_examples": 4000, "changes": None}}
    assert client.post("/api/advise", json=body).json()["understood"] == {"labelled_examples": 4000}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "There is no case to judge"),
        ({"text": "  "}, "There is no case to judge"),
        ({"situation": {"pass_rate": 1.4}}, "situation.pass_rate"),
        ({"situation": {"training_cost": -1}}, "situation.training_cost"),
        ({"situation": {"canary": 1}}, "a field this address does not know"),
        ({"situation": {}, "corpus": "canary"}, "No corpus has this name"),
        ({"text": "x" * 5_000}, "4000 characters"),
    ],
)
def test_what_cannot_be_judged_is_a_problem_that_repeats_nothing(
    client: httpx.Client, body: dict[str, object], said: str
) -> None:
    reply = client.post("/api/advise", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert said in reply.json()["detail"]
    assert "canary" not in reply.text


def test_the_description_has_an_example_that_holds(client: httpx.Client) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/api/advise"]["post"]
    content = operation["responses"]["200"]["content"]["application/json"]
    assert content["example"]["reasons"]
    assert "429" in operation["responses"]


def test_it_counts_as_a_question_does_on_the_page_too(limited: httpx.Client) -> None:
    assert limited.post("/api/advise", json={"text": TICKETS}).status_code == 200
    assert limited.get("/advise", params={"changes": "monthly"}).status_code == 200
    refused = limited.get("/advise", params={"changes": "monthly"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Too many questions" in refused.text
    assert limited.post("/api/advise", json={"text": TICKETS}).json()["code"] == "rate_limited"
    assert limited.get("/advise").status_code == 200


async def test_a_case_is_read_in_a_thread_once_it_is_counted(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[bool] = []

    def watched(text: str) -> Reading:
        if text:
            reads.append(asyncio._get_running_loop() is None)
        return read(text)

    for module in (service, case_form):
        monkeypatch.setattr(module, "read", watched)
    few = under(assistant, changed(assistant.settings, rate_limit="3/minute"))
    case = {"text": TICKETS}
    with served_here(lambda: create_app(few)) as address:
        async with (
            httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client,
            Client(f"{address}mcp") as tools,
        ):
            sent = await client.get("/advise", params=case | {"was": ""})
            assert "labelled_examples=200" in sent.headers["location"]
            assert (await client.get("/advise", params=case)).status_code == 200
            assert (await client.post("/api/advise", json=case)).status_code == 200
            assert not (await tools.call_tool("advise", case)).is_error
            assert reads == [True] * 4
            refused = await client.get("/advise", params=case)
            assert (await tools.call_tool("advise", case)).is_error
            assert (await client.post("/api/advise", json=case)).status_code == 429
            assert (await client.post("/api/advise", json={"text": " "})).status_code == 422
            assert (await client.get("/advise", params={"text": "x" * 3_000})).status_code == 422
    assert reads == [True] * 4
    assert refused.status_code == 429
    assert f">{TICKETS}</textarea>" in refused.text
    assert 'name="was" value=""' in refused.text
    assert "could be read from this" not in refused.text


async def test_a_search_by_tool_counts_as_a_question_does(assistant: Assistant) -> None:
    few = under(assistant, changed(assistant.settings, rate_limit="1/minute"))
    with served_here(lambda: create_app(few)) as address:
        async with Client(f"{address}mcp") as tools:
            first = await tools.call_tool("search", {"query": "LoRA"})
            second = await tools.call_tool("search", {"query": "LoRA"})
    assert not first.is_error
    assert second.is_error
    assert "Too many questions" in str(second.content)


@pytest.fixture(scope="module")
def expected(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/api/advise", json={"text": TICKETS}).json()
    return found


async def test_the_tool_says_the_same_in_words_and_as_data(here: str, expected: dict[str, Any]) -> None:
    async with Client(f"{here}mcp") as tools:
        listed = {tool.name: tool for tool in (await tools.list_tools()).tools}["advise"]
        given = {"text": TICKETS, "situation": "{}"}
        result = await tools.call_tool("advise", given)
        refused = await tools.call_tool("advise", {"situation": {"pass_rate": 7}})
    assert "Situation" in listed.input_schema["$defs"]
    assert result.structured_content == expected
    (content,) = result.content
    assert content.text.startswith(expected["headline"])  # type: ignore[union-attr]
    cited = expected["citations"][0]
    assert f"“{cited['quote']}” {here}read/{cited['source_id']}?start={cited['start']}" in content.text  # type: ignore[union-attr]
    assert refused.is_error


def test_the_largest_figures_are_worked_out(client: httpx.Client) -> None:
    names = ("queries_per_month", "tokens_per_query", "prompt_price", "training_cost")
    reply = client.post("/api/advise", json={"situation": dict.fromkeys(names, 1e12) | {"tuned_price": 0}})
    assert reply.status_code == 200
    assert reply.json()["break_even"]["curves"][0]["per_month"] == 1e30
