"""The verdict on a case: what an advice is made of, and the essays' order of decision over the rules.

Which rung, and whether a team is ready to fine-tune. The few questions, each with its why; which of them could still
change a verdict; and answers typed as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from assistant.advice.breakeven import BreakEven
from assistant.advice.conditions import Facts, facts_of, payback
from assistant.advice.reading import Understood
from assistant.advice.rules import Does, Rule, Stance
from assistant.advice.situation import (
    FIELDS,
    LISTS,
    SHARES,
    Rung,
    Situation,
    alone,
    dotted,
    known,
    number,
    share,
    situation_of,
)
from assistant.errors import ConfigurationError, InputError
from assistant.textfiles import read_yaml
from assistant.types import Citation, Frozen

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


FILE = Path(__file__).with_name("questions.yaml")
UNKNOWN = frozenset({"", "?", "unknown", "null", "none known", "don't know", "dont know", "-"})
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
FLAGS = frozenset({"has_eval", "foreign_domain", "tried_is_all"})
WORDS = frozenset({"label_quality", "changes", "hosting"})
PARTS = ("data", "evals", "releases")
EMPTY = frozenset({"nothing", "none"})


class Question(Frozen):
    """One question about one field. ``choices`` are the answers there are, each with a few words; none: a number."""

    field: str
    ask: str
    why: str
    choices: dict[str, str] = Field(default_factory=dict)
    probes: tuple[Any, ...] = Field((), exclude=True)


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    """All questions, in the order they are asked."""
    data = read_yaml(FILE, ConfigurationError)
    return tuple(Question.model_validate(record) for record in data["questions"])


def telling(rules: Sequence[Rule], situation: Situation) -> tuple[Question, ...]:
    """The questions on unknown fields whose answer could change rung or readiness, most outcomes first."""
    now = decided(rules, situation)
    ranked = []
    for question in questions():
        if is_open(situation, question.field):
            outcomes = {_outcome(rules, situation, question.field, probe) for probe in question.probes}
            if outcomes - {(now.rung, now.ready)}:
                ranked.append((len(outcomes), question))
    return tuple(question for _, question in sorted(ranked, key=lambda pair: -pair[0]))


def is_open(situation: Situation, field: str) -> bool:
    """Whether a field, or part of it, is unknown: some owners, or the rest of a list of what was tried."""
    value = getattr(situation, field)
    if field == "owners" and value is not None:
        return None in (value.data, value.evals, value.releases)
    return value is None or (field == "tried" and situation.tried_is_all is False)


def _outcome(rules: Sequence[Rule], situation: Situation, field: str, value: Any) -> tuple[str, bool | None]:
    """What is decided with ``value`` added to what is known of the field."""
    data = known(situation)
    if field == "owners":
        value = value | data.get(field, {})
    elif field == "tried":
        value = [*value, *data.get(field, [])]
        data.pop("tried_is_all", None)
    found = decided(rules, situation_of(data | {field: value}))
    return found.rung, found.ready


def answered(situation: Situation, field: str, text: str) -> Situation:
    """The situation with one field as a person typed it; "unknown" or nothing clears it.

    Raises InputError with a sentence where there is no such field or it can't hold that value.
    """
    name, _, part = field.strip().replace("-", "_").partition(".")
    if name not in FIELDS or (part and (name != "owners" or part not in PARTS)):
        raise InputError(f"A situation has no field {field.strip()!r}.", f"It has: {', '.join(FIELDS)}.")
    data, typed = known(situation), " ".join(text.split()).lower()
    if typed in UNKNOWN:
        if not part:
            data.pop(name, None)
        elif name in data:
            data[name] = {key: value for key, value in data[name].items() if key != part}
        return situation_of(data)
    if part:
        data[name] = data.get(name, {}) | {part: _flag(f"{name}.{part}", typed)}
    else:
        data[name] = _value(name, typed)
    if name == "tried":
        data.pop("tried_is_all", None)
    return situation_of(data)


def _value(name: str, typed: str) -> Any:
    if name == "owners":
        named = [] if typed == "nobody" else _items(typed)
        unknown = sorted(set(named) - set(PARTS))
        if unknown:
            raise InputError(f"owners can't hold {', '.join(unknown)}.", "Name data, evals, releases, or nobody.")
        return {part: part in named for part in PARTS}
    if name in LISTS:
        return [] if typed in EMPTY else _items(typed)
    if name in FLAGS:
        return _flag(name, typed)
    return typed if name in WORDS else _number(name, typed)


def _number(name: str, typed: str) -> float:
    value = share(typed) if name in SHARES else number(typed)
    thousands = dotted(typed) and name not in SHARES and not name.endswith("_price")
    if value is None or thousands or not alone(typed):
        want = (
            "a share such as 0.82 or 82%"
            if name in SHARES
            else "a number such as 200, 2k or 1.5M, not below zero; a million is 1000000 or 1,000,000"
        )
        raise InputError(f"{name} can't be {typed!r}.", f"Give {want}.")
    return value


def _flag(name: str, typed: str) -> bool:
    if typed not in YES | NO:
        raise InputError(f"{name} can't be {typed!r}.", "Give yes or no.")
    return typed in YES


def _items(typed: str) -> list[str]:
    return [item.strip() for item in typed.split(",") if item.strip()]


class Reason(Frozen):
    """One sentence, the rule it comes from, the citation it rests on, and the side it speaks for."""

    rule: str
    text: str
    marker: int
    source_id: str
    stance: Stance


class Item(Frozen):
    """One line of an essay's checklist. ``answer``: yes or no, ready or not ready, or unknown."""

    number: int
    ask: str
    answer: Literal["yes", "no", "ready", "not ready", "unknown"]
    text: str
    marker: int


class Gate(Frozen):
    """What the gate on the measured pass rate says; ``says`` is "unknown" where nothing was measured."""

    pass_rate: float | None
    says: Literal["ship", "consider", "fix the prompt", "no eval, not ready", "unknown"]
    text: str
    marker: int | None = None


class Sides(Frozen):
    """A topic on which the essays differ, with what each says."""

    topic: str
    title: str
    sides: tuple[Reason, ...]


class Advice(Frozen):
    """The verdict on one situation. Every ``marker`` is a number of ``citations``.

    ``ready_to_fine_tune``: True where training is needed and prepared for, False where an essay holds it back,
    None where too little is known. ``understood`` is the situation that was judged, ``phrases`` what of it was read
    from a text. ``break_even`` is None where figures are missing; the note then names them.
    """

    rung: Rung
    title: str
    headline: str
    ready_to_fine_tune: bool | None
    next_steps: tuple[str, ...]
    reasons: tuple[Reason, ...]
    for_fine_tuning: tuple[Reason, ...]
    against_fine_tuning: tuple[Reason, ...]
    would_change: tuple[str, ...]
    both_sides: tuple[Sides, ...]
    framework: tuple[Item, ...]
    readiness: tuple[Item, ...]
    gate: Gate
    break_even: BreakEven | None
    break_even_note: str
    missing: tuple[Question, ...]
    understood: dict[str, Any]
    phrases: tuple[Understood, ...] = ()
    citations: tuple[Citation, ...]
    notices: tuple[str, ...] = ()
