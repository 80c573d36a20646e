"""The local model's server is a process that the first question starts and that never outlives its owner."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from answer_samples import QUESTION, Ask, exact
from chat_server import PATIENCE

from assistant.answering import local
from assistant.answering.local import LocalServer
from assistant.answering.models import ChatModel
from assistant.answering.pipeline import Pipeline
from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.index.opened import OpenIndex
from assistant.settings import load_settings

HERE = Path(__file__).parent
PATHS = os.pathsep.join(map(str, (HERE / "engine", HERE, HERE.parent, HERE.parents[1])))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stand-in for llama.cpp, for this process and those it starts."""
    monkeypatch.syspath_prepend(str(HERE / "engine"))
    monkeypatch.setenv("PYTHONPATH", PATHS)
    yield
    local.stop_all()


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF and so on")
    return path


@pytest.fixture
def server(engine: None, gguf: Path) -> Iterator[LocalServer]:
    made = LocalServer(gguf, 4096)
    yield made
    made.stop()


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_question_starts_the_server_and_is_answered_by_it(
    engine: None, gguf: Path, notes: OpenIndex, ask: Ask
) -> None:
    settings = load_settings(model=f"local:{gguf}", model_base_url="http://elsewhere.invalid/v1")
    server = local.local_server(settings)
    pipeline = Pipeline(settings, notes)
    assert server.process_id() is None
    answer = ask(pipeline, QUESTION)
    assert (answer.model, answer.notices[1:]) == ("local:small", ())
    assert exact(answer, notes)
    first = server.process_id()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert until(lambda: server.process_id() is None)
    assert ask(pipeline, QUESTION).model == "local:small"
    local.stop_all()
    assert not running(first)


def test_all_who_use_a_file_share_its_server(engine: None, gguf: Path) -> None:
    named = load_settings(model=f"local:{gguf}")
    assert local.local_server(named) is local.local_server(named)


def test_a_server_has_a_key_of_its_own_and_ends_when_it_is_stopped(server: LocalServer) -> None:
    (address, key), pid = server.access(), server.process_id()
    assert address.startswith("http://127.0.0.1:")
    assert server.access() == (address, key)
    server.stop()
    assert pid is not None
    assert not running(pid)
    assert server.access()[1] != key


def test_a_server_ends_with_the_process_that_started_it(engine: None, gguf: Path) -> None:
    start = f"from assistant.answering.local import *\ns = LocalServer(Path({str(gguf)!r}), 4096)\ns.access()\n"
    tell = "print(s.process_id(), flush=True)\nimport time\ntime.sleep(60)"
    owner = subprocess.Popen([sys.executable, "-c", start + tell], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert running(pid)
    owner.kill()
    owner.communicate()
    assert until(lambda: not running(pid))


def test_a_file_that_can_not_be_loaded_is_told_and_the_extracted_answer_given(
    engine: None, gguf: Path, notes: OpenIndex, ask: Ask
) -> None:
    gguf.write_bytes(b"GGUF broken")
    answer = ask(Pipeline(load_settings(model=f"local:{gguf}"), notes), QUESTION)
    assert answer.model == "extractive"
    assert answer.notices[0].startswith("The local model small.gguf could not be loaded. Check that the file is whole")


def test_what_is_missing_is_named_before_a_question_is_asked(
    engine: None, gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def problem(model: str) -> str:
        with pytest.raises(ConfigurationError) as raised:
            ChatModel(load_settings(model=model, model_files=str(tmp_path)))
        return str(raised.value)

    assert "Run: assistant model fetch" in problem("local")
    assert "There is no local chat model other.gguf" in problem(f"local:{tmp_path / 'other.gguf'}")
    gguf.write_bytes(b"zip")
    assert "is no GGUF file" in problem(f"local:{gguf}")
    monkeypatch.setattr(local, "ENGINE", "no_such_engine")
    assert "make model" in problem("local")


def test_a_prompt_that_is_allowed_to_be_long_gets_a_context_that_holds_it(engine: None, gguf: Path) -> None:
    for more, tokens in (({}, 4096), ({"prompt_budget": 8000}, 13_312), ({"context": "whole"}, 37_888)):
        assert local.context_tokens(load_settings(model=f"local:{gguf}", **more)) == tokens


def test_starting_again_is_no_fault_of_a_client(engine: None, tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"broken")
    with pytest.raises(ModelUnavailable):
        LocalServer(path, 4096).access()
