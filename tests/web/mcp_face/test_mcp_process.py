"""``assistant mcp`` as a process."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest
from serving import Process, by_command

from assistant.index.folder import build_lock

CLI = [sys.executable, "-c", "from assistant.cli import main; main()"]
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
ASK = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "ask", "arguments": {"question": "When is fine-tuning worth it?"}},
}

LIST = {"jsonrpc": "2.0", "id": 3, "method": "tools/list"}
ACCEPTED = "application/json, text/event-stream"


def started(**settings: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*CLI, "mcp"], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=os.environ | settings)


@pytest.mark.slow
def test_it_says_hello_before_the_documents_are_open_and_stdout_carries_only_the_protocol_until_stdin_ends(
    tmp_path: Path,
) -> None:
    """The index can't be built while this process holds the builders' lock; what needs it is answered afterwards."""
    for folder in ("index", "corpus"):
        (tmp_path / folder).mkdir()
    (tmp_path / "corpus" / "lora.md").write_text("# LoRA\n\nFine-tuning is worth it once prompting no longer helps.\n")
    settings = {"ASSISTANT_CORPUS": str(tmp_path / "corpus"), "ASSISTANT_INDEX": str(tmp_path / "index")}
    with started(**settings) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with build_lock(tmp_path / "index", wait=0):
            for message in (HELLO, READY, ASK, LIST):
                process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            replies = [json.loads(process.stdout.readline()) for _ in range(2)]
        replies.append(json.loads(process.stdout.readline()))
        rest, said = process.communicate(timeout=120)
    assert [reply["id"] for reply in replies] == [1, 3, 2]
    assert replies[2]["result"]["structuredContent"]["citations"]
    assert (process.returncode, rest, said) == (0, "", "")


@pytest.mark.slow
def test_requests_from_a_file_are_all_answered_before_it_ends(index_dir: object, tmp_path: Path) -> None:
    given = tmp_path / "requests.jsonl"
    search = {"name": "search", "arguments": {"query": "prefix caching"}}
    gone = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}
    messages = [
        HELLO, READY, ASK, LIST, {**ASK, "id": "four", "params": search}, {**ASK, "id": 5}, gone,
        {"jsonrpc": "2.0", "id": 6, "method": "nothing/known"},
    ]  # fmt: skip
    given.write_text("".join(f"{json.dumps(message)}\n" for message in [*messages, "no message"]))
    with given.open() as stdin:
        done = subprocess.run([*CLI, "mcp"], stdin=stdin, capture_output=True, text=True, timeout=120)
    replies = {reply.get("id"): reply for reply in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0
    assert {1, 2, 3, "four", 6} <= set(replies)
    assert replies[2]["result"]["structuredContent"]["citations"]
    assert replies["four"]["result"]["structuredContent"]["passages"]


def test_ctrl_c_ends_it_at_once(index_dir: object) -> None:
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HELLO) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_http_tells_the_address_and_serves(index_dir: object) -> None:
    with Process(dict(os.environ), partial(by_command, "mcp", "--http", "--port", "0")) as process:
        address = process.address("MCP clients connect to")
        assert address == f"{process.address()}mcp"
        assert httpx.post(address, json=HELLO, headers={"Accept": ACCEPTED}, timeout=60).status_code == 200


def test_the_help_holds_the_snippet_a_client_needs() -> None:
    done = subprocess.run(
        [*CLI, "mcp", "--help"], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100"}
    )
    snippet = done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1]
    assert json.loads(snippet) == {"mcpServers": {"essays": {"command": "assistant", "args": ["mcp"]}}}


@pytest.mark.parametrize("options", [["--port", "x"], ["--model", "nobody:nothing", "--nonsense"]])
def test_wrong_usage_is_told_on_stderr(options: list[str]) -> None:
    done = subprocess.run([*CLI, "mcp", *options], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (2, "")
