"""Runs keep what is answered, count what is not, and never ask twice what they know."""

import json
import threading
from pathlib import Path

import pytest
from run_samples import RIGHT, Scripted, owl, suite
from scored_samples import BEYOND, abstained

from assistant.errors import InputError, ModelUnavailable, NothingMeasured, SuiteError
from assistant.evaluation.cases import Case
from assistant.evaluation.gating import Price, Thresholds
from assistant.evaluation.keeping import ANSWERS, RUN, RunFolder, load_run, run_folder
from assistant.evaluation.runs import Plan, Watcher, rescore, run_one
from assistant.types import Answer, Essay, Usage

BARS = Thresholds()
PARK = suite(*(owl(i) for i in range(5)), BEYOND)


def right(case: Case) -> Answer:
    return RIGHT if case.answerable else abstained()


def only(out: Path) -> Path:
    (folder,) = out.iterdir()
    return folder


def test_a_run_keeps_its_set_up_its_answers_and_its_scores(tmp_path: Path) -> None:
    run = run_one(PARK, Scripted(right), Plan(out=tmp_path), BARS)
    assert [result.case.id for result in run.results] == [case.id for case in PARK.cases]
    assert all(result.passed for result in run.results)
    assert {sentinel.name for sentinel in run.sentinels} >= {"always abstain", "cite everything"}
    assert run.verdict == "UNDECIDED"
    assert load_run(tmp_path) == run
    assert len((only(tmp_path) / ANSWERS).read_text().splitlines()) == 6


def test_a_question_that_fails_is_counted_never_dropped() -> None:
    def reply(case: Case) -> Answer:
        if case.id == "owl-1":
            raise ModelUnavailable("The server is down.", "Start it.")
        if case.id == "owl-2":
            raise RuntimeError("a defect")
        return right(case)

    run = run_one(PARK, Scripted(reply), Plan(), BARS)
    errors = {result.case.id: result.error for result in run.results if result.error}
    assert errors == {"owl-1": "The server is down. Start it.", "owl-2": "RuntimeError: a defect"}
    assert [result.attribution for result in run.results if result.error] == ["error", "error"]
    assert "4 of 6 passed" in run.verdict_reason


def test_a_run_in_which_everything_failed_is_no_measurement(tmp_path: Path) -> None:
    def reply(case: Case) -> Answer:
        raise ModelUnavailable("The server is down.")

    with pytest.raises(NothingMeasured, match="The server is down"):
        run_one(PARK, Scripted(reply), Plan(out=tmp_path), BARS)
    assert len(load_run(tmp_path).results) == 6


def test_gold_that_does_not_resolve_stops_a_run_before_it_asks() -> None:
    answerer = Scripted()
    with pytest.raises(SuiteError, match="owl-9"):
        run_one(suite(owl(1), owl(9, evidence=["words of nobody"])), answerer, Plan(), BARS)
    assert answerer.asked == []


class Interrupting(Watcher):
    """Presses Ctrl-C after some answers."""

    def __init__(self, after: int) -> None:
        self.left = after

    def answered(self, result: object) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_the_answers_and_resume_asks_the_rest(tmp_path: Path) -> None:
    answerer = Scripted(right)
    with pytest.raises(KeyboardInterrupt):
        run_one(PARK, answerer, Plan(out=tmp_path, concurrency=1), BARS, Interrupting(after=2))
    assert not (only(tmp_path) / RUN).exists()
    with pytest.raises(InputError, match="--resume"):
        load_run(tmp_path)
    kept = {result.case.id for result in RunFolder.open(only(tmp_path)).results()}
    assert len(kept) == 2
    again = Scripted(right)
    run = run_one(PARK, again, Plan(out=tmp_path, resume=True), BARS)
    assert sorted(again.asked) == sorted({case.id for case in PARK.cases} - kept)
    assert len(run.results) == 6
    assert load_run(only(tmp_path)) == run


def test_a_line_cut_off_by_a_crash_is_asked_again(tmp_path: Path) -> None:
    run_one(PARK, Scripted(right), Plan(out=tmp_path), BARS)
    file = only(tmp_path) / ANSWERS
    file.write_bytes(file.read_bytes()[:-40])
    again = Scripted(right)
    run = run_one(PARK, again, Plan(out=tmp_path, resume=True), BARS)
    assert len(again.asked) == 1
    assert len(run.results) == len(file.read_text().splitlines()) == 6


