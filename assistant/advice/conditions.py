"""Small typed conditions over facts, in three values: true, false, and None for what nobody knows.

What the rules may ask about: the fields of a situation, and what follows from them, such as its break-even.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from assistant.advice.breakeven import NAMES as WAYS
from assistant.advice.breakeven import WORTH_EXPLORING_MONTHS, BreakEven, Costs, break_even, costs_of
from assistant.advice.situation import RUNGS, Situation, told
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
    paid = [crossing.months for crossing in found.crossings]
    never = any(months is None for months in paid)
    return Payback(
        break_even=found,
        sentence=" ".join(crossing.sentence for crossing in found.crossings),
        months=None if never else max(months for months in paid if months is not None),
        never=never,
        pays=hardest.months is not None and hardest.lasts,
        in_words=", ".join(f"{_short(c.months)} against {WAYS[c.against]}" for c in found.crossings),
    )


def _simple(situation: Situation) -> Payback | None:
    """From a stated monthly saving, or from prices of a query, without prices of tokens."""
    cost, saving, upkeep = situation.training_cost, _saving(situation), situation.upkeep_per_month or 0.0
    if cost is None or saving is None:
        return None
    if saving <= 0:
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


def _saving(situation: Situation) -> float | None:
    """Dollars a month that training saves: as stated, else what its queries cost less."""
    prompted, tuned, queries = situation.query_price, situation.tuned_query_price, situation.queries_per_month
    if situation.saving_per_month is not None or prompted is None or tuned is None or queries is None:
        return situation.saving_per_month
    return round(queries * (prompted - tuned), 2)


def _short(months: float | None) -> str:
    return "never" if months is None else f"{months:,.1f} months"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


Facts = Mapping[str, Any]
"""Name → value; None: unknown."""


class Condition(Frozen):
    """Either ``all``/``any``/``not``/``unless`` of further conditions, or one test of one ``field``.

    ``not`` of the unknown is unknown; ``unless`` holds wherever its condition is not known to hold.
    """

    every: tuple[Condition, ...] | None = Field(None, alias="all", min_length=1)
    some: tuple[Condition, ...] | None = Field(None, alias="any", min_length=1)
    negated: Condition | None = Field(None, alias="not")
    unless: Condition | None = None
    field: str | None = None
    equals: bool | str | float | None = Field(None, alias="is")
    one_of: tuple[str, ...] | None = None
    has: str | None = None
    above: float | None = None
    below: float | None = None
    at_least: float | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Condition:
        groups = [self.every, self.some, self.negated, self.unless, self.field]
        tests = [self.equals, self.one_of, self.has, self.above, self.below, self.at_least, self.known]
        if sum(group is not None for group in groups) != 1:
            raise ValueError("a condition is one of all, any, not, unless, field")
        if sum(test is not None for test in tests) != (self.field is not None):
            raise ValueError("a field is tested by one of is, one_of, has, above, below, at_least, known")
        return self

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds; None where what is unknown decides."""
        if self.every is not None:
            return _all([part.holds(facts) for part in self.every])
        if self.some is not None:
            return _not(_all([_not(part.holds(facts)) for part in self.some]))
        if self.negated is not None:
            return _not(self.negated.holds(facts))
        if self.unless is not None:
            return self.unless.holds(facts) is not True
        return self._test(facts[str(self.field)])

    def fields(self) -> frozenset[str]:
        """Every field it asks about."""
        single = [part for part in (self.negated, self.unless) if part is not None]
        parts = [*(self.every or ()), *(self.some or ()), *single]
        return frozenset({self.field} if self.field else set()).union(*(part.fields() for part in parts))

    def _test(self, value: Any) -> bool | None:
        if self.known is not None:
            return (value is not None) == self.known
        if value is None:
            return None
        if self.has is not None:
            return value.get(self.has) if isinstance(value, Mapping) else self.has in value
        if self.one_of is not None:
            return value in self.one_of
        return self._compare(value)

    def _compare(self, value: Any) -> bool:
        if self.above is not None:
            return bool(value > self.above)
        if self.below is not None:
            return bool(value < self.below)
        if self.at_least is not None:
            return bool(value >= self.at_least)
        return bool(value == self.equals)


def _all(values: list[bool | None]) -> bool | None:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


