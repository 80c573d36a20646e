"""The questions on the page ``/advise``: which there are, in which groups, and how an answer is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.advice.deciding import PARTS, questions
from assistant.advice.figures import told
from assistant.advice.rules import rulebook
from assistant.advice.situation import LISTS, Owners, Situation, known

Kind = Literal["many", "one", "typed"]
MORE = "more"
"""Ticked under what was tried: there may be others."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "What fails": ("fails", "foreign_domain"),
    "What was measured": ("pass_rate", "target_pass_rate", "has_eval"),
    "What was tried": ("tried",),
    "The task and its examples": ("labelled_examples", "label_quality", "changes", "tasks"),
    "Limits": ("hosting", "compliance", "latency_budget_ms"),
    "Who looks after it": tuple(f"owners.{part}" for part in PARTS),
    "Volume and cost": (
        "queries_per_month", "tokens_per_query", "prompt_price", "tuned_price", "training_cost", "cached_price",
        "upkeep_per_month",
    ),
    "Finer points of cost": (
        "cached_share", "tuned_tokens_per_query", "release_months", "retraining_cost", "saving_per_month",
    ),
}  # fmt: skip
NAMES = tuple(name for names in GROUPS.values() for name in names)
_FINER = {
    "cached_share": ("What share of the prompt repeats?", "Only what repeats can be cached; unknown counts as 90%."),
    "tuned_tokens_per_query": (
        "How many tokens does a query take when trained?", "A trained model may need a shorter prompt.",
    ),
    "release_months": ("How many months apart are new base models?", "Each asks for training again."),
    "retraining_cost": (
        "What does training again cost, in dollars?", "Unknown counts as much as the first time.",
    ),
    "saving_per_month": (
        "Or: what would training save a month, in dollars?", "Stands in for volume and prices where those are unknown.",
    ),
}  # fmt: skip
_SHORT = {
    "fails": "What fails", "has_eval": "Eval", "latency_budget_ms": "Latency budget", "hosting": "May run",
    "foreign_domain": "Private notation", "owners.data": "Data owned", "owners.evals": "Evals owned",
    "owners.releases": "Releases owned",
}  # fmt: skip
_YES_NO = (("yes", "Yes", ""), ("no", "No", ""))
_ADDED = {"tried": ((MORE, "and maybe others", ""),), "compliance": (("none", "None of these", ""),)}
_DOLLARS = ("_price", "_cost", "upkeep_per_month", "saving_per_month")


@dataclass(frozen=True)
class Ask:
    """A question: the field it is about, why it is asked, and its choices as value, label and hint; none: typed."""

    name: str
    ask: str
    why: str
    kind: Kind
    choices: tuple[tuple[str, str, str], ...] = ()
    unit: str = ""

    @property
    def short(self) -> str:
        """A name for the answer."""
        return _SHORT.get(self.name, self.name.replace("_", " ").capitalize())


@lru_cache(maxsize=1)
def asks() -> dict[str, Ask]:
    """Every question by its field, an owner each counting as one."""
    found = {question.field: question for question in questions()}
    made: dict[str, Ask] = {}
    for name in NAMES:
        field, _, part = name.partition(".")
        if part:
            owned = str(Owners.model_fields[part].description).rstrip(".")
            made[name] = Ask(name, f"{owned}?", found[field].why if part == PARTS[0] else "", "one", _YES_NO)
        elif name in _FINER:
            made[name] = Ask(name, *_FINER[name], "typed", unit=_unit(name))
        else:
            choices = _choices(name, found[name].choices)
            kind: Kind = "typed" if not choices else "many" if name in LISTS else "one"
            made[name] = Ask(name, found[name].ask, found[name].why, kind, choices, _unit(name))
    return made


def typed_of(situation: Situation) -> dict[str, tuple[str, ...]]:
    """A situation as the answers that say it."""
    typed: dict[str, tuple[str, ...]] = {}
    for name, value in known(situation).items():
        if name == "owners":
            typed |= {f"owners.{part}": (told(part, owned),) for part, owned in value.items()}
        elif name in LISTS:
            typed[name] = tuple(value) or ("nothing" if name == "tried" else "none",)
        elif name != "tried_is_all":
            typed[name] = (told(name, value, exact=True),)
    if situation.tried is not None and situation.tried_is_all is False:
        typed["tried"] = (*situation.tried, MORE)
    return typed


def in_words(name: str, values: tuple[str, ...]) -> str:
    """Answers as they are shown to people."""
    labels = {value: label for value, label, _ in asks()[name].choices}
    unit = asks()[name].unit
    shown = ", ".join(labels.get(value, value) for value in values)
    return f"${shown}" if unit == "$" else f"{shown} {unit}".rstrip()


def _choices(name: str, offered: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    if name == "tried":
        titles = {str(rung): text.title for rung, text in rulebook().rungs.items()}
        made = [(value, titles.get(value, hint.capitalize()), "") for value, hint in offered.items()]
    else:
        made = [(value, _label(value), hint) for value, hint in offered.items()]
    return (*made, *_ADDED.get(name, ()))


def _label(value: str) -> str:
    return value.upper() if value in {"hipaa", "gdpr", "pci", "ip"} else value.replace("-", " ").capitalize()


def _unit(name: str) -> str:
    return "$" if name.endswith(_DOLLARS) else "ms" if name.endswith("_ms") else ""