def test_resume_never_mixes_set_ups(tmp_path: Path) -> None:
    run_one(PARK, Scripted(right), Plan(out=tmp_path), BARS)
    other = Scripted(right)
    other.model = "another"
    run_one(PARK, other, Plan(out=tmp_path, resume=True), BARS)
    assert len(other.asked) == 6
    with pytest.raises(InputError, match="holds 2 runs"):
        run_folder(tmp_path)


def test_only_errors_are_retried(tmp_path: Path) -> None:
    down = threading.Event()
    down.set()

    def reply(case: Case) -> Answer:
        if case.id == "owl-3" and down.is_set():
            raise ModelUnavailable("The server is down.")
        return right(case)

    run_one(PARK, Scripted(reply), Plan(out=tmp_path), BARS)
    down.clear()
    again = Scripted(reply)
    run = run_one(PARK, again, Plan(out=tmp_path, retry_errors=True), BARS)
    assert again.asked == ["owl-3"]
    assert all(result.passed for result in run.results)
    with pytest.raises(InputError, match="to retry"):
        run_one(suite(owl(1), sha256="1" * 64), again, Plan(out=tmp_path, retry_errors=True), BARS)


def test_each_case_is_asked_as_often_as_wanted() -> None:
    run = run_one(PARK, Scripted(right), Plan(repeat=3), BARS)
    assert len(run.results) == 18
    assert sorted(result.repeat for result in run.results if result.case.id == "owl-0") == [0, 1, 2]
    assert "6 of 6 passed" in run.verdict_reason


def test_questions_are_asked_at_once() -> None:
    together = threading.Barrier(3, timeout=20)

    def reply(case: Case) -> Answer:
        together.wait()
        return right(case)

    run = run_one(PARK, Scripted(reply), Plan(concurrency=3), BARS)
    assert not any(result.error for result in run.results)


@pytest.mark.parametrize("plan", [Plan(repeat=0), Plan(concurrency=0)])
def test_a_plan_that_asks_nothing_is_refused(plan: Plan) -> None:
    with pytest.raises(InputError, match=r"[Aa]t least"):
        run_one(PARK, Scripted(), plan, BARS)


def test_rescoring_asks_nothing_and_takes_the_newer_cases(tmp_path: Path) -> None:
    answerer = Scripted(right)
    run = run_one(PARK, answerer, Plan(out=tmp_path), BARS)
    folder = RunFolder.open(only(tmp_path))
    assert rescore(folder, answerer.essays, BARS) == run
    stricter = suite(*(owl(i, facts=["dawn"]) for i in range(5)), BEYOND, sha256="2" * 64)
    again = rescore(folder, answerer.essays, BARS, stricter)
    assert [result.attribution for result in again.results] == ["fact missing"] * 5 + [None]
    assert again.setup.suite_sha256 == "2" * 64
    assert load_run(tmp_path) == again


def test_rescoring_refuses_other_documents_questions_and_gaps(tmp_path: Path) -> None:
    answerer = Scripted(right)
    run_one(PARK, answerer, Plan(out=tmp_path), BARS)
    folder = RunFolder.open(only(tmp_path))
    edited = {name: Essay(**essay.model_dump() | {"text": "Edited."}) for name, essay in answerer.essays.items()}
    with pytest.raises(InputError, match="documents are not those"):
        rescore(folder, edited, BARS)
    with pytest.raises(InputError, match="owl-77 was not asked"):
        rescore(folder, answerer.essays, BARS, suite(owl(77)))
    folder.keep(folder.results()[:-1])
    with pytest.raises(InputError, match="1 answers are missing"):
        rescore(folder, answerer.essays, BARS)


def test_tokens_cost_what_the_price_says() -> None:
    def reply(case: Case) -> Answer:
        return right(case).model_copy(update={"usage": Usage(input_tokens=2_000_000, output_tokens=1_000_000)})

    run = run_one(PARK, Scripted(reply), Plan(), Thresholds(prices={"scripted": Price(input=1, output=2)}))
    assert {result.scores["cost"].value for result in run.results} == {4.0}


def test_a_run_of_another_schema_is_refused(tmp_path: Path) -> None:
    run_one(PARK, Scripted(right), Plan(out=tmp_path), BARS)
    file = only(tmp_path) / RUN
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema_version": 99}))
    with pytest.raises(InputError, match="schema version 99"):
        load_run(tmp_path)
    file.write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        load_run(tmp_path)
    with pytest.raises(InputError, match="holds no run"):
        load_run(tmp_path / "nowhere")
