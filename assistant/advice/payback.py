"""A situation's break-even: the curves where all figures are there, else a sentence that names those missing."""

from __future__ import annotations

import math

from assistant.advice.breakeven import NAMES, BreakEven, Costs, break_even, costs_of
from assistant.advice.situation import Situation
from assistant.types import Frozen

NEEDED = ("queries_per_month", "tokens_per_query", "prompt_price", "tuned_price", "training_cost")


class Payback(Frozen):
    """``months`` is the essay's break-even against the cheapest prompting; ``never``: there is no saving.

    ``pays``: whether training is ever earned back once upkeep and new base models are counted. None: unknown.
    """

    break_even: BreakEven | None = None
    sentence: str
    months: float | None = None
    never: bool = False
    pays: bool | None = None
    in_words: str = "not known"

    @property
    def length(self) -> float | None:
        """Months as a number that can be compared: infinite for never, None for unknown."""
        return math.inf if self.never else self.months


def payback(situation: Situation) -> Payback:
    """What the situation's figures say. Raises InputError where a figure can't be used."""
    figures = {name: getattr(situation, name) for name in Costs.model_fields if hasattr(situation, name)}
    given = {name: value for name, value in figures.items() if value is not None}
    missing = [name.replace("_", " ") for name in NEEDED if name not in given]
    if not missing:
        return _in_full(break_even(costs_of(given)))
    return _simple(situation) or Payback(sentence=f"No break-even yet: it needs {_listed(missing)}.")


def _in_full(found: BreakEven) -> Payback:
    hardest = found.hardest
    simple = [crossing.simple_months for crossing in found.crossings]
    never = any(months is None for months in simple)
    return Payback(
        break_even=found,
        sentence=" ".join(crossing.sentence for crossing in found.crossings),
        months=None if never else max(months for months in simple if months is not None),
        never=never,
        pays=hardest.months is not None and hardest.lasts,
        in_words=", ".join(f"{_short(c.simple_months)} against {NAMES[c.against]}" for c in found.crossings),
    )


def _simple(situation: Situation) -> Payback | None:
    """From a stated monthly saving, without prices."""
    cost, saving, upkeep = situation.training_cost, situation.saving_per_month, situation.upkeep_per_month or 0.0
    if cost is None or saving is None:
        return None
    if saving == 0:
        return Payback(sentence="It never breaks even: nothing is saved.", never=True, pays=False, in_words="never")
    months = cost / saving
    told = f"${cost:,.0f} of training over ${saving:,.0f} saved a month is {months:,.1f} months"
    if upkeep >= saving:
        told += f"; with ${upkeep:,.0f} of upkeep a month it never pays"
    elif upkeep:
        told += f", {cost / (saving - upkeep):,.1f} with ${upkeep:,.0f} of upkeep a month"
    return Payback(
        sentence=f"{told}. For the curves, give volume, tokens and prices.",
        months=months,
        pays=upkeep < saving,
        in_words=_short(months),
    )


def _short(months: float | None) -> str:
    return "never" if months is None else f"{months:,.1f} months"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
