"""``assistant eval`` as a team uses it: exit statuses a CI job can trust, and files that say why."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from foreign_server import ForeignServer
from typer.testing import CliRunner, Result

from assistant.cli.app import app
from assistant.evaluation.cases import load_suite
from assistant.evaluation.keeping import load_run

Run = Callable[..., Result]
GOOD = [
    {"id": f"off-{i}", "question": question, "kind": "off_topic", "answerable": False}
    for i, question in enumerate(["How do I bake sourdough bread?", "Who won the football world cup in 1998?"])
]
FACT = {
    "id": "lora",
    "question": "What does a LoRA training run cost?",
    "sources": ["pan-framework"],
    "facts": ["500"],
}


@pytest.fixture
def run(index_dir: Path) -> Run:
    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["eval", *map(str, arguments)], env={"COLUMNS": "80"})

    return invoke


def questions(folder: Path, *cases: object, name: str = "own.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return file


def test_a_run_that_ships_leaves_with_0_and_its_reports(run: Run, tmp_path: Path) -> None:
    result = run("run", "smoke", "--out", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    assert "SHIP" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    (folder,) = (tmp_path / "runs").iterdir()
    assert {"run.json", "answers.jsonl", "report.html", "junit.xml"} <= {path.name for path in folder.iterdir()}
    assert run("report", folder, "--no-open").stdout.strip() == str(folder / "report.html")


def test_a_run_that_does_not_ship_leaves_with_100(run: Run, tmp_path: Path) -> None:
    suite = questions(tmp_path, *GOOD)
    result = run("run", suite, "--out", tmp_path / "runs", "--json")
    assert result.exit_code == 100
    made = json.loads(result.stdout)
    assert made["verdict"] == "UNDECIDED"
    assert made == json.loads(load_run(tmp_path / "runs").model_dump_json())


def test_a_suite_without_gold_is_scored_by_what_its_cases_expect(run: Run, tmp_path: Path) -> None:
    expected = {"lead": "500", "verdict": "no", "must_not": ["free"], "expect": "$50 to $500.", "allowed": ["LoRA and"]}
    suite = questions(tmp_path, {name: FACT[name] for name in ("id", "question", "facts")} | expected)
    made = json.loads(run("run", suite, "--out", tmp_path / "runs", "--json").stdout)
    scores = {name: score["value"] for name, score in made["results"][0]["scores"].items()}
    assert {scores[name] for name in ("recall@5", "mrr", "ndcg@10", "citation_f1", "source")} == {None}
    assert (scores["facts"], scores["lead"], scores["must_not"], scores["verdict"]) == (1.0, 1.0, 1.0, 0.0)
    assert made["results"][0]["attribution"] == "wrong verdict"


def test_every_answer_wrong_is_never_a_success(run: Run, tmp_path: Path) -> None:
    suite = questions(tmp_path, *(FACT | {"id": str(i), "facts": ["no such words"]} for i in range(5)))
    result = run("run", suite, "--out", tmp_path / "runs")
    assert result.exit_code == 100
    assert "FIX THE PROMPT FIRST" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "none.jsonl"],
        ["run", "smoke", "--thresholds", "none.toml"],
        ["run", "smoke", "--against", "none"],
        ["run", "smoke", "--repeat", "0"],
        ["run", "smoke", "--concurrency", "0"],
        ["run", "smoke", "--endpoint", "x", "--answers", "y"],
        ["run", "smoke", "--endpoint", "x", "--prompts", "y"],
        ["run", "smoke", "--prompts", "none"],
        ["run", "smoke", "--retry-errors"],
        ["compare", "a", "b"],
        ["bless", "a"],
        ["rescore", "a"],
        ["report", "a"],
        ["new", "a"],
        ["shadow", "a", "--candidate", "extractive"],
        ["export-failures", "a"],
    ],
)
def test_wrong_input_leaves_with_2(arguments: list[str], run: Run, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert list(tmp_path.iterdir()) == []


def test_a_run_in_which_nothing_was_answered_leaves_with_1(run: Run, tmp_path: Path) -> None:
    with ForeignServer(lambda _: "", status=503) as server:
        result = run("run", "smoke", "--endpoint", server.address, "--out", tmp_path / "runs")
    assert result.exit_code == 1
    assert "status 503" in result.stderr


def test_a_model_each_is_a_run_each(run: Run, tmp_path: Path) -> None:
    suite = questions(tmp_path, *GOOD)
    with ForeignServer(lambda _: {"choices": [{"message": {"content": "NOT IN THE ESSAYS"}}]}) as server:
        arguments = ["run", suite, "--endpoint", server.address, "--out", tmp_path / "runs"]
        assert run(*arguments, "--model", "openai:a", "--model", "openai:b").exit_code == 100
    made = [load_run(folder) for folder in (tmp_path / "runs").iterdir()]
    assert {one.setup.model for one in made} == {"openai:a", "openai:b"}
    assert all(result.passed for one in made for result in one.results)


def test_a_significant_fall_below_the_baseline_is_named(run: Run, tmp_path: Path) -> None:
    assert run("run", "smoke", "--out", tmp_path / "good").exit_code == 0
    assert run("bless", tmp_path / "good", "--to", tmp_path / "baseline.json").exit_code == 0
    against = ["--against", tmp_path / "baseline.json"]
    assert run("rescore", tmp_path / "good", *against).exit_code == 0
    harder = [
        case.model_dump(mode="json") | ({"facts": ["no such words"]} if case.answerable else {})
        for case in load_suite("smoke").cases
    ]
    bad = questions(tmp_path, *harder, name="smoke.jsonl")
    result = run("run", bad, "--out", tmp_path / "worse", *against)
    assert result.exit_code == 100
    assert "8 cases fell, 0 rose" in result.stderr
    assert "smoke-fact-phishing, smoke-fact-trajectory" in result.stderr
    compared = run("compare", tmp_path / "good", tmp_path / "worse").stdout
    assert "Fell: 8" in compared
    assert "smoke-fact-phishing (fact missing)" in compared
    assert json.loads(run("compare", tmp_path / "good", tmp_path / "worse", "--json").stdout)["mcnemar_p"] < 0.01


def test_failures_are_exported_and_the_few_warned_of(run: Run, tmp_path: Path) -> None:
    evidence = ["can now be done for $50–$500 on a single RTX 4090"]
    suite = questions(tmp_path, FACT | {"facts": ["no such words"], "evidence": evidence})
    run("run", suite, "--out", tmp_path / "runs")
    result = run("export-failures", tmp_path / "runs", "--format", "chat-jsonl")
    assert result.exit_code == 0
    assert [m["role"] for m in json.loads(result.stdout)["messages"]] == ["system", "user", "assistant"]
    assert "fewer than 500" in result.stderr


def test_drafts_are_not_taken_for_checked_cases(run: Run, tmp_path: Path) -> None:
    quote = "can now be done for $50–$500 on a single RTX 4090"
    cited = {"question": "LoRA?", "citations": [{"source_id": "pan-framework", "quote": quote}]}
    log = questions(tmp_path, cited, name="log.jsonl")
    assert run("new", log, "--out", tmp_path / "drafts.jsonl").exit_code == 0
    result = run("check", tmp_path / "drafts.jsonl")
    assert result.exit_code == 2
    assert "log-001 is a draft" in result.stdout


def test_the_suites_that_ship_with_it_are_sound(run: Run) -> None:
    result = run("check", "dev", "smoke", "last-look")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("no problems") == 3


def test_gold_that_stands_nowhere_is_wrong_input(run: Run, tmp_path: Path) -> None:
    suite = questions(tmp_path, FACT | {"evidence": ["words of nobody"]})
    for command in (["check", suite], ["run", suite, "--out", tmp_path / "runs"]):
        result = run(*command)
        assert result.exit_code == 2
        assert "words of nobody" in " ".join(result.output.split())


def test_shadow_shows_the_current_answers_and_keeps_both(run: Run, tmp_path: Path) -> None:
    asked = questions(tmp_path, {"id": "x", "question": "What is LoRA?"}, name="asked.jsonl")
    result = run("shadow", asked, "--candidate", "extractive", "--out", tmp_path / "shadow.json")
    assert result.exit_code == 0, result.output
    (shown,) = map(json.loads, result.stdout.splitlines())
    assert shown["id"] == "x"
    (pair,) = json.loads((tmp_path / "shadow.json").read_text())["pairs"]
    assert pair["candidate"]["answer"]["answer"] == shown["answer"]
    assert "differ on 0 of 1" in result.stderr


@pytest.mark.slow
def test_ctrl_c_leaves_with_130_and_resume_goes_on(index_dir: Path, tmp_path: Path) -> None:
    third, go_on = threading.Event(), threading.Event()

    def reply(_: object) -> object:
        if len(server.asked) == 3:
            third.set()
            go_on.wait(60)
        return {"choices": [{"message": {"content": "NOT IN THE ESSAYS"}}]}

    smoke = len(load_suite("smoke").cases)
    with ForeignServer(reply) as server:
        options = ["--endpoint", server.address, "--concurrency", "1", "--out", str(tmp_path / "runs")]
        command = [sys.executable, "-c", "from assistant.cli import main; main()", "eval", "run", "smoke", *options]
        started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert third.wait(60)
        started.send_signal(signal.SIGINT)
        go_on.set()
        _, stderr = started.communicate(timeout=60)
        before = len(server.asked)
        again = subprocess.run([*command, "--resume"], capture_output=True, text=True, timeout=120)
    assert started.returncode == 130, stderr
    assert "--resume" in stderr
    assert again.returncode == 100, again.stderr
    assert len(load_run(tmp_path / "runs").results) == smoke
    assert 3 <= before < smoke
    assert len(server.asked) < smoke + before
