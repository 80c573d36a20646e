"""What the rules may ask about: the fields of a situation, and what follows from them."""

from __future__ import annotations

from typing import Any

from assistant.advice.breakeven import WORTH_EXPLORING_MONTHS
from assistant.advice.conditions import Facts
from assistant.advice.payback import Payback
from assistant.advice.situation import RUNGS, Situation
from assistant.advice.wording import told

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
