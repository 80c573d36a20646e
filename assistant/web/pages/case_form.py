"""A case as the page's form sends it: a text, and an answer to each question, each as it was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from assistant.advice.deciding import answered
from assistant.advice.reading import Reading, Understood, read
from assistant.advice.situation import Situation, known, situation_of
from assistant.errors import InputError
from assistant.web.pages.case_fields import MORE, NAMES, asks, in_words, typed_of

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
