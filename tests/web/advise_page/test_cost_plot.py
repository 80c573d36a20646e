"""The picture of the costs: what is drawn is what is counted."""

import pytest

from assistant.advice.breakeven import BreakEven, break_even, costs_of
from assistant.web.pages.advise import BOTTOM, LEFT, RIGHT, TOP, money, plot_of

TASK = {
    "queries_per_month": 1_000_000, "tokens_per_query": 1_500, "prompt_price": 3, "tuned_price": 1,
    "cached_price": 2, "training_cost": 9_000,
}  # fmt: skip


def found(**figures: object) -> BreakEven:
    return break_even(costs_of(TASK | figures))


def places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def test_each_curve_runs_through_its_months() -> None:
    counted = found()
    plot = plot_of(counted)
    assert [line.option for line in plot.lines] == ["prompting", "cached", "fine-tuning"]
    assert (plot.dollars[-1].label, plot.dollars[-1].at) == ("$80k", TOP)
    for line, curve in zip(plot.lines, counted.curves, strict=True):
        assert line.dollars.split() == [str(month.dollars) for month in curve.months]
        for (x, y), month in zip(places(line.points), curve.months, strict=True):
            assert x == pytest.approx(LEFT + (RIGHT - LEFT) * month.month / 12, abs=0.01)
            assert y == pytest.approx(BOTTOM - (BOTTOM - TOP) * float(month.dollars) / 80_000, abs=0.01)


def test_a_crossing_is_where_the_lines_cross() -> None:
    plot = plot_of(found())
    assert [(each.against, each.months) for each in plot.crossed] == [("prompting", 3.0), ("cached", 5.4545)]
    tuned = dict(places(plot.lines[2].points))
    assert plot.crossed[0].y == pytest.approx(tuned[plot.crossed[0].x], abs=0.01)


@pytest.mark.parametrize(("training", "horizon"), [(1_000, 3), (9_000, 12), (100_000, 120), (9e9, 24)])
def test_the_time_axis_fits_the_break_even_and_names_its_unit(training: float, horizon: int) -> None:
    counted = found(training_cost=training)
    assert counted.horizon == horizon
    plot = plot_of(counted)
    assert plot.months[-1].label == f"{horizon} months"
    assert len(plot.months) <= 5
    assert len(plot.crossed) == sum(each.months is not None for each in counted.crossings)


def test_training_again_goes_straight_up_at_the_end_of_its_month() -> None:
    plot = plot_of(found(release_months=6, retraining_cost=4_000, horizon_months=24))
    xs = [x for x, _ in places(plot.lines[2].points)]
    assert [x for x in xs if xs.count(x) > 1] == [x for x in sorted(set(xs)) if xs.count(x) > 1 for _ in range(2)]
    assert sum(xs.count(x) > 1 for x in set(xs)) == 4


@pytest.mark.parametrize(
    "figures",
    [
        {"prompt_price": 0, "tuned_price": 0, "cached_price": 0, "training_cost": 0},
        {"tuned_price": 9},
        {"queries_per_month": 1, "tokens_per_query": 1, "training_cost": 0},
        {"queries_per_month": 1e9, "prompt_price": 300},
    ],
)
def test_all_of_it_lies_on_the_canvas(figures: dict[str, object]) -> None:
    plot = plot_of(found(**figures))
    for line in plot.lines:
        for x, y in places(line.points) + places(line.shade):
            assert LEFT <= x <= RIGHT
            assert TOP - 0.01 <= y <= BOTTOM
    assert len(plot.dollars) <= 7


def test_money_in_few_characters() -> None:
    assert [money(n) for n in (0, 0.5, 950, 1_500, 250_000, 2e6, 1e9)] == [
        "$0", "$0.5", "$950", "$1.5k", "$250k", "$2M", "$1B",
    ]  # fmt: skip
