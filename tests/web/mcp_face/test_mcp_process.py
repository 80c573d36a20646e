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


def started(*options: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*CLI, "mcp", *options], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.slow
def test_it_says_hello_at_once_and_stdout_carries_only_the_protocol_until_stdin_ends(index_dir: object) -> None:
    """Opening the documents brings the embedding model, which the process has not loaded when it says hello."""
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in (HELLO, READY, LIST):
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        replies = [json.loads(process.stdout.readline()) for _ in range(2)]
        loaded = "libtorch_python" in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
        process.stdin.write(json.dumps(ASK) + "\n")
        process.stdin.flush()
        replies.append(json.loads(process.stdout.readline()))
        rest, said = process.communicate(timeout=120)
    assert not loaded
    assert [reply["id"] for reply in replies] == [1, 3, 2]
    assert replies[2]["result"]["structuredContent"]["citations"]
    assert (process.returncode, rest, said) == (0, "", "")


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
