"""What prompting and fine-tuning cost month by month, exactly. Money is in dollars, prices a million tokens."""

from __future__ import annotations

from collections.abc import Mapping
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
    horizon_months: int = Field(24, ge=1, le=120, description="Months the plot covers.")

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
