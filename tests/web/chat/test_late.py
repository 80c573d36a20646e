"""The chat while Gradio is still being imported, or can't be."""

import asyncio
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from assistant.web.chat import LateChat
from assistant.web.observe.problems import Problem

PROGRAM = "from assistant.settings import load_settings; from assistant.web.server import serve; serve(load_settings())"
ADDRESS = re.compile(r"The chat is at (\S+)")
SCOPE = {"type": "http", "method": "GET", "path": "/"}


@pytest.mark.slow
def test_programs_are_answered_before_gradio_is_there_and_the_page_follows(index_dir: Path) -> None:
    environment = os.environ | {"ASSISTANT_PORT": "0"}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stderr is not None
            address = next(found[1] for line in server.stderr if (found := ADDRESS.search(line)))
            threading.Thread(target=server.stderr.read, daemon=True).start()
            with httpx.Client(base_url=address, timeout=60) as client:
                assert client.get("healthz").status_code == 200
                assert client.get("widget.js").status_code == 200
                # Gradio alone brings pandas
                assert "pandas" not in Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")
                assert client.post("api/ask", json={"question": "When is fine-tuning worth it?"}).json()["citations"]
                assert "<gradio-app" in client.get("/").text
        finally:
            server.terminate()


async def ask_for(chat: LateChat) -> None:
    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(_: Message) -> None:
        raise AssertionError("nothing is sent")

    await chat(SCOPE, receive, send)


async def test_a_request_for_the_chat_ends_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr("assistant.web.chat.import_module", lambda _: go_on.wait(60))
    chat = LateChat(None, icon=Path("icon.svg"))
    async with chat.running():
        asked = asyncio.create_task(ask_for(chat))
        await asyncio.sleep(0.05)
        assert not asked.done()
    with pytest.raises(Problem, match="server is ending"):
        await asked
    go_on.set()


async def test_what_keeps_gradio_from_being_imported_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.web.chat.import_module", lambda _: int("no module"))
    chat = LateChat(None, icon=Path("icon.svg"))
    async with chat.running():
        with pytest.raises(ValueError, match="no module"):
            await ask_for(chat)
