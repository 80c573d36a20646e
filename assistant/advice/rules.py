"""The rules and what they are made of, read from ``rules.yaml`` and checked as they load."""

from __future__ import annotations

import string
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from assistant.advice.conditions import NAMES, Condition
from assistant.advice.situation import RUNGS, Rung
from assistant.errors import ConfigurationError
from assistant.textfiles import read_yaml
from assistant.types import Frozen

FILE = Path(__file__).with_name("rules.yaml")
Does = Literal["ship", "cause", "climb", "train", "next", "hold", "support", "question", "pattern", "gate", "side"]
Stance = Literal["for", "against"]
_FIGURES = NAMES | {"payback"}
_NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ship", "cause", "climb", "train", "next", "hold"), ("rung",)),
    **dict.fromkeys(("question", "pattern"), ("item",)),
    "support": ("stance",),
    "gate": ("answer",),
    "side": ("stance", "topic"),
}


class Effect(Frozen):
    """What a rule does where it holds; ``rules.yaml`` says what each kind means."""

    does: Does
    rung: Rung | None = None
    stance: Stance | None = None
    item: int | None = Field(None, ge=1, le=7)
    answer: str | None = None
    topic: str | None = None
    must_know: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Effect:
        missing = [name for name in _NEEDS[self.does] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"`{self.does}` needs {' and '.join(missing)}")
        return self


class Rule(Frozen):
    """One rule, with the words of the sentence it rests on."""

    id: str
    source_id: str
    notes: str
    original: str
    system: str
    effect: Effect
    says: str
    when: Condition | None = None
    ask: str | None = None
    otherwise: str | None = None
    next: str | None = None
    flips: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        if (self.when is None) != (self.effect.does == "side"):
            raise ValueError("every rule but a `side` has a `when`")
        if self.effect.does in {"question", "pattern"} and not (self.ask and self.otherwise):
            raise ValueError("an item of a checklist needs `ask` and `otherwise`")
        unknown = sorted((self.when.fields() if self.when else frozenset()) - NAMES)
        if unknown:
            raise ValueError(f"`when` asks about {', '.join(unknown)}, which is no fact")
        for text in (self.says, self.otherwise or ""):
            wrong = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} - _FIGURES
            if wrong:
                raise ValueError(f"there is no figure {', '.join(sorted(wrong))}")
        return self

    @property
    def stance(self) -> Stance:
        """Whether it speaks for or against fine-tuning."""
        return self.effect.stance or ("for" if self.effect.does == "train" else "against")


class RungText(Frozen):
    """What a rung is called, and what to do on it."""

    title: str
    next: str


class Topic(Frozen):
    """A question on which the essays differ, and when it matters."""

    title: str
    when: Condition


class Rulebook(Frozen):
    """The whole file."""

    owner: str
    version: int
    rungs: dict[Rung, RungText]
    topics: dict[str, Topic]
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agrees(self) -> Rulebook:
        ids = [rule.id for rule in self.rules]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"two rules have the id {', '.join(twice)}")
        if set(self.rungs) != set(RUNGS):
            raise ValueError("`rungs` must describe every rung")
        topics = {rule.effect.topic for rule in self.rules if rule.effect.topic}
        if topics != set(self.topics):
            raise ValueError("the `topics` and those of the `side` rules differ")
        return self

    def of(self, *does: Does) -> tuple[Rule, ...]:
        """The rules of these kinds, in the file's order."""
        return tuple(rule for rule in self.rules if rule.effect.does in does)


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """The built-in rules."""
    return load_rules(FILE)


def load_rules(path: Path) -> Rulebook:
    """The rules in a file. Raises ConfigurationError naming the record and the field that is wrong."""
    data = read_yaml(path, ConfigurationError)
    try:
        return Rulebook.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ConfigurationError(
            f"{path.name}: {_place(data, first['loc'])}: {first['msg']}.", "Correct it; the head of the file says how."
        ) from None


def _place(data: Any, where: tuple[int | str, ...]) -> str:
    """``rule foreign-domain, when.any`` for a place in the file."""
    if len(where) > 1 and where[0] == "rules" and isinstance(where[1], int):
        record = data["rules"][where[1]]
        name = record.get("id", f"number {where[1] + 1}") if isinstance(record, dict) else f"number {where[1] + 1}"
        rest = ".".join(map(str, where[2:]))
        return f"rule {name}, {rest}" if rest else f"rule {name}"
    return ".".join(map(str, where)) or "the file"
