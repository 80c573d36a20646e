"""When a training run has paid for itself, and the cumulative costs behind the plot."""

from __future__ import annotations

from decimal import Decimal

from assistant.advice.costs import Costs, Dollars, Option, cents
from assistant.types import Frozen

WORTH_EXPLORING_MONTHS = 6
"""Below this many months fine-tuning is worth exploring (Tian Pan's framework)."""
FARTHEST = 600
"""Months after which a break-even counts as never."""
NAMES: dict[Option, str] = {
    "prompting": "prompting",
    "cached": "prompting with a cached prefix",
    "fine-tuning": "fine-tuning",
}


class Month(Frozen):
    """Dollars spent on one option by the end of a month: as stated, and at the least and most volume."""

    month: int
    dollars: Dollars
    low: Dollars
    high: Dollars


class Curve(Frozen):
    """The cumulative costs of one option, month 0 first."""

    option: Option
    per_month: Dollars
    months: tuple[Month, ...]


class Crossing(Frozen):
    """When fine-tuning has become cheaper than ``against``; None: never, or not within fifty years.

    ``simple_months`` is training cost over the monthly saving on tokens, as the essay has it. ``months`` also counts
    upkeep and training again for each new base model; ``lasts`` says whether it then stays the cheaper one.
    """

    against: Option
    saving_per_month: float
    simple_months: float | None
    months: float | None
    tokens: int | None
    lasts: bool
    sentence: str


class BreakEven(Frozen):
    """The figures as understood, the crossings against each kind of prompting, and the curves."""

    costs: Costs
    crossings: tuple[Crossing, ...]
    curves: tuple[Curve, ...]

    @property
    def hardest(self) -> Crossing:
        """The crossing that takes longest: against the cheapest way of prompting."""
        return max(self.crossings, key=lambda c: (c.months is None, c.months or 0.0))


def break_even(costs: Costs) -> BreakEven:
    """Everything about one task's costs."""
    against = [option for option in costs.options if option != "fine-tuning"]
    return BreakEven(
        costs=costs,
        crossings=tuple(_crossing(costs, option) for option in against),
        curves=tuple(_curve(costs, option) for option in costs.options),
    )


def _curve(costs: Costs, option: Option) -> Curve:
    least, most = 1 - costs.uncertainty, 1 + costs.uncertainty
    months = tuple(
        Month(
            month=month,
            dollars=cents(costs.cumulative(option, month)),
            low=cents(costs.cumulative(option, month, least)),
            high=cents(costs.cumulative(option, month, most)),
        )
        for month in range(costs.horizon_months + 1)
    )
    return Curve(option=option, per_month=cents(costs.per_month(option)), months=months)


def _crossing(costs: Costs, against: Option) -> Crossing:
    saving = costs.per_month(against) - costs.per_month("fine-tuning")
    simple = _within(costs.training_cost, saving)
    months = _first_crossing(costs, saving - costs.upkeep_per_month)
    lasts = months is not None and _lasts(costs, saving - costs.upkeep_per_month)
    tokens = costs.queries_per_month * costs.tokens_per_query
    return Crossing(
        against=against,
        saving_per_month=float(cents(saving)),
        simple_months=_rounded(simple),
        months=_rounded(months),
        tokens=None if months is None else round(months * tokens),
        lasts=lasts,
        sentence=_sentence(NAMES[against], saving, simple, months, lasts),
    )


def _within(owed: Decimal, saving: Decimal) -> Decimal | None:
    """Months in which a monthly saving pays what is owed, where they are few enough to matter."""
    return owed / saving if saving > 0 and owed <= FARTHEST * saving else None


def _first_crossing(costs: Costs, net_saving: Decimal) -> Decimal | None:
    """Months until what was saved first equals what training had cost by then; retraining comes at month ends."""
    owed, every = costs.training_cost, costs.release_months
    if net_saving <= 0:
        return None if owed > 0 or net_saving < 0 else Decimal(0)
    releases = 0
    while True:
        months = _within(owed, net_saving)
        if months is None:
            return None
        if every is None or months < (releases + 1) * every:
            return months
        owed += costs.retraining
        releases += 1


def _lasts(costs: Costs, net_saving: Decimal) -> bool:
    """Whether what a release's training costs is earned back before the next."""
    return costs.release_months is None or net_saving * costs.release_months >= costs.retraining


def _sentence(name: str, saving: Decimal, simple: Decimal | None, months: Decimal | None, lasts: bool) -> str:
    if saving <= 0:
        return f"Never against {name}: a fine-tuned query costs no less, so there is nothing to earn the training back."
    if simple is None:
        return (
            f"Not within fifty years against {name}: the saving on tokens ({_dollars(saving)} a month) is too small "
            "for the training cost."
        )
    if months is None:
        return (
            f"Never against {name}: the saving on tokens ({_dollars(saving)} a month) alone would pay the training "
            f"back in {simple:,.1f} months, but upkeep and training again for new base models eat it up."
        )
    told = f"{_months(months)} against {name}, saving {_dollars(saving)} a month on tokens"
    if months != simple:
        told += f" ({simple:,.1f} without upkeep and retraining)"
    return f"{told}." if lasts else f"{told}; but each new base model's training puts it behind again."


def _months(months: Decimal) -> str:
    return f"{months:,.1f} months"


def _dollars(amount: Decimal) -> str:
    return f"${cents(amount):,}"


def _rounded(months: Decimal | None) -> float | None:
    return None if months is None else round(float(months), 4)
