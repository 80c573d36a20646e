"""Figures with their uncertainty: never outside [0, 1], the same each time, and right where they are published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import NothingMeasured
from assistant.evaluation.statistics import bootstrap, holm, mcnemar, permutation, wilson


def test_a_share_of_46_in_50_is_less_sure_than_it_looks() -> None:
    found = wilson(46, 50)
    assert (round(found.low, 2), round(found.high, 2)) == (0.81, 0.97)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (4, 5), (35, 35), (189, 200), (7, 1000)])
def test_wilson_is_scipys(k: int, n: int) -> None:
    from scipy.stats import binomtest

    theirs = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n).low == pytest.approx(theirs.low, abs=1e-12)
    assert wilson(k, n).high == pytest.approx(theirs.high, abs=1e-12)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_a_share(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    assert 0.0 <= found.low <= found.share <= found.high <= 1.0


def test_nothing_measured_is_an_error_not_a_number() -> None:
    for nothing in (lambda: wilson(0, 0), lambda: permutation([], []), lambda: bootstrap([], [])):
        with pytest.raises(NothingMeasured):
            nothing()


def test_six_one_way_flips_are_significant_and_five_are_not() -> None:
    assert mcnemar(6, 0) == mcnemar(0, 6) == pytest.approx(0.03125)
    assert mcnemar(5, 0) > 0.05
    assert mcnemar(0, 0) == mcnemar(3, 3) == 1.0


def test_permutation_is_exact_for_few_pairs_and_repeatable_for_many() -> None:
    assert permutation([0.0] * 6, [1.0] * 6) == pytest.approx(2 / 64)
    assert permutation([0.5] * 40, [0.5] * 40) == permutation([0.5] * 3, [0.5, 0.5, 0.9]) == 1.0
    before, after = [i / 40 for i in range(40)], [i / 40 + (0.2 if i % 3 else -0.1) for i in range(40)]
    assert permutation(before, after) == permutation(before, after) < 0.01


def test_bootstrap_holds_the_mean_difference() -> None:
    low, high = bootstrap([0.0, 0.2, 0.4, 0.1, 0.9], [0.1, 0.5, 0.4, 0.3, 1.0])
    assert 0 <= low < 0.14 < high
    assert bootstrap([0.5, 0.5], [0.75, 0.75]) == (0.25, 0.25)


def test_many_tests_ask_more_of_each() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