SPEED_AND_PRICE = frozenset({"latency", "cost"})
STEADY = frozenset({"quarterly", "yearly", "never"})
API_FORBIDDEN = {"any": False, "private": True, "air-gapped": True}
DERIVED = {
    "measured": "an eval or test set exists, or a pass rate was measured",
    "meets_target": "the pass rate is at the target",
    "stable": "task, labels and rules change quarterly at most",
    "speed_or_price_only": "nothing fails but latency or cost, and the pass rate is not known to be short",
    "owned": "data, evals and releases all have an owner; false: one of them has none",
    "api_forbidden": "an outside API may not be used",
    "break_even_months": "training cost over what it saves a month, against the cheapest prompting",
    "pays": "the training is ever earned back with upkeep counted",
    "climbed": "every cheaper rung that fits what fails has been tried",
    "near_top": "all of that, or more than the lower rungs where not all is known",
    "tried_rung": "for each rung whether it was tried",
    "payback": "the break-even against each kind of prompting, in words",
}
NAMES = frozenset(Situation.model_fields) | DERIVED.keys()


def facts_of(situation: Situation, payback: Payback) -> Facts:
    """Every name a rule may ask about, with its value; None: unknown."""
    facts: dict[str, Any] = {name: getattr(situation, name) for name in Situation.model_fields}
    facts["label_quality"] = None if situation.label_quality == "unknown" else situation.label_quality
    rate, target, fails = situation.pass_rate, situation.target_pass_rate, situation.fails
    measured = situation.has_eval
    facts["measured"] = True if measured is None and rate is not None else measured
    facts["meets_target"] = None if rate is None or target is None else rate >= target
    facts["stable"] = None if situation.changes is None else situation.changes in STEADY
    facts["api_forbidden"] = API_FORBIDDEN.get(situation.hosting or "")
    facts["owned"] = _owned(situation)
    facts["break_even_months"] = payback.length
    facts["pays"] = payback.pays
    facts["payback"] = payback.in_words
    if fails is not None:
        only = bool(fails) and set(fails) <= SPEED_AND_PRICE
        facts["speed_or_price_only"] = only and facts["meets_target"] is not False
    else:
        facts["speed_or_price_only"] = None
    facts["tried_rung"] = _tried(situation)
    facts["climbed"] = _climbed(situation, facts)
    facts["near_top"] = facts["climbed"] is True or (facts["climbed"] is None and _far_up(situation, facts))
    return facts


def shown(facts: Facts) -> dict[str, str]:
    """The facts as a sentence of a rule may name them."""
    return {name: told(name, value) for name, value in facts.items()}


def _owned(situation: Situation) -> bool | None:
    owners = situation.owners
    parts = [None] * 3 if owners is None else [owners.data, owners.evals, owners.releases]
    if False in parts:
        return False
    return None if None in parts else True


def _tried(situation: Situation) -> dict[str, bool | None]:
    """An item of an open list that was not named is unknown, of a whole list untried."""
    if situation.tried is None:
        return dict.fromkeys(RUNGS)
    rest = None if situation.tried_is_all is False else False
    return {rung: True if rung in situation.tried else rest for rung in RUNGS}


def _climbed(situation: Situation, facts: Facts) -> bool | None:
    """Whether what fits was tried: prompt and examples always, the others for what they remedy."""
    needed = ["better-prompt"]
    fails = situation.fails or ()
    if facts["speed_or_price_only"] is not True:
        needed.append("examples-in-context")
        needed += ["many-examples"] if situation.hosting != "on-device" else []
    remedies = {"knowledge": "retrieval", "reasoning": "orchestration", "rules": "tools-or-rules"}
    needed += [rung for failure, rung in remedies.items() if failure in fails]
    known = [facts["tried_rung"][rung] for rung in needed]
    if False in known:
        return False
    return None if None in known else True


def _far_up(situation: Situation, facts: Facts) -> bool:
    """Whether training may be looked at although not all that was tried is known.

    A device decides by itself; so does a payback within half a year; and whoever tried retrieval or stages has
    most likely passed the rungs below.
    """
    months = facts["break_even_months"]
    pays_soon = months is not None and months < WORTH_EXPLORING_MONTHS
    further = facts["tried_rung"]["retrieval"] or facts["tried_rung"]["orchestration"]
    return situation.hosting == "on-device" or pays_soon or bool(further)
