"""The kind of thing a question asks for, and whether a sentence has it: an amount, a year, a name.

"How much did it cost in dollars?" is not answered by a sentence without dollars, however near its subject.
The kinds are patterns in ``expectations.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.retrieval.lexicon import stem, words

FILE = Path(__file__).with_name("expectations.yaml")


@dataclass(frozen=True)
class Kind:
    """A kind of thing asked for: how a question shows it, and whether a sentence gives it to that question.

    One that is not ``required`` is preferred where there is a choice, and not missed where there is none.
    ``weight`` is what a sentence without it loses of its fitness.
    """

    name: str
    asked: re.Pattern[str]
    given: Callable[[str, frozenset[str]], bool]
    required: bool
    weight: float


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order they are tried."""
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(_kind(record, data) for record in data["kinds"])


def kind_of(question: str) -> Kind | None:
    """The kind of thing the question asks for; None where it asks for an explanation, advice or yes or no."""
    return next((kind for kind in kinds() if kind.asked.search(question)), None)


def unmet(question: str, sentences: Sequence[str], known: frozenset[str] = frozenset()) -> str | None:
    """What the question asks for that none of the sentences has, in words; None where nothing is missing.

    ``known`` are stems that are no news as names: the authors'.
    """
    kind = kind_of(question)
    brought = brought_by(question) | known
    if kind is None or not kind.required or any(kind.given(sentence, brought) for sentence in sentences):
        return None
    return kind.name


def brought_by(question: str) -> frozenset[str]:
    """Stems of the question's words: what an answer can't name as new."""
    return frozenset(stem(word) for word in words(question))


def _kind(record: Mapping[str, Any], data: Mapping[str, Any]) -> Kind:
    def compiled(patterns: Sequence[str], flags: int = re.IGNORECASE) -> re.Pattern[str]:
        filled = (p.replace("{number}", data["number"]).replace("{thing}", data["thing"]) for p in patterns)
        return re.compile("|".join(f"(?:{pattern})" for pattern in filled), flags)

    if "given_new" in record:
        given = _new_match(compiled(record["given_new"], 0))
    else:
        given = _matches(compiled(record["given"]))
    return Kind(record["name"], compiled(record["asked"]), given, record.get("required", True), record["weight"])


def _matches(pattern: re.Pattern[str]) -> Callable[[str, frozenset[str]], bool]:
    return lambda sentence, _brought: pattern.search(sentence) is not None


def _new_match(pattern: re.Pattern[str]) -> Callable[[str, frozenset[str]], bool]:
    """A match in the sentence with a word that the question did not bring itself."""
    return lambda sentence, brought: any(not brought_by(m[0]) <= brought for m in pattern.finditer(sentence))
