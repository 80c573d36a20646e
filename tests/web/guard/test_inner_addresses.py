"""No reply names an address or a folder of the server's own; its log does."""

import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from guarding import RealApp

from assistant import Assistant
from assistant.errors import AssistantError, ConfigurationError, IndexUnavailable
from assistant.web.asking import Asking
from assistant.web.chat.conversation import Conversation, converse
from assistant.web.mcp.protocol import called
from assistant.web.mcp.tools import Caller
from assistant.web.service import Desk

PLACE = "http://chroma.internal:8000"
FOLDER = "/srv/essays/prompts"
FAULTS = [
    IndexUnavailable(f"The vectors at {PLACE} can't be reached.", f"Start the Chroma server at {PLACE}."),
    ConfigurationError(f"{FOLDER}/answer.md is missing.", f"Put it into {FOLDER}."),
]
ASKED = {"question": "When is fine-tuning worth it?"}
SAID = {"messages": [{"role": "user", "content": "Why?"}]}
REQUESTS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "asked": ("POST", "/api/ask", ASKED),
    "asked as a stream": ("POST", "/api/ask", {**ASKED, "stream": True}),
    "searched": ("GET", "/api/search?q=cost", None),
    "the library": ("GET", "/library?q=cost", None),
    "completed": ("POST", "/v1/chat/completions", SAID),
    "completed as a stream": ("POST", "/v1/chat/completions", {**SAID, "stream": True}),
}


@pytest.fixture(params=FAULTS, ids=["the index", "a setting"])
def fault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AssistantError:
    def fails(*_: object, **__: object) -> None:
        raise request.param

    monkeypatch.setattr(Assistant, "search", fails)
    monkeypatch.setattr(Assistant, "stream", fails)
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS.values(), ids=REQUESTS.keys())
async def test_a_reply_says_where_to_look_and_the_log_what_is_wrong(
    real_app: RealApp,
    fault: AssistantError,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    transport = httpx.ASGITransport(real_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
        with caplog.at_level(logging.ERROR):
            reply = await client.request(method, path, json=body)
    assert "in its log" in reply.text
    assert PLACE not in reply.text
    assert FOLDER not in reply.text
    assert fault.message in caplog.text


async def test_a_tool_names_none(real_app: RealApp, fault: AssistantError) -> None:
    web = real_app().state.web

    async def desk() -> Desk:
        return web.desk  # type: ignore[no-any-return]

    async def caller(_: Desk) -> Caller:
        return Caller()

    for name, given in (("search", {"query": "cost"}), ("ask", ASKED)):
        result = str((await called(desk, name, given, caller)).content)
        assert "in its log" in result
        assert "/srv" not in result
        assert "internal" not in result


async def test_the_chat_names_none(real_app: RealApp, fault: AssistantError) -> None:
    app: FastAPI = real_app()
    async for now in converse(app.state.web.desk, Asking("Why?"), Conversation()):
        shown = now.shown[-1]["content"]
    assert "in its log" in shown
    assert "/srv" not in shown
    assert "internal" not in shown
