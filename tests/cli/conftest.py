"""Commands as real processes, where the process is the point; ``run`` runs them in this one."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_server import ModelServer

COMMAND = (sys.executable, "-c", "from assistant.cli import main; main()")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(index_dir: Path) -> Iterator[Start]:
    """``start("ask", "…")`` as a process of its own; ``env`` adds variables."""
    started: list[subprocess.Popen[str]] = []

    def popen(*arguments: str | Path, env: dict[str, str] | None = None, **options: object) -> "subprocess.Popen[str]":
        pipes: dict[str, object] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [*COMMAND, *map(str, arguments)]
        started.append(subprocess.Popen(command, env=os.environ | (env or {}), text=True, **(pipes | options)))  # type: ignore[call-overload]
        return started[-1]

    yield popen
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def model_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A local server speaking the OpenAI protocol, set as the chat model."""
    with ModelServer() as server:
        monkeypatch.setenv("ASSISTANT_MODEL", "openai:local")
        monkeypatch.setenv("ASSISTANT_MODEL_BASE_URL", server.address)
        yield server
