"""``assistant mcp`` as a process."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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


def started(*options: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*CLI, "mcp", *options], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.slow
def test_stdout_carries_only_the_protocol_and_the_end_of_stdin_ends_it(index_dir: object) -> None:
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in (HELLO, READY, ASK):
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        replies = [json.loads(process.stdout.readline()) for _ in range(2)]
        rest, said = process.communicate(timeout=60)
    assert [reply["id"] for reply in replies] == [1, 2]
    assert replies[1]["result"]["structuredContent"]["citations"]
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


@pytest.mark.slow
def test_it_says_hello_while_the_documents_are_still_being_opened(index_dir: object) -> None:
    """Opening them brings the embedding model, which the process has not loaded when it says hello."""
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HELLO) + "\n" + json.dumps(READY) + "\n" + json.dumps(LIST) + "\n")
        process.stdin.flush()
        replies = [json.loads(process.stdout.readline())["id"] for _ in range(2)]
        loaded = "libtorch_python" in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
        process.communicate(timeout=60)
    assert replies == [1, 3]
    assert not loaded


def test_ctrl_c_ends_it_at_once(index_dir: object) -> None:
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HELLO) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


@pytest.mark.slow
def test_http_tells_the_address_and_serves(index_dir: object) -> None:
    with subprocess.Popen([*CLI, "mcp", "--http", "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = ""
            while not (told := re.search(r"http://\S+/mcp", said)):
                line = process.stderr.readline()
                assert line, said
                said += line
            assert told[0].startswith("http://127.0.0.1:")
        finally:
            process.terminate()
            process.wait(30)


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
