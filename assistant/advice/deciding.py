"""Which rung, and whether a team is ready to fine-tune: the essays' order of decision over the rules."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.advice.conditions import Facts
from assistant.advice.facts import facts_of
from assistant.advice.payback import payback
from assistant.advice.rules import Does, Rule
from assistant.advice.situation import Rung, Situation
from assistant.types import Frozen

FALLBACK: Rung = "better-prompt"


class Decision(Frozen):
    """The rung, the rule that decided (None: nothing was known), the rules that hold training back, and readiness."""

    rung: Rung
    decisive: Rule | None
    holds: tuple[Rule, ...]
    ready: bool | None


def decide(rules: Sequence[Rule], facts: Facts) -> Decision:
    """The first rule that holds, kind by kind.

    Tian Pan's first question and Ionut Dumitru's gate come first: a prompted system at its target needs nothing.
    Then what the failure is made of, because rules, missing facts, missing evals and faulty reasoning each have a
    remedy that no amount of examples replaces. Then the ladder, cheapest untried rung first. Training comes last, only
    where nothing holds it back and the ladder is climbed, or seems to be. Where it is held back, the rule that holds
    it says where to stay; where too little is known, the next rung above what is known to be tried.
    """
    holds = tuple(rule for rule in _of(rules, "hold") if _holds(rule, facts))
    kinds: list[Does] = ["ship", "cause", "climb"]
    if not holds and facts["near_top"]:
        kinds.append("train")
    kinds += ["hold", "next"]
    decisive = next((rule for kind in kinds for rule in _of(rules, kind) if _holds(rule, facts)), None)
    return Decision(
        rung=_rung(decisive, facts), decisive=decisive, holds=holds, ready=_ready(rules, facts, decisive, holds)
    )


def decided(rules: Sequence[Rule], situation: Situation) -> Decision:
    """The decision on a situation as it stands."""
    return decide(rules, facts_of(situation, payback(situation)))


def _rung(decisive: Rule | None, facts: Facts) -> Rung:
    """The deciding rule's rung; but where only speed or price fails, more examples would make it worse."""
    rung = decisive.effect.rung if decisive is not None else None
    if rung == "many-examples" and facts["speed_or_price_only"]:
        return FALLBACK
    return rung or FALLBACK


def _ready(rules: Sequence[Rule], facts: Facts, decisive: Rule | None, holds: Sequence[Rule]) -> bool | None:
    """False where an essay holds training back; True where it is needed and all it asks for is known to be there."""
    if holds or facts["climbed"] is False:
        return False
    if decisive is None:
        return None
    if decisive.effect.does != "train":
        return False if decisive.effect.does in {"ship", "cause"} else None
    needed = facts["meets_target"] is False or facts["speed_or_price_only"] is True
    must_know = [rule.when for rule in _of(rules, "hold") if rule.effect.must_know and rule.when]
    prepared = all(condition.holds(facts) is False for condition in must_know)
    return True if needed and prepared and facts["climbed"] else None


def _of(rules: Sequence[Rule], kind: Does) -> list[Rule]:
    return [rule for rule in rules if rule.effect.does == kind]


def _holds(rule: Rule, facts: Facts) -> bool:
    return rule.when is not None and rule.when.holds(facts) is True
