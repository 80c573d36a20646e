"""Break-even and the cumulative costs, against sums done another way."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.breakeven import BreakEven, break_even, costs_of
from assistant.errors import InputError

TASK = {
    "queries_per_month": 1_000_000,
    "tokens_per_query": 2_000,
    "prompt_price": 3,
    "cached_price": "0.3",
    "tuned_price": "0.6",
    "training_cost": 20_000,
}


def of(**figures: object) -> BreakEven:
    return break_even(costs_of(TASK | {"horizon_months": 24} | figures))


def spreadsheet(months: int, **figures: object) -> list[dict[str, Fraction]]:
    """The table as one would fill it in by hand: each month adds its own costs to the row before."""
    given = {name: Fraction(str(value)) for name, value in (TASK | figures).items()}
    million = Fraction(1_000_000)
    volume = given["queries_per_month"] * given["tokens_per_query"] / million
    tuned_volume = given["queries_per_month"] * given.get("tuned_tokens_per_query", given["tokens_per_query"]) / million
    share = given.get("cached_share", Fraction(9, 10))
    row = {"prompting": Fraction(0), "cached": Fraction(0), "fine-tuning": given["training_cost"]}
    rows = [dict(row)]
    for month in range(1, months + 1):
        row["prompting"] += volume * given["prompt_price"]
        row["cached"] += volume * share * given["cached_price"] + volume * (1 - share) * given["prompt_price"]
        row["fine-tuning"] += tuned_volume * given["tuned_price"] + given.get("upkeep_per_month", 0)
        if "release_months" in given and month % given["release_months"] == 0:
            row["fine-tuning"] += given.get("retraining_cost", given["training_cost"])
        rows.append(dict(row))
    return rows


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"upkeep_per_month": 1234, "release_months": 5},
        {"upkeep_per_month": "99.99", "release_months": 7, "retraining_cost": "1500.55", "tuned_tokens_per_query": 333},
        {"cached_share": "0.333", "prompt_price": "2.7182", "cached_price": "0.1414", "queries_per_month": 12_345},
    ],
)
def test_the_curves_are_right_to_the_cent(figures: dict[str, object]) -> None:
    rows = spreadsheet(24, **figures)
    for curve in of(**figures).curves:
        for month, row in zip(curve.months, rows, strict=True):
            assert abs(Fraction(month.dollars) - row[curve.option]) <= Fraction(1, 200)


def test_the_shaded_band_is_the_same_sum_at_less_and_more_volume() -> None:
    usual = {c.option: c for c in of(uncertainty="0.25", upkeep_per_month=10).curves}
    less = {c.option: c for c in of(queries_per_month=750_000, upkeep_per_month=10).curves}
    more = {c.option: c for c in of(queries_per_month=1_250_000, upkeep_per_month=10).curves}
    for option, curve in usual.items():
        assert [m.low for m in curve.months] == [m.dollars for m in less[option].months]
        assert [m.high for m in curve.months] == [m.dollars for m in more[option].months]


def test_the_simple_break_even_is_training_cost_over_price_difference_times_volume() -> None:
    prompting, cached = of().crossings
    assert prompting.simple_months == prompting.months == round(20_000 / ((3 - 0.6) / 1e6 * 2_000 * 1e6), 4)
    assert cached.against == "cached"
    assert cached.months is None or cached.months > prompting.months


def test_the_largest_figures_are_no_trouble() -> None:
    most = 10**12
    found = of(queries_per_month=most, tokens_per_query=most, prompt_price=most, training_cost=most, horizon_months=120)
    assert found.curves[0].months[-1].dollars == 120 * 10**30


def test_the_smallest_figures_are_no_trouble() -> None:
    least = "1e-300"
    found = of(queries_per_month=least, prompt_price=least, tuned_price=0, cached_price=0, training_cost=10**12)
    assert [(c.simple_months, c.months) for c in found.crossings] == [(None, None)] * 2


@settings(deadline=None)  # other work on the machine is no failure
@given(
    training=st.integers(1, 50_000),
    upkeep=st.integers(0, 5_000),
    retraining=st.integers(0, 50_000),
    every=st.integers(1, 24),
    price=st.integers(1, 20),
)
def test_before_the_break_even_fine_tuning_is_dearer_and_at_it_no_longer(
    training: int, upkeep: int, retraining: int, every: int, price: int
) -> None:
    figures = {
        "training_cost": training, "upkeep_per_month": upkeep, "retraining_cost": retraining,
        "release_months": every, "prompt_price": price, "queries_per_month": 100_000, "horizon_months": 120,
    }  # fmt: skip
    found = of(**figures)
    crossing = found.crossings[0]
    curves = {curve.option: [m.dollars for m in curve.months] for curve in found.curves}
    gaps = [tuned - prompted for tuned, prompted in zip(curves["fine-tuning"], curves["prompting"], strict=True)]
    before = gaps if crossing.months is None else gaps[: int(crossing.months) + (crossing.months % 1 > 0)]
    assert all(gap >= 0 for gap in before)
    if crossing.months is not None and crossing.lasts and crossing.months < 119 and retraining == 0:
        assert gaps[int(crossing.months) + 1] <= 0


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"tuned_price": 3}, "costs no less"),
        ({"tuned_price": 9}, "costs no less"),
        ({"upkeep_per_month": 10_000}, "eat it up"),
        ({"release_months": 2}, "eat it up"),
        ({"release_months": 12, "training_cost": 4_800, "retraining_cost": 100_000}, "behind again"),
        ({"training_cost": 4_800_000}, "Not within fifty years against prompting: the saving on tokens ($4,800.00"),
        ({}, "4.2 months against prompting, saving $4,800.00 a month on tokens."),
        ({"upkeep_per_month": 800}, "5.0 months against prompting, saving $4,000.00 a month, upkeep taken off."),
    ],
)
def test_each_outcome_is_a_sentence(figures: dict[str, object], said: str) -> None:
    assert said in of(**figures).crossings[0].sentence


def test_training_again_at_a_release_moves_the_break_even_back() -> None:
    costs = {"training_cost": 10_000, "retraining_cost": 3_000, "release_months": 2}
    assert of(**costs).crossings[0].months == round(13_000 / 4_800, 4)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"training_cost": -1}, "training cost can't be used: must be greater than or equal to 0"),
        ({"queries_per_month": 0}, "queries per month can't be used: must be greater than 0"),
        ({"tokens_per_query": "many"}, "tokens per query can't be used"),
        ({"prompt_price": float("nan")}, "prompt price can't be used"),
        ({"prompt_price": "Infinity"}, "prompt price can't be used"),
        ({"cached_share": 2}, "cached share can't be used"),
        ({"release_months": 0}, "release months can't be used"),
    ],
)
def test_a_bad_figure_gets_a_sentence(figures: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        of(**figures)


def test_a_missing_figure_is_named() -> None:
    with pytest.raises(InputError, match="needs the training cost"):
        costs_of({name: value for name, value in TASK.items() if name != "training_cost"})
