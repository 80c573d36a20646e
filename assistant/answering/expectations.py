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

from assistant.retrieval.lexicon import words

FILE = Path(__file__).with_name("expectations.yaml")
_NAMED = re.compile(r"(?<![.!?:] )(?<!^)\b(?:[A-Z][\w-]*[A-Za-z0-9]|\w*\d\w*[A-Z]\w*)")
_PERSON = re.compile(r"\b[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+\b")


@dataclass(frozen=True)
class Kind:
    """A kind of thing asked for: how a question shows it, and whether a sentence gives it to that question.

    One that is not ``required`` is preferred where there is a choice, and not missed where there is none.
    """

    name: str
    asked: re.Pattern[str]
    given: Callable[[str, str], bool]
    required: bool


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order they are tried."""
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(_kind(record, data) for record in data["kinds"])


def kind_of(question: str) -> Kind | None:
    """The kind of thing the question asks for; None where it asks for an explanation, advice or yes or no."""
    return next((kind for kind in kinds() if kind.asked.search(question)), None)


def unmet(question: str, sentences: Sequence[str]) -> str | None:
    """What the question asks for that none of the sentences has, in words; None where nothing is missing."""
    kind = kind_of(question)
    if kind is None or not kind.required or any(kind.given(sentence, question) for sentence in sentences):
        return None
    return kind.name


def _kind(record: Mapping[str, Any], data: Mapping[str, Any]) -> Kind:
    def compiled(patterns: Sequence[str]) -> re.Pattern[str]:
        filled = (p.replace("{number}", data["number"]).replace("{thing}", data["thing"]) for p in patterns)
        return re.compile("|".join(f"(?:{pattern})" for pattern in filled), re.IGNORECASE)

    given = _GIVEN.get(record["given"]) if isinstance(record["given"], str) else _matches(compiled(record["given"]))
    if given is None:
        raise ValueError(f"{FILE.name}: {record['name']}: `given` is neither patterns nor one of {sorted(_GIVEN)}")
    return Kind(record["name"], compiled(record["asked"]), given, record.get("required", True))


def _matches(pattern: re.Pattern[str]) -> Callable[[str, str], bool]:
    return lambda sentence, _question: pattern.search(sentence) is not None


def _new_name(sentence: str, question: str) -> bool:
    """A name or designation in the sentence that the question did not bring itself."""
    asked = set(words(question))
    return any(not set(words(match[0])) <= asked for match in _NAMED.finditer(sentence))


def _new_person(sentence: str, question: str) -> bool:
    """A first and a last name in the sentence that the question did not bring."""
    return any(match[0].lower() not in question.lower() for match in _PERSON.finditer(sentence))


_GIVEN = {"names": _new_name, "people": _new_person}
