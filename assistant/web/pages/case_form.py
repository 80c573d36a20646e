"""A case as the page's form sends it: a text, and an answer to each question, each as it was typed.

The questions on the page ``/advise``: which there are, in which groups, and how an answer is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from assistant.advice.deciding import PARTS, answered, questions
from assistant.advice.facts import MORE, name_of, values_of
from assistant.advice.reading import Reading, Understood, read
from assistant.advice.rules import rulebook
from assistant.advice.situation import LISTS, Owners, Situation, known, situation_of
from assistant.errors import InputError

Kind = Literal["many", "one", "typed"]
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
        "query_price", "tuned_query_price",
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
    "query_price": (
        "Or: what does a query cost now, in dollars?", "Stands in for tokens and their price where those are unknown.",
    ),
    "tuned_query_price": (
        "And what would it cost when trained, in dollars?", "The difference, times the volume, is what training saves.",
    ),
    "saving_per_month": (
        "Or: what would training save a month, in dollars?", "Stands in for volume and prices where those are unknown.",
    ),
}  # fmt: skip
_SHORT = {"fails": "What fails", "latency_budget_ms": "Latency budget", "hosting": "May run"}
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
        return _SHORT.get(self.name, name_of(self.name).capitalize())


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
    return dict(values_of(situation))


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


MAX_TEXT = 2_000
"""Most characters of the text: it has to fit into an address."""
TOO_LONG = f"This is longer than {MAX_TEXT:,} characters. Say the main points."
AS_TYPED = "as-typed"
_LONGEST = 200
Typed = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Told:
    """A field the text speaks of: its value now, the words it was read from, and whether a person changed it."""

    name: str
    value: str
    words: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class Form:
    """What was sent. ``errors`` are sentences by field; the fields without one make up ``situation``.

    ``was`` is the text the answers belong to: "" where ``text`` is still to fill them.
    """

    text: str
    was: str
    typed: Typed
    situation: Situation
    errors: Mapping[str, str]
    told: Sequence[Told]
    phrases: tuple[Understood, ...]

    @property
    def readable(self) -> bool:
        """Whether there is a text to be read."""
        return bool(self.text) and "text" not in self.errors

    @property
    def known(self) -> bool:
        """Whether anything can be judged."""
        return bool(known(self.situation))

    def address(self, corpus: str | None) -> str:
        """The page's address with all that was given and nothing else."""
        query = [("corpus", corpus)] if corpus else []
        query += [("text", self.text)] if self.text else []
        query += [(name, value) for name, values in self.typed.items() for value in values]
        query += [("read", AS_TYPED)] if self.text and not self.typed else []
        return "advise" + (f"?{urlencode(query)}" if query else "")


def unread(query: QueryParams) -> Form:
    """The form as sent, without what its text says: reading takes a while."""
    text = query.get("text", "").replace("\r\n", "\n").strip()
    cut, typed = text[:MAX_TEXT], _typed(query)
    was = "" if text and _fills(text, typed, query) else cut
    errors = {"text": TOO_LONG} if text != cut else {}
    return _form(cut, was, typed, Reading(situation=Situation(), understood=()), errors)


def form_of(query: QueryParams) -> Form:
    """The form as sent, its text read. One that is new (``was`` is the one before) fills the form."""
    form = unread(query)
    if not form.readable:
        return form
    typed, was, reading = form.typed, query.get("was"), read(form.text)
    if _fills(form.text, typed, query):
        before = typed_of(read(was[:MAX_TEXT]).situation) if was else {}
        kept = {name: values for name, values in typed.items() if before.get(name) != values}
        typed = kept | typed_of(reading.situation)
    return _form(form.text, form.text, typed, reading, {})


def _fills(text: str, typed: Typed, query: QueryParams) -> bool:
    """Whether the text is new, so that what it says goes into the answers."""
    was = query.get("was")
    return was.replace("\r\n", "\n").strip() != text if was is not None else not typed and "read" not in query


def _typed(query: QueryParams) -> dict[str, tuple[str, ...]]:
    """The answers that are no blanks."""
    given = {name: tuple(v.strip()[:_LONGEST] for v in query.getlist(name) if v.strip())[:20] for name in NAMES}
    return {name: values for name, values in given.items() if values}


def _form(text: str, was: str, typed: Typed, reading: Reading, errors: dict[str, str]) -> Form:
    situation = Situation()
    for name, values in typed.items():
        try:
            situation = _with(situation, name, values)
        except InputError as error:
            errors[name] = str(error).replace(name, "This", 1)
    return Form(text, was, typed, situation, errors, _told(typed, reading), reading.understood)


def _with(situation: Situation, name: str, values: tuple[str, ...]) -> Situation:
    """The situation with one more answer. Raises InputError."""
    named = [value for value in values if value != MORE or name != "tried"]
    if named:
        situation = answered(situation, name, ", ".join(named) if asks()[name].kind == "many" else named[0])
    if len(named) < len(values) and situation.tried:
        situation = situation_of(known(situation) | {"tried_is_all": False})
    return situation


def _told(typed: Typed, reading: Reading) -> list[Told]:
    """Each field of the reading, in the text's order; one that was taken back is shown as unknown."""
    found = typed_of(reading.situation)
    told = []
    for name, values in found.items():
        field = name.partition(".")[0]
        said = dict.fromkeys(phrase.text for phrase in reading.understood if phrase.field == field)
        words = tuple(text for text in said if not any(text != other and text in other for other in said))
        now = typed.get(name, ())
        told.append(Told(name, in_words(name, now) or "unknown", words, changed=now != values))
    return told
