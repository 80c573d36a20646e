"""Runs are compared case by case, and only what is more than chance counts as a fall."""

import json
from pathlib import Path

import pytest
from run_samples import owl, result, run_of

from assistant.errors import InputError
from assistant.evaluation import compare
from assistant.evaluation.keeping import bless, fallen, load_against, load_run


def falling(count: int, of: int = 40) -> tuple[list[bool], list[bool]]:
    return [True] * of, [i >= count for i in range(of)]


def test_flips_are_listed_with_the_way_they_failed() -> None:
    compared = compare(run_of([True, True, False], "a"), run_of([True, False, True], "b"))
    assert [(flip.case_id, flip.why) for flip in compared.falls] == [("owl-1", "should have answered")]
    assert [flip.case_id for flip in compared.rises] == ["owl-2"]
    assert (compared.passed_before, compared.passed_after, compared.n) == (2, 2, 3)
    assert not compared.fell


def test_six_falls_are_significant_five_are_not() -> None:
    for count, fell in ((5, False), (6, True)):
        before, after = falling(count)
        compared = compare(run_of(before, "a"), run_of(after, "b"))
        assert compared.fell is fell
        assert compared.pass_high <= 0
    assert not compare(run_of(after, "b"), run_of(before, "a")).fell


def test_a_measure_that_falls_is_seen_though_no_case_flips() -> None:
    def scored(value: float, name: str, measure: str = "citation_recall"):
        results = tuple(result(owl(i), True, scores={measure: value + i / 1000}) for i in range(20))
        return run_of([], name).model_copy(update={"results": results})

    compared, told = fallen(scored(0.9, "a"), scored(0.7, "b"))
    (recall,) = [one for one in compared.differences if one.name == "citation_recall"]
    assert recall.fell
    assert (round(recall.change, 3), recall.n) == (-0.2, 20)
    assert recall.low <= recall.change <= recall.high
    assert "citation_recall fell" in told
    assert fallen(scored(0.7, "b"), scored(0.9, "a"))[1] == ""
    assert fallen(scored(90, "a", "brevity"), scored(60, "b", "brevity"))[1] == ""


def test_repeats_do_not_count_as_cases() -> None:
    before, after = (
        run_of([], name).model_copy(
            update={"results": tuple(result(owl(i), passed, repeat) for i in range(3) for repeat in range(10))}
        )
        for name, passed in (("a", True), ("b", False))
    )
    compared = compare(before, after)
    assert (compared.n, len(compared.falls)) == (3, 3)
    assert not compared.fell


def test_cases_that_ask_otherwise_are_left_out_and_said_so() -> None:
    before, after = run_of([True, True], "a"), run_of([True, True], "b")
    other = after.results[1].model_copy(update={"case": owl(1, question="What do owls eat?")})
    after = after.model_copy(update={"results": (after.results[0], other)})
    compared = compare(before, after)
    assert compared.n == 1
    assert "1 cases" in compared.notices[0]
    with pytest.raises(InputError, match="share no case"):
        compare(before, after.model_copy(update={"results": (other,)}))


def test_a_blessed_run_is_small_reviewable_and_compares_as_the_run_did(tmp_path: Path) -> None:
    before, after = falling(7)
    run = run_of(before, "a")
    file = bless(run, tmp_path / "baseline.json")
    lines = file.read_text().splitlines()
    assert sum('"owl-' in line for line in lines) == len(lines) - lines.index(' "results": [') - 3 == 40
    assert max(map(len, lines)) < 600
    blessed = load_run(file)
    assert "answer" not in json.loads(file.read_text())["results"][0]
    assert compare(blessed, run_of(after, "b")) == compare(run, run_of(after, "b"))
    told = fallen(blessed, run_of(after, "b"))[1]
    assert "7 cases fell" in told
    assert "owl-0, owl-1, owl-2, owl-3, owl-4, owl-5, owl-6" in told
    assert load_against(file) == blessed
