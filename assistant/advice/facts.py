"""A case fact by fact, as people see and change it: "Labelled examples: 3,000; changes: yearly".

A fact is a field of the situation, or one part of ``owners``, under a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from assistant.advice.deciding import PARTS, Question, answered, questions
from assistant.advice.reading import Reading, Understood
from assistant.advice.situation import FIELDS, LISTS, Owners, Situation, known, told
from assistant.errors import InputError
from assistant.types import CaseFact

UNKNOWN = "unknown"
MOST_PHRASE = 60
"""Characters of a phrase that is shown beside what it was read as."""
_NAMES = {"has_eval": "eval", "latency_budget_ms": "latency budget in ms", "foreign_domain": "private notation"}
_NAMES |= {f"owners.{part}": f"{part} owned" for part in PARTS}
_YES_NO = ("yes", "no")
MORE = "more"
"""Stands among what was tried where there may be others."""
_STATED = re.compile(r"\s*([a-z][\w. -]{2,40}?)\s*[:=]\s*(.+?)[\s.]*", re.IGNORECASE | re.DOTALL)


def name_of(field: str) -> str:
    """What people call a field."""
    return _NAMES.get(field, field.replace("_", " "))


def known_facts(reading: Reading, before: Situation | None = None) -> tuple[CaseFact, ...]:
    """All that is known of a case; of what the last message changed or took back, how it was ``before``."""
    phrases = {phrase.field: phrase.text for phrase in reading.understood if len(phrase.text) <= MOST_PHRASE}
    now = dict(values_of(reading.situation))
    was = now if before is None else dict(values_of(before))
    facts = []
    for field in [*now, *(was.keys() - now.keys())]:
        old = None if was.get(field) == now.get(field) else in_words(was.get(field, ()))
        facts.append(_fact(field, now.get(field, ()), phrases.get(field), old))
    return tuple(facts)


def open_facts(missing: Iterable[Question]) -> Iterator[CaseFact]:
    """What could still change the verdict, as facts nothing is known of."""
    for question in missing:
        for field in [f"owners.{part}" for part in PARTS] if question.field == "owners" else [question.field]:
            yield _fact(field, ())


def stated(text: str, situation: Situation) -> tuple[Situation, frozenset[str]] | None:
    """The situation with the fields a text states by name, and which these are; None where it is no such text.

    Raises InputError where a field can't hold what is stated.
    """
    fields = set()
    for clause in re.split(r";\s*|\n", text.strip()):
        found = _STATED.fullmatch(clause)
        field = _fields().get(found[1].strip().lower()) if found else None
        if found is None or field is None:
            return None
        try:
            situation = answered(situation, field, found[2])
        except InputError as error:
            named = error.message.replace(field, name_of(field).capitalize(), 1)
            raise InputError(named, error.remedy) from None
        fields.add(field.partition(".")[0])
    return situation, frozenset(fields)


def without(understood: Iterable[Understood], fields: Iterable[str]) -> dict[str, Understood]:
    """The phrases by field, but for fields that are no longer read from one."""
    gone = set(fields)
    return {phrase.field: phrase for phrase in understood if phrase.field not in gone}


@lru_cache(maxsize=1)
def _fields() -> Mapping[str, str]:
    """Each field by its names in lower case."""
    fields = [*FIELDS, *(f"owners.{part}" for part in PARTS)]
    return {name.lower(): field for field in fields for name in (field, name_of(field))}


def values_of(situation: Situation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each known fact with its values as a form takes them."""
    for field, value in known(situation).items():
        if field == "owners":
            yield from ((f"owners.{part}", (told(part, owned),)) for part, owned in value.items())
        elif field in LISTS:
            more = (MORE,) if field == "tried" and situation.tried_is_all is False else ()
            yield field, (*value, *more) or ("nothing" if field == "tried" else "none",)
        elif field != "tried_is_all":
            yield field, (told(field, value, exact=True),)


def in_words(values: Iterable[str]) -> str:
    """Values as they are shown to people; no value is unknown."""
    return ", ".join("maybe others" if value == MORE else value for value in values) or UNKNOWN


@lru_cache(maxsize=1)
def _asked() -> Mapping[str, Question]:
    return {question.field: question for question in questions()}


def _fact(field: str, values: tuple[str, ...], phrase: str | None = None, before: str | None = None) -> CaseFact:
    whole, _, part = field.partition(".")
    question: Any = _asked().get(whole)
    choices = _YES_NO if part else tuple(question.choices) if question else ()
    ask = f"{str(Owners.model_fields[part].description).rstrip('.')}?" if part else question.ask if question else ""
    return CaseFact(
        field=field,
        name=name_of(field),
        ask=ask,
        values=values,
        told=in_words(values),
        before=before,
        phrase=phrase,
        choices=choices,
        many=field in LISTS,
    )
