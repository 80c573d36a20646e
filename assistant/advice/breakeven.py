"""When a training run has paid for itself, and the cumulative costs behind the plot.

What prompting and fine-tuning cost month by month, exactly. Money is in dollars, prices a million tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, ValidationError

from assistant.errors import InputError
from assistant.types import Frozen

MILLION = Decimal(1_000_000)
CENT = Decimal("0.01")
MOST = Decimal(10) ** 12
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)  # the usual 28 digits don't hold the largest figures
_AS_NUMBER = PlainSerializer(float, return_type=float, when_used="json")
Amount = Annotated[Decimal, Field(ge=0, le=MOST), _AS_NUMBER]
Dollars = Annotated[Decimal, Field(ge=0), _AS_NUMBER]
"""A sum that was worked out: as large as it comes."""
Positive = Annotated[Decimal, Field(gt=0, le=MOST), _AS_NUMBER]
Share = Annotated[Decimal, Field(ge=0, le=1), _AS_NUMBER]
Option = Literal["prompting", "cached", "fine-tuning"]


HORIZONS = (3, 6, 12, 24, 36, 60)
LONGEST_HORIZON = 120


class Costs(Frozen):
    """The figures of one task. A price is dollars a million tokens, blended over input and output."""

    queries_per_month: Positive = Field(description="Queries a month.")
    tokens_per_query: Positive = Field(description="Tokens a query takes when prompted.")
    prompt_price: Amount = Field(description="Price of the prompted model.")
    tuned_price: Amount = Field(description="Price of the fine-tuned model.")
    training_cost: Amount = Field(description="The first training run, with its data preparation.")
    tuned_tokens_per_query: Positive | None = Field(None, description="Tokens when fine-tuned; else as prompted.")
    cached_price: Amount | None = Field(None, description="Price of prompt tokens read from a cache.")
    cached_share: Share = Field(Decimal("0.9"), description="Share of the prompt that a cached prefix holds.")
    upkeep_per_month: Amount = Field(Decimal(0), description="People, serving and tooling a month.")
    release_months: int | None = Field(
        None, ge=1, le=1200, description="Months between base models, each of which asks for training again."
    )
    retraining_cost: Amount | None = Field(None, description="Training again for a new base model; else as the first.")
    uncertainty: Share = Field(Decimal("0.2"), description="How far the volume may be off, as a share.")
    horizon_months: int | None = Field(
        None, ge=1, le=LONGEST_HORIZON, description="Months the plot covers; else till well behind the break-even."
    )

    @property
    def retraining(self) -> Decimal:
        """Dollars for training again when a base model comes out."""
        return self.training_cost if self.retraining_cost is None else self.retraining_cost

    def per_month(self, option: Option) -> Decimal:
        """Dollars the tokens of a month cost, without upkeep and training."""
        volume, tokens = self.queries_per_month, self.tokens_per_query
        if option == "fine-tuning":
            return volume * (self.tuned_tokens_per_query or tokens) * self.tuned_price / MILLION
        if option == "cached" and self.cached_price is not None:
            price = self.cached_share * self.cached_price + (1 - self.cached_share) * self.prompt_price
            return volume * tokens * price / MILLION
        return volume * tokens * self.prompt_price / MILLION

    def cumulative(self, option: Option, month: int, volume: Decimal = Decimal(1)) -> Decimal:
        """Dollars spent by the end of ``month`` (0: before the first), at ``volume`` times the stated volume."""
        spent = month * volume * self.per_month(option)
        if option != "fine-tuning":
            return spent
        releases = month // self.release_months if self.release_months else 0
        return spent + self.training_cost + month * self.upkeep_per_month + releases * self.retraining

    @property
    def options(self) -> tuple[Option, ...]:
        """What there are figures for."""
        return ("prompting", "fine-tuning") if self.cached_price is None else ("prompting", "cached", "fine-tuning")


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves up."""
    return amount.quantize(CENT, context=_WIDE)


def costs_of(figures: Mapping[str, object]) -> Costs:
    """The figures, checked. Raises InputError with a sentence that names the figure and what it must be."""
    try:
        return Costs.model_validate(figures)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).replace("_", " ") if first["loc"] else "the figures"
        if first["type"] == "missing":
            raise InputError(f"The break-even needs the {name}.", "Give it, or leave the break-even out.") from None
        told = first["msg"].replace("Input should be", "must be").replace("Input", "it")
        raise InputError(f"The {name} can't be used: {told}.", "Correct it.") from None


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
    def horizon(self) -> int:
        """Months the curves cover."""
        return self.curves[0].months[-1].month

    @property
    def hardest(self) -> Crossing:
        """The crossing that takes longest: against the cheapest way of prompting."""
        return max(self.crossings, key=lambda c: (c.months is None, c.months or 0.0))


def break_even(costs: Costs) -> BreakEven:
    """Everything about one task's costs."""
    crossings = tuple(_crossing(costs, option) for option in costs.options if option != "fine-tuning")
    horizon = costs.horizon_months or _horizon([each.months for each in crossings if each.months is not None])
    return BreakEven(
        costs=costs,
        crossings=crossings,
        curves=tuple(_curve(costs, option, horizon) for option in costs.options),
    )


def _horizon(crossings: Sequence[float]) -> int:
    """Months in which the last crossing lies in the first two thirds; two years where there is none."""
    if not crossings:
        return 24
    return next((months for months in HORIZONS if max(crossings) * 1.5 <= months), LONGEST_HORIZON)


def _curve(costs: Costs, option: Option, horizon: int) -> Curve:
    least, most = 1 - costs.uncertainty, 1 + costs.uncertainty
    months = tuple(
        Month(
            month=month,
            dollars=cents(costs.cumulative(option, month)),
            low=cents(costs.cumulative(option, month, least)),
            high=cents(costs.cumulative(option, month, most)),
        )
        for month in range(horizon + 1)
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
        sentence=_sentence(NAMES[against], saving, costs.upkeep_per_month, simple, months, lasts),
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


def _sentence(
    name: str, saving: Decimal, upkeep: Decimal, simple: Decimal | None, months: Decimal | None, lasts: bool
) -> str:
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
    after = ", upkeep taken off" if upkeep else " on tokens"
    told = f"{_months(months)} against {name}, saving {_dollars(saving - upkeep)} a month{after}"
    return f"{told}." if lasts else f"{told}; but each new base model's training puts it behind again."


def _months(months: Decimal) -> str:
    return f"{months:,.1f} months"


def _dollars(amount: Decimal) -> str:
    return f"${cents(amount):,}"


def _rounded(months: Decimal | None) -> float | None:
    return None if months is None else round(float(months), 4)
