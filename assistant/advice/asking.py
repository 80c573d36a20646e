"""The few questions, each with its why; which of them could still change a verdict; and answers typed as text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from assistant.advice.deciding import decided
from assistant.advice.figures import alone, dotted, number, share
from assistant.advice.rules import Rule
from assistant.advice.situation import FIELDS, LISTS, SHARES, Situation, known, situation_of
from assistant.errors import InputError
from assistant.types import Frozen

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
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
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
