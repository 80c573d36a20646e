"""What the README says is so: its tables come from the code, and its commands run."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant.cli.app import app
from assistant.settings import Settings
from tools.docs import README, commands_table, rewritten

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")
SHELL_BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
NEEDS_THE_INTERNET = {"assistant corpus fetch"}
NOTE = "# Retries\n\nA client retries a failed request three times. It waits twice as long before each attempt.\n"


@pytest.fixture(scope="module")
def own_index(index_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notes' index, because some commands build further ones."""
    return Path(shutil.copytree(index_dir, tmp_path_factory.mktemp("docs") / "index"))


@pytest.fixture
def workplace(own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README's commands name."""
    (tmp_path / "my-documents").mkdir()
    for name in ("notes.md", "my-documents/retries.md"):
        (tmp_path / name).write_text(NOTE, encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text('{"id": "1", "question": "When is fine-tuning worth it?"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_INDEX", str(own_index))
    monkeypatch.setenv("ASSISTANT_ORIGINALS", str(tmp_path / "originals"))
    return tmp_path


def test_the_generated_tables_are_what_the_code_says() -> None:
    assert rewritten(TEXT) == TEXT, "run: make docs"


def test_every_setting_is_documented_with_what_it_does() -> None:
    for name, field in Settings.model_fields.items():
        assert f"`ASSISTANT_{name.upper()}`" in TEXT
        assert field.description, f"{name} has no description"


def test_every_command_of_the_help_is_documented() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    names = list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert names
    for name in names:
        assert f"`assistant {name}" in commands_table()
        assert re.search(rf"^\W+{name}\b", shown, re.MULTILINE)


def test_links_lead_to_files_that_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("block", SHELL_BLOCKS, ids=lambda block: block.splitlines()[0][:40])
def test_the_shell_commands_run(block: str, workplace: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in block.splitlines():
        words = shlex.split(line)
        if words[0] == "make":
            make_knows(words[1])
        elif words[0] == "export":
            export(words[1], free_port, monkeypatch)
        elif line in NEEDS_THE_INTERNET:
            runs([*words[1:], "--help"])
        else:
            assert words[0] == "assistant", f"no test knows how to run: {line}"
            runs(words[1:])


@pytest.mark.parametrize("block", PYTHON_BLOCKS)
def test_the_python_runs(block: str, workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "[1]" in shown or "SHIP []" in shown


def test_batch_writes_an_answer_for_each_question(workplace: Path) -> None:
    runs(["batch", "questions.jsonl", "--out", "answers.jsonl"])
    assert len((workplace / "answers.jsonl").read_text(encoding="utf-8").splitlines()) == 1


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on: there a chat model is down, and answers come all the same."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_knows(target: str) -> None:
    """Setting up anew and serving the chat are too much for a test; that make can follow the target is checked."""
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def export(assignment: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _, value = assignment.partition("=")
    assert name.removeprefix("ASSISTANT_").lower() in Settings.model_fields, f"{name} is no setting"
    monkeypatch.setenv(name, re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", value))


def runs(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, f"{arguments}: {done.output}"
    assert done.output
