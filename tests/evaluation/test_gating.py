"""The gate opens only where it is sure, and says what else to do."""

from pathlib import Path

import pytest
from run_samples import broken, owl, result, run_of

from assistant.errors import InputError, NothingMeasured
from assistant.evaluation import gate
from assistant.evaluation.gating import Price, Thresholds, load_thresholds
from assistant.types import Usage


def passes(k: int, n: int) -> list[bool]:
    return [i < k for i in range(n)]


@pytest.mark.parametrize(("k", "n"), [(35, 35), (50, 50), (96, 100), (189, 200)])
def test_a_run_whose_lower_end_clears_the_bar_ships(k: int, n: int) -> None:
    assert gate(run_of(passes(k, n))).ships


@pytest.mark.parametrize(("k", "n"), [(34, 34), (46, 50), (94, 100), (5, 5)])
def test_a_share_above_the_bar_is_not_enough(k: int, n: int) -> None:
    found = gate(run_of(passes(k, n)))
    assert found.verdict == "UNDECIDED"
    assert found.more_cases is not None
    more = gate(run_of(passes(round(k / n * (n + found.more_cases)), n + found.more_cases)))
    assert more.verdict == "SHIP"
    assert f"{found.more_cases} more cases" in found.reason


def test_far_below_the_prompt_is_mended_first() -> None:
    found = gate(run_of(passes(3, 30)))
    assert found.verdict == "FIX THE PROMPT FIRST"
    assert "27 should have answered" in found.reason


def test_between_the_bars_the_failures_are_the_reason_for_tuning() -> None:
    found = gate(run_of(passes(70, 100)))
    assert found.verdict == "CONSIDER FINE-TUNING"
    assert "30 should have answered (mend the index" in found.reason


def test_a_share_on_the_bar_is_decided_by_no_number_of_cases() -> None:
    found = gate(run_of(passes(90, 100)))
    assert (found.verdict, found.more_cases) == ("UNDECIDED", None)
    assert "No number of cases" in found.reason


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(NothingMeasured):
        gate(run_of([]))


def test_a_suite_that_lets_a_sentinel_pass_ships_nothing() -> None:
    found = gate(run_of(passes(200, 200), sentinels=[broken()]))
    assert not found.ships
    assert "suite is broken" in found.reason
    assert "'always abstain'" in found.reason


def test_a_kind_that_fails_is_not_hidden_by_the_others() -> None:
    run = run_of(passes(490, 490))
    failing = tuple(result(owl(1000 + i, kind="compare"), False) for i in range(10))
    found = gate(run.model_copy(update={"results": run.results + failing}))
    assert not found.ships
    assert "compare (0 of 10)" in found.reason


def test_an_error_stays_in_the_denominator() -> None:
    run = run_of(passes(50, 50))
    errors = tuple(
        result(owl(1000 + i), False).model_copy(update={"answer": None, "error": "x", "attribution": "error"})
        for i in range(25)
    )
    found = gate(run.model_copy(update={"results": run.results + errors}))
    assert (found.passed.k, found.passed.n, found.verdict) == (50, 75, "ERRORS")


def test_a_run_with_errors_is_headed_so_and_no_prompt_is_blamed() -> None:
    run = run_of([False] * 12)
    failed = run.results[0].model_copy(update={"answer": None, "error": "status 500", "attribution": "error"})
    found = gate(run.model_copy(update={"results": (failed, *run.results[1:])}))
    assert (found.verdict, found.ships) == ("ERRORS", False)
    assert found.reason.startswith("1 of 12 questions ended in an error.")


def test_repeats_are_reduced_per_case_first() -> None:
    run = run_of([])
    shaky = tuple(result(owl(i), passed=repeat < 2, repeat=repeat) for i in range(50) for repeat in range(3))
    run = run.model_copy(update={"results": shaky})
    assert gate(run).passed.k == 0
    assert gate(run, Thresholds(repeats=0.6)).ships
    assert gate(run, Thresholds(repeats=0.6)).passed.n == 50


def test_a_suite_may_have_bars_of_its_own() -> None:
    run = run_of(passes(12, 12))
    small = run.model_copy(update={"setup": run.setup.model_copy(update={"suite": "smoke"})})
    assert not gate(run, load_thresholds()).ships
    assert gate(small, load_thresholds()).ships
    assert not gate(small.model_copy(update={"results": run_of(passes(11, 12)).results}), load_thresholds()).ships


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[gate]\nship = 2", "ship"),
        ("[gate]\nshipp = 0.9", "shipp"),
        ("[gate]\nship = 0.4", "fix must be below ship"),
        ("[suites.dev]\nship = 0.4", "fix must be below ship"),
        ("[gate", "not TOML"),
    ],
)
def test_a_wrong_file_of_bars_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "bars.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=reason):
        load_thresholds(file)
    with pytest.raises(InputError, match="can't be read"):
        load_thresholds(tmp_path / "none.toml")


def test_a_price_counts_cached_tokens_apart() -> None:
    usage = Usage(input_tokens=1_000_000, cached_input_tokens=400_000, output_tokens=500_000)
    assert Price(input=1, output=4, cached_input=0.1).of(usage) == pytest.approx(0.6 + 0.04 + 2)
    assert Price(input=1, output=4).of(usage) == pytest.approx(3)
