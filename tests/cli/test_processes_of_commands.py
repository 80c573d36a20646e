"""What only a real process shows: exit statuses, pipes, terminals, locales, and what is imported."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_server import ModelServer

SERVING = ["gradio", "fastapi", "sqlalchemy", "mcp", "pandas"]
MODELS = ["torch", "transformers", "sentence_transformers", "sklearn", "scipy", "bm25s", "openai"]
RETRIEVING = ["chromadb", "langchain_core", "onnxruntime", "tokenizers", "numpy", "httpx"]
LOADED = """
import sys
from contextlib import redirect_stdout
from assistant.cli import main
with redirect_stdout(sys.stderr):
    try: main()
    except SystemExit as end: status = end.code
print(status or 0, *{name.partition(".")[0] for name in sys.modules})
"""


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--help"], [*SERVING, *MODELS, *RETRIEVING, "rich"]),
        (["corpus", "show", "logic-trap"], [*SERVING, *MODELS, *RETRIEVING, "rich"]),
        (["advise", "We have 50 labels and no evaluation."], [*SERVING, *MODELS, *RETRIEVING]),
        (["ask", "When is fine-tuning worth it?"], [*SERVING, *MODELS, "jinja2"]),
        (["search", "fine-tuning"], [*SERVING, *MODELS, "jinja2"]),
        (["doctor"], [*SERVING, *MODELS]),
    ],
)
def test_a_command_loads_only_what_it_uses(arguments: list[str], unused: list[str], index_dir: Path) -> None:
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    status, *loaded = done.stdout.split()
    assert status == "0", done.stderr
    assert sorted(set(unused).intersection(loaded)) == []


@pytest.mark.parametrize("arguments", [["ask"], ["nonsense"], ["ask", "x", "--nonsense"], ["index"], ["batch", "x"]])
def test_wrong_usage_is_2_with_nothing_on_stdout(arguments: list[str], start) -> None:
    process = start(*arguments)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "Usage: assistant" in told


def test_a_wrong_setting_is_named_without_a_traceback(start) -> None:
    process = start("corpus", "list", env={"ASSISTANT_TOP_K": "many"})
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out, told.count("\n")) == (2, "", 1)
    assert told.startswith("Error: ASSISTANT_TOP_K: ")


def test_debugging_shows_the_traceback(start) -> None:
    process = start("corpus", "show", "nope", env={"ASSISTANT_DEBUG": "1"})
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "UnknownSource" in told
    assert "Traceback" in told


def test_a_reader_that_goes_away_is_no_error(start) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start("corpus", "show", "logic-trap", stdout=writing)
    os.close(writing)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, "")


@pytest.mark.slow
def test_json_is_utf_8_and_alone_on_stdout_in_any_locale(start, run) -> None:
    asking = ("ask", "When is fine-tuning worth it?", "--json")
    process = start(*asking, env={"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"})
    out, told = process.communicate(timeout=120)
    here = json.loads(run(*asking).stdout)
    assert here["citations"]
    assert [json.loads(out)[part] for part in ("answer", "claims", "citations")] == [
        here[part] for part in ("answer", "claims", "citations")
    ]
    assert (process.returncode, told) == (0, "")


@pytest.mark.parametrize(("variables", "styles"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_styles_appear_at_a_terminal_that_wants_them(variables: dict[str, str], styles: bool, start) -> None:
    shown = at_terminal(start, "corpus", "list", env={"TERM": "xterm", "COLUMNS": "80"} | variables)
    assert "Tian Pan" in shown
    assert ("\x1b[" in shown) is styles


@pytest.mark.slow
def test_the_answer_is_shown_while_the_model_still_writes(start, model_server: ModelServer) -> None:
    seen = threading.Event()
    waited: list[bool] = []

    def slow(sentences: list[str]) -> Iterator[str]:
        number, text = sentences[0].split(" ", 1)
        yield f"{text} {number} And"
        waited.append(seen.wait(60))

    model_server.answer = slow
    process = start("ask", "When is fine-tuning worth it?", env={"ASSISTANT_MODEL_TIMEOUT": "90"})
    assert process.stdout is not None
    assert len(process.stdout.read(10)) == 10
    seen.set()
    process.communicate(timeout=60)
    assert waited == [True]


def test_a_full_disk_is_told(start) -> None:
    with Path("/dev/full").open("w") as full:
        process = start("corpus", "list", stdout=full)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.startswith("Error: The system refused")
    assert told.count("\n") == 1


def at_terminal(start, *arguments: str, env: dict[str, str]) -> str:
    """What a terminal shows of a command, stdout and stderr together."""
    ours, theirs = pty.openpty()
    start(*arguments, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # a terminal whose last writer has left
        pass
    os.close(ours)
    return shown.decode()
