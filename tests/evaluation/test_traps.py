"""Ways in which evaluations are known to flatter what they measure: each is tried here, and none works."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from run_samples import RIGHT, Scripted, owl, result, run_of, suite
from scored_samples import BEYOND, CASE, ESSAYS, OAK, PASSAGES, answer, case, cite
from typer.testing import CliRunner

from assistant.cli.app import app
from assistant.errors import ModelUnavailable
from assistant.evaluation import gate, wilson
from assistant.evaluation.cases import Case
from assistant.evaluation.chat_judge import audit, read
from assistant.evaluation.comparing import compare
from assistant.evaluation.endpoints import as_answer, as_text
from assistant.evaluation.gating import Thresholds
from assistant.evaluation.grading import graded
from assistant.evaluation.keeping import load_run
from assistant.evaluation.reports import summary, terminal
from assistant.evaluation.results import Run
from assistant.evaluation.runs import Plan, run_one
from assistant.evaluation.scoring import errored, score
from assistant.types import Answer

ROOT = Path(__file__).parents[2]
BARS = Thresholds()
BIRCH = "A birch lives for eighty years."
SILENCE = answer("", []).model_copy(update={"claims": ()})
PAGE = (ROOT / "docs" / "evaluate.md").read_text("utf-8")
JOBS = [
    job
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    if "assistant eval run" in block
    for job in [yaml.safe_load(block)]
]


def down(case: Case) -> Answer:
    """The reply of a server that fails at one question."""
    if case.id == "owl-0":
        raise ModelUnavailable("The server is down.")
    return RIGHT


def means(run: Run) -> dict[str, tuple[float, int]]:
    return {measure.name: (measure.mean, measure.n) for measure in summary.measures(run)}


def test_errors_do_not_leave_the_denominator() -> None:
    run = run_one(suite(*map(owl, range(4))), Scripted(down), Plan(), BARS)
    assert (gate(run, BARS).passed.k, gate(run, BARS).passed.n) == (3, 4)
    assert means(run)["facts"] == means(run)["citation_recall"] == (0.75, 4)


def test_a_high_aggregate_does_not_hide_a_kind_that_always_fails() -> None:
    good = run_of([True] * 490)
    assert gate(good, BARS).ships
    bad = tuple(result(owl(1000 + i, kind="compare"), passed=False) for i in range(10))
    found = gate(good.model_copy(update={"results": good.results + bad}), BARS)
    assert found.passed.share == 0.98
    assert found.passed.low > BARS.ship
    assert not found.ships
    assert "compare (0 of 10)" in found.reason


def test_every_answer_wrong_does_not_exit_with_0(tmp_path: Path) -> None:
    cases, answers = tmp_path / "own.jsonl", tmp_path / "answers.jsonl"
    asked = [{"id": str(i), "question": f"How much, {i}?", "facts": ["500"]} for i in range(5)]
    cases.write_text("".join(f"{json.dumps(one)}\n" for one in asked))
    answers.write_text("".join(f"{json.dumps({'id': one['id'], 'answer': 'Nothing.'})}\n" for one in asked))
    command = ["eval", "run", str(cases), "--answers", str(answers), "--out", str(tmp_path / "runs")]
    assert CliRunner().invoke(app, command).exit_code == 100
    results = load_run(tmp_path / "runs").results
    assert [(one.passed, one.error) for one in results] == [(False, None)] * 5


def test_the_interval_of_4_in_5_stays_within_0_and_1() -> None:
    found = wilson(4, 5)
    assert (round(found.low, 3), round(found.high, 3)) == (0.376, 0.964)
    assert "37.6% to 96.4%" in gate(run_of([True] * 4 + [False]), BARS).reason


def test_citing_the_right_file_is_not_citing_the_right_words() -> None:
    found = score(case(facts=[]), answer(BIRCH, [cite(BIRCH)]), ESSAYS)
    assert (found.scores["source"].value, found.scores["exactness"].value) == (1.0, 1.0)
    assert (found.scores["citation_recall"].value, found.scores["citation_precision"].value) == (0.0, 0.0)
    assert (found.passed, found.attribution) == (False, "wrong span cited")


def test_extra_wrong_citations_cost_precision_and_in_the_end_the_case() -> None:
    short = case(evidence=["40 metres"], facts=["40"])
    wrong = [cite(passage.text, passage.source_id, i) for i, passage in enumerate(PASSAGES, start=2)]
    few, many = (score(short, answer(OAK, [cite(OAK), *extra]), ESSAYS) for extra in ([], wrong))
    assert many.scores["citation_recall"] == few.scores["citation_recall"]
    assert many.scores["source"].value == many.scores["exactness"].value == 1.0
    for name in ("citation_precision", "citation_f1"):
        assert (many.scores[name].value or 0.0) < (few.scores[name].value or 0.0) / 2
    assert (few.passed, many.passed) == (True, False)


def test_failed_requests_do_not_enter_the_latency() -> None:
    good = run_of([True, True])
    failed = tuple(errored(owl(i), "down", ms=-1.0) for i in (0, 2))
    run = good.model_copy(update={"results": (failed[0], good.results[1], failed[1])})
    assert [(one.stage, one.p50, one.p95, one.n) for one in summary.latencies(run)] == [("total", 5.0, 5.0, 1)]
    times = [(one.n, one.before, one.after) for one in compare(good, run).differences if one.name == "ms"]
    assert times == [(1, 5.0, 5.0)]


def test_an_empty_answer_is_not_skipped() -> None:
    silent = run_one(suite(owl(0), owl(1)), Scripted(lambda one: SILENCE if one.id == "owl-0" else RIGHT), Plan(), BARS)
    assert (gate(silent, BARS).passed.k, gate(silent, BARS).passed.n) == (1, 2)
    for name in ("facts", "source", "supported", "citation_precision", "citation_recall", "citation_f1"):
        right = silent.results[1].scores[name].value
        assert right
        assert means(silent)[name] == (right / 2, 2)


@pytest.mark.parametrize("asked", [CASE, BEYOND, case(facts=[], evidence=[], sources=[])], ids=lambda one: one.id)
@pytest.mark.parametrize(
    "reply",
    [
        '{"answer": ""}',
        '{"answer": "[1] [2]", "citations": [{"quote": ""}, {"source_id": "trees", "start": 3, "end": 3}]}',
    ],
    ids=["empty", "cites nothing"],
)
def test_no_score_is_nan(asked: Case, reply: str) -> None:
    found = score(asked, as_answer(json.loads(reply), asked, ESSAYS, "elsewhere"), ESSAYS)
    values = [one.value for one in found.scores.values() if one.value is not None]
    assert values
    assert all(map(math.isfinite, values))
    assert not found.passed


def test_a_reply_with_nan_is_that_cases_error() -> None:
    reply = '{"answer": "NaN", "passages": [{"source_id": "trees", "start": 0, "end": 9, "score": NaN}]}'
    with pytest.raises(ModelUnavailable, match="can't be read"):
        as_answer(json.loads(reply), CASE, ESSAYS, "elsewhere")


@pytest.mark.parametrize(("gate", "checks"), [(0, 0), (1, 0), (100, 0), (0, 2)])
def test_the_gate_and_the_checks_in_ci_can_fail(gate: int, checks: int, tmp_path: Path) -> None:
    ci, tools, python = tmp_path / ".ci", tmp_path / "bin", tmp_path / ".venv" / "bin"
    for folder in (ci, tools, python):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", ci)
    for name in ("make", "chromium", "python3.11"):  # with these there is nothing to install
        program(tools / name, f'echo "{name} $*" >> "{tmp_path}/ran"; [ "$1" != check ] || exit {checks}')
    for name in ("dirname", "mktemp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    program(python / "assistant", f'echo "assistant $*" >> "{tmp_path}/ran"; exit {gate}')
    command = [str(shutil.which("bash")), str(ci / "run")]
    assert subprocess.run(command, env={"PATH": str(tools)}, timeout=60).returncode == (gate or checks)
    ran = (tmp_path / "ran").read_text()
    assert "assistant eval run smoke" in ran
    assert ("make test" in ran) == (gate == 0)  # the checks run beside the tests


def program(file: Path, command: str) -> None:
    file.write_text(f"#!{shutil.which('bash')}\n{command}\n")
    file.chmod(0o755)


def test_the_ci_script_stops_at_the_first_failure_and_forgives_none_of_the_gate() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert any(re.match(r"set -\w*e", line) for line in lines)
    assert not [line for line in lines if re.search(r"\|\| *(true|:)|set \+e|continue-on-error", line)]
    gates = [line for line in lines if "assistant eval run" in line]
    assert len(gates) == 1
    assert not re.search(r"[|&;]", gates[0])


def test_the_gate_in_the_readmes_jobs_can_fail() -> None:
    assert len(JOBS) == 2
    for job in map(json.dumps, JOBS):
        assert not re.search(r'"(continue-on-error|allow_failure|if|when|rules)": (?!"always)', job)
        commands = re.findall(r'"([^"]*assistant eval run[^"]*)"', job)
        assert commands == [".venv/bin/assistant eval run smoke --out eval-runs"]


@pytest.mark.parametrize("words", ["I don't know.", "The essays do not cover that.", "Sorry, no information found."])
def test_words_that_sound_like_abstaining_are_no_abstention(words: str) -> None:
    for given in (as_answer({"answer": words}, BEYOND, ESSAYS, "elsewhere"), as_text(words, BEYOND, "elsewhere")):
        found = score(BEYOND, given, ESSAYS)
        assert (found.passed, found.attribution) == (False, "should have abstained")


@pytest.mark.parametrize("words", ["", "I don't know.", OAK, "Certainly! Here is the answer:"])
def test_an_abstention_is_one_in_any_words(words: str) -> None:
    given = as_answer({"answer": words, "abstained": True}, BEYOND, ESSAYS, "elsewhere")
    assert score(BEYOND, given, ESSAYS).passed
    assert score(CASE, given, ESSAYS).attribution in {"should have answered", "not retrieved"}
    assert score(CASE, given, ESSAYS).scores["facts"].value == 0.0


def test_a_judge_that_disagrees_with_itself_is_reported_and_decides_nothing() -> None:
    good = run_of([True] * 40)
    judge = good.setup.model_copy(update={"judge": "openai:grader"})
    said = (read("right: It says so."), read("wrong: It does not say so."))
    judged = [graded(one.model_copy(update={"judgements": said}), ESSAYS) for one in good.results]
    run = good.model_copy(update={"setup": judge, "results": tuple(judged)})
    found = audit(run)
    assert found is not None
    assert found.itself is not None
    assert (found.itself.same.k, found.itself.same.n, found.itself.is_low) == (0, 40, True)
    assert "do not rely on this judge" in terminal.render(run)
    assert gate(run, BARS) == gate(good, BARS)
