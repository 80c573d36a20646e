"""The tools, asked by the official client over stdio and over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mcp.shared.exceptions import MCPError
from mcp_clients import QUESTIONS, EachCall, on_stdio, over_http, text
from thread_server import served_here, under

from assistant import Answer, Assistant
from assistant.settings import load_settings
from assistant.types import Turn
from assistant.web.app import create_app
from assistant.web.mcp.protocol import called
from assistant.web.mcp.tools import Caller
from assistant.web.service import Desk

CANARY = "canary-5512"


@pytest.fixture(scope="module")
def here(assistant: Assistant) -> Iterator[str]:
    with served_here(lambda: create_app(assistant)) as address:
        yield address


@pytest.fixture
def client(here: str) -> EachCall:
    return EachCall(here)


@pytest.mark.slow
async def test_on_stdio_the_citations_are_the_same_and_lead_to_the_public_url(assistant: Assistant) -> None:
    async with on_stdio(public_url="https://essays.example.com/a") as client:
        results = [await client.call_tool("ask", {"question": question}) for question in QUESTIONS]
    for wanted, result in zip(map(assistant.ask, QUESTIONS), results, strict=True):
        told = Answer.model_validate(result.structured_content)
        assert wanted.citations
        assert (told.answer, told.citations, told.claims) == (wanted.answer, wanted.citations, wanted.claims)
        assert "https://essays.example.com/a/read/" in text(result)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_over_http_they_are_the_same(here: str, client: EachCall, assistant: Assistant, question: str) -> None:
    expected = assistant.ask(question)
    result = await client.call_tool("ask", {"question": question})
    assert Answer.model_validate(result.structured_content).citations == expected.citations
    read = text(result)
    assert read.startswith(expected.answer)
    for cited in expected.citations:
        assert f"“{cited.quote}”" in read
        assert f"{here}read/{cited.source_id}?start={cited.start}&end={cited.end}" in read
    links = [line for line in read.splitlines() if line.startswith(here)]
    assert len(links) == len(expected.citations)
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(links[0])).status_code == 200


async def test_the_tools_say_what_they_take_and_that_they_only_read(client: EachCall) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "read_source", "advise"}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
    assert tools["ask"].input_schema["required"] == ["question"]
    assert tools["ask"].output_schema is not None
    assert "citations" in tools["ask"].output_schema["properties"]


async def test_a_history_makes_a_follow_up_whole_also_as_a_string(client: EachCall) -> None:
    history = [{"role": "user", "content": "What does LoRA cost?"}, {"role": "assistant", "content": "Little."}]
    for given in (history, json.dumps(history)):
        result = await client.call_tool("ask", {"question": "And when is it worth it?", "history": given})
        assert result.structured_content is not None
        assert "lora" in result.structured_content["standalone_question"].lower()


async def test_an_abstention_names_the_nearest_passages(client: EachCall) -> None:
    result = await client.call_tool("ask", {"question": "How do transformers compare with fine-tuned horses?"})
    assert result.structured_content is not None
    assert not result.is_error
    if result.structured_content["abstained"] and result.structured_content["passages"]:
        assert "Nearest passages:" in text(result)


async def test_a_search_finds_what_the_command_line_does(client: EachCall, assistant: Assistant) -> None:
    result = await client.call_tool("search", {"query": "LoRA", "k": 3})
    expected = [passage.model_dump(mode="json") for passage in assistant.search("LoRA", 3)]
    assert result.structured_content == {"query": "LoRA", "passages": expected}
    assert text(result).startswith("1. ")


async def test_a_source_is_read_slice_by_slice(client: EachCall, assistant: Assistant) -> None:
    essay = assistant.essays["pan-framework"]
    start, read = 0, ""
    while start is not None:
        end = start + 1_000
        found = (
            await client.call_tool("read_source", {"source_id": essay.id, "start": start, "end": end})
        ).structured_content
        assert found is not None
        read += found["text"]
        start = found["next"]
    assert read == essay.text
    assert (found["sha256"], found["length"], found["title"]) == (essay.sha256, len(essay.text), essay.title)


async def test_a_slice_is_bounded_whatever_is_asked(client: EachCall, assistant: Assistant) -> None:
    found = (
        await client.call_tool("read_source", {"source_id": "pan-framework", "start": 5, "end": 3})
    ).structured_content
    assert found is not None
    assert (found["start"], found["end"], found["text"], found["next"]) == (5, 5, "", 5)
    found = (await client.call_tool("read_source", {"source_id": "pan-framework", "start": 10**9})).structured_content
    assert found is not None
    assert (found["text"], found["next"]) == ("", None)


async def test_the_essays_are_resources(client: EachCall, assistant: Assistant) -> None:
    listed = {resource.uri: resource for resource in (await client.list_resources()).resources}
    assert set(listed) == {f"essay://{essay_id}" for essay_id in assistant.essays}
    (contents,) = (await client.read_resource("essay://pan-framework")).contents
    assert contents.text == assistant.essays["pan-framework"].text  # type: ignore[union-attr]
    with pytest.raises(MCPError, match="No source has this id"):
        await client.read_resource("essay://nothing")


@pytest.mark.parametrize(
    ("tool", "given", "sentence"),
    [
        ("ask", {"question": " "}, "The question is empty. Ask something"),
        ("ask", {"question": "x" * 5000}, "longer than 4,000 characters. Shorten it."),
        ("ask", {}, "question: Field required"),
        ("ask", {"question": "Why?", CANARY: 1}, "An unknown argument"),
        ("ask", {"question": "Why?", "history": [{"role": "system", "content": CANARY}]}, "history: "),
        ("ask", {"question": "Why?", "model": CANARY}, "There are: extractive"),
        ("ask", {"question": "Why?", "corpus": CANARY}, "There are: default"),
        ("search", {"query": "LoRA", "k": 51}, "k: Input should be less than or equal to 50"),
        ("read_source", {"source_id": "../" + CANARY}, "No source has this id. There are: "),
        (CANARY, {}, "There are: ask, search, read_source, advise"),
    ],
)
async def test_what_cant_be_done_is_a_tool_error_that_says_what_to_do(
    client: EachCall, tool: str, given: dict[str, object], sentence: str
) -> None:
    result = await client.call_tool(tool, given)
    assert result.is_error
    assert sentence in text(result)
    assert CANARY not in text(result)


@pytest.mark.slow
async def test_on_stdio_a_server_that_cant_open_says_why_in_each_reply(index_dir: object) -> None:
    async with on_stdio(model="nobody:nothing") as client:
        assert len((await client.list_tools()).tools) == 4
        result = await client.call_tool("ask", {"question": QUESTIONS[0]})
        assert result.is_error
        assert "nobody" in text(result)
        with pytest.raises(MCPError, match="nobody"):
            await client.list_resources()


def test_over_http_no_stream_is_held_open_for_nothing(here: str) -> None:
    reply = httpx.get(f"{here}mcp", headers={"Accept": "text/event-stream"})
    assert reply.status_code == 405
    assert "POST" in reply.headers["allow"]


def test_the_guard_holds_over_http(here: str) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    assert httpx.post(f"{here}mcp", json=asked, headers=headers).status_code == 200
    foreign = httpx.post(f"{here}mcp", json=asked, headers={**headers, "Origin": "https://evil.example"})
    rebound = httpx.post(f"{here}mcp", json=asked, headers={**headers, "Host": "evil.example"})
    assert (foreign.status_code, rebound.status_code) == (403, 421)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a": NaN}', b"\xff"])
def test_what_is_no_message_is_refused(here: str, body: bytes) -> None:
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    assert 400 <= httpx.post(f"{here}mcp", content=body, headers=headers).status_code < 500


async def test_a_fault_in_the_answering_is_told_as_ours_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def opened() -> Desk:
        Turn.model_validate({"role": CANARY})
        raise AssertionError

    async def nobody(_: Desk) -> Caller:
        return Caller()

    result = await called(opened, "search", {"query": "LoRA"}, nobody)
    assert result.is_error
    assert "failed on this call" in text(result)
    assert "input schema" not in text(result)
    assert [record.getMessage() for record in caplog.records] == ["A tool failed: search"]


async def test_each_source_is_named_with_who_wrote_it(client: EachCall, assistant: Assistant) -> None:
    case = {"text": "We have 200 labelled tickets and the categories change monthly. Should we fine-tune?"}
    for tool, given in (("search", {"query": "break even", "k": 10}), ("advise", case)):
        read = text(await client.call_tool(tool, given))
        named = [essay for essay in assistant.essays.values() if f"“{essay.title}”" in read]
        assert named
        for essay in named:
            known = tool == "search" or essay.author  # a citation knows of no publisher
            assert f"notes on “{essay.title}”{f', {essay.byline}' if known else ''}, " in read


@pytest.mark.slow
async def test_the_instructions_speak_of_what_is_served(here: str, tmp_path: Path) -> None:
    (tmp_path / "garden").mkdir()
    (tmp_path / "garden" / "garden.md").write_text("# Garden\n\nTomatoes need six hours of sun each day.\n")
    async with over_http(here) as client:
        assert "essays on fine-tuning" in str(client.instructions)
    garden = str(tmp_path / "garden")
    with Assistant(corpus=garden, index=tmp_path / "index") as own, served_here(lambda: create_app(own)) as address:
        async with over_http(address) as client:
            assert "essays" not in str(client.instructions)
    async with on_stdio(corpus=garden, index=str(tmp_path / "index")) as client:
        assert "essays" not in str(client.instructions)


def test_keys_are_asked_for_over_http(assistant: Assistant) -> None:
    keyed = under(assistant, load_settings(api_keys="me:0123456789abcdef0123"))
    with served_here(lambda: create_app(keyed)) as address:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"Accept": "application/json, text/event-stream"}
        assert httpx.post(f"{address}mcp", json=asked, headers=headers).status_code == 401
        known = {**headers, "Authorization": "Bearer 0123456789abcdef0123"}
        assert httpx.post(f"{address}mcp", json=asked, headers=known).status_code == 200
        limited = httpx.get(f"{address}v1/models")
        assert limited.status_code == 401
        assert limited.json()["error"]["type"] == "authentication_error"
