"""Another model, more examples or another prompt is one option of a run, and `eval compare` says what was changed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree

import pytest
from chat_server import Body, ChatServer, quoting, saying, system
from run_samples import run_of, setup
from typer.testing import CliRunner, Result

from assistant.answering.prompts import FOLDER
from assistant.cli.app import app
from assistant.errors import ConfigurationError
from assistant.evaluation import compare
from assistant.evaluation.comparing import changes
from assistant.evaluation.keeping import load_run
from assistant.evaluation.results import Levers
from assistant.evaluation.runs import matrix

Run = Callable[..., Result]
LORA = {"id": "lora", "question": "What does a LoRA training run cost?", "sources": ["pan-framework"], "facts": ["500"]}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        running.reply = quoting(0, 1, 2)
        running.usage = lambda _: {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 64},
        }
        yield running


@pytest.fixture
def run(index_dir: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ASSISTANT_MODEL_BASE_URL", server.address)

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["eval", *map(str, arguments)], env={"COLUMNS": "200"})

    return invoke


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "own.jsonl"
    file.write_text(f"{json.dumps(LORA)}\n")
    return file


def test_a_new_model_is_a_row_of_the_comparison(run: Run, suite: Path, tmp_path: Path) -> None:
    for model in ("extractive", "openai:local"):
        made = run("run", suite, "--model", model, "--out", tmp_path / model)
        assert made.exit_code in (0, 100), made.output
    assert all(result.error is None for result in load_run(tmp_path / "openai:local").results)
    compared = run("compare", tmp_path / "extractive", tmp_path / "openai:local")
    assert compared.exit_code == 0, compared.output
    head, first, second = compared.stdout.splitlines()[:3]
    assert head.split()[:5] == ["run", "model", "task", "context", "examples"]
    assert first.split()[1:5] == ["extractive", "-", "-", "-"]
    assert second.split()[1:5] == ["openai:local", "write", "retrieved", "auto"]
    assert "The model changed: extractive, then openai:local." in compared.stdout
    assert "The text" not in compared.stdout
    assert "The code" not in compared.stdout


def test_extracting_writing_and_choosing_stand_side_by_side(
    run: Run, suite: Path, tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("run", suite, "--model", "extractive", "--out", tmp_path / "extractive")
    for task, reply in (("write", quoting(0)), ("choose", saying('{"numbers": [1], "verdict": ""}'))):
        server.reply = reply
        monkeypatch.setenv("ASSISTANT_MODEL_TASK", task)
        assert run("run", suite, "--model", "openai:local", "--out", tmp_path / task).exit_code in (0, 100)
    runs = [tmp_path / name for name in ("extractive", "write", "choose")]
    lines = run("compare", *runs).stdout.splitlines()
    assert [line.split()[2] for line in lines[1:4]] == ["-", "write", "choose"]
    assert sum(line.startswith("Passed: ") for line in lines) == 2
    assert len(json.loads(run("compare", *runs, "--json").stdout)) == 2


def test_examples_are_swept_and_each_run_says_how_many(
    run: Run, suite: Path, tmp_path: Path, server: ChatServer
) -> None:
    shown: list[int] = []

    def counted(body: Body) -> Iterator[str]:
        shown.append(system(body).count("Example question:"))
        return quoting(0)(body)

    server.reply = counted
    arguments = ["run", suite, "--model", "openai:local", "--out", tmp_path / "runs"]
    assert run(*arguments, "--examples", "0", "--examples", "2", "--examples", "all").exit_code in (0, 100)
    made = {one.setup.levers.examples: one for one in map(load_run, (tmp_path / "runs").iterdir())}
    assert set(made) == {"0", "2", "all"}
    assert sorted(shown) == [0, 2, 8]
    compared = compare(made["0"], made["all"])
    assert compared.changes == ("The examples changed: 0, then all.",)
    assert [side.examples for side in compared.sides] == ["0", "all"]
    assert compared.sides[0].tokens == (100, 64, 20)


def test_a_changed_prompt_is_named_with_both_versions(run: Run, suite: Path, tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    copytree(FOLDER, own)
    text = (own / "answer.md").read_text()
    (own / "answer.md").write_text(text.replace("version: 4", "version: 5") + "\nBe brief.\n")
    for name, more in (("old", []), ("new", ["--prompts", own])):
        run("run", suite, "--model", "openai:local", "--out", tmp_path / name, *more)
    told = run("compare", tmp_path / "old", tmp_path / "new").stdout
    assert "The text answering/prompts/answer.md changed: version 4, " in " ".join(told.split())
    assert "then version 5, " in told
    assert told.count("The text ") == 1


def test_the_whole_documents_are_recorded_too(
    run: Run, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_CONTEXT", "auto")
    run("run", suite, "--model", "openai:local", "--out", tmp_path / "runs")
    assert load_run(tmp_path / "runs").setup.levers.context == "whole"


def test_examples_of_another_system_are_not_ours_to_set(run: Run) -> None:
    result = run("run", "smoke", "--endpoint", "http://127.0.0.1:9", "--examples", "2")
    assert result.exit_code == 2
    assert "--examples is for our own pipeline." in result.output


def test_what_is_no_number_of_examples_is_wrong_input(run: Run, tmp_path: Path) -> None:
    result = run("run", "smoke", "--examples", "many", "--out", tmp_path / "runs")
    assert result.exit_code == 2
    assert "ASSISTANT_EXAMPLES" in result.output
    with pytest.raises(ConfigurationError):
        list(matrix(examples=["many"]))


def test_each_number_of_examples_is_combined_with_each_model() -> None:
    every = [(one.model, one.examples) for one in matrix(["extractive", "openai:x"], examples=[0, "all"])]
    assert every == [("extractive", "0"), ("extractive", "all"), ("openai:x", "0"), ("openai:x", "all")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {}, []),
        ({"texts": {"a": "version 1, 00"}}, {}, []),
        ({"texts": {"a": "version 1, 00"}}, {"texts": {"a": "version 1, 00"}}, []),
        ({"texts": {"a": "version 1, 00"}}, {"texts": {"b": "version 1, 00"}}, ["a is gone", "b is new"]),
        (
            {"texts": {"a": "version 1, 00"}},
            {"texts": {"a": "version 1, 11"}},
            ["a changed: version 1, 00, then version 1, 11"],
        ),
        ({"context": "retrieved"}, {"context": "whole"}, ["The context changed: retrieved, then whole."]),
    ],
)
def test_what_changed_is_told_and_nothing_else(old: dict[str, object], new: dict[str, object], told: list[str]) -> None:
    found = changes(setup(levers=Levers.model_validate(old)), setup(levers=Levers.model_validate(new)))
    assert len(found) == len(told)
    assert all(part in sentence for part, sentence in zip(told, found, strict=True))


def test_runs_made_before_levers_were_kept_can_be_compared() -> None:
    assert compare(run_of([True], "a"), run_of([False], "b")).changes == ()
