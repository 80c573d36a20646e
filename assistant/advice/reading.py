"""The offline reader: what a text says of its writer's own case, phrase by phrase. It never guesses.

The patterns are text, in ``reading.yaml``. What two phrases say differently stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from assistant.advice.patterns import Record, denied, no_single_figure, patterns, read_phrase
from assistant.advice.situation import LISTS, Situation, known, situation_of
from assistant.types import Frozen

WITHIN = 60
"""Characters before a match in which an ``unless`` pattern is looked for, and after it an ``unless_after`` one."""
FIGURES = frozenset({"number", "daily", "share", "failing", "ms"})
DENIABLE = frozenset({"tried", "compliance", "changes", "labelled_examples"})
"""The fields of which no phrase is read that is denied; nor is any figure."""
TELLING = 2
"""So many facts tell a case of one's own even where nobody says "we"."""
_SENTENCE = re.compile(r"[^.;:?!]*(?:[.;:?!](?!\s|$)[^.;:?!]*)*[.;:?!]*\s*")


class Understood(Frozen):
    """One phrase (``start:end`` of the text) and the field and value it was read as."""

    field: str
    value: Any
    start: int
    end: int
    text: str


class Reading(Frozen):
    """The situation read, and the phrases it was read from, in the text's order."""

    situation: Situation
    understood: tuple[Understood, ...]


def read(text: str) -> Reading:
    """What ``text`` says; a field nothing is said of stays unknown."""
    found = sorted(_phrases(text.replace("’", "'")), key=lambda phrase: phrase[0].start)
    data: dict[str, Any] = {}
    for name in dict.fromkeys(phrase.field for phrase, _ in found):
        value = _joined(name, [phrase.value for phrase, _ in found if phrase.field == name])
        if value is not None:
            data[name] = value
    if "tried" in data and not any(whole for phrase, whole in found if phrase.field == "tried"):
        data["tried_is_all"] = False
    kept = _valid(data)
    return Reading(situation=kept, understood=tuple(p for p, _ in found if getattr(kept, p.field) is not None))


def corrected(reading: Reading, stated: Mapping[str, Any]) -> Reading:
    """The reading with the fields that are ``stated`` in place of what was read; one that is None becomes unknown.

    A list of what was tried that is stated is the whole list, unless it says otherwise itself. Raises InputError
    where a field can't hold its value.
    """
    data = known(reading.situation)
    if "tried" in stated:
        data.pop("tried_is_all", None)
    return Reading(situation=situation_of(data | dict(stated)), understood=reading.understood)


def describes_a_situation(text: str) -> bool:
    """Whether the text tells of its writer's own case and asks what to do: not a question about the essays."""
    rules = patterns()
    if rules.about_essays.search(text):
        return False
    if not rules.own_case.search(text):
        return len({phrase.field for phrase in read(text).understood}) >= TELLING
    asked = [sentence for sentence, _ in _sentences(text) if sentence.rstrip().endswith("?")]
    if asked and rules.asks_else.search(asked[-1]):
        return False
    facts = {phrase.field for phrase in read(text).understood}
    if len(facts) >= 2 or (facts and asks_openly(text)):
        return True
    if facts and rules.training.search(text) and rules.asks_advice.search(text):
        return True
    told = any(
        rules.own_case.search(sentence) and not sentence.rstrip().endswith("?") for sentence, _ in _sentences(text)
    )
    return told and rules.asks_to_train.search(text) is not None


def asks_openly(text: str) -> bool:
    """Whether any advice on a case is welcome, not only an answer to one question about it."""
    return patterns().asks_openly.search(text) is not None


def _phrases(text: str) -> Iterator[tuple[Understood, bool]]:
    """Each phrase, with whether it makes its list whole."""
    for sentence, offset in _sentences(text):
        for record in patterns().records:
            for match in (match for pattern in record.match for match in pattern.finditer(sentence)):
                start, end = offset + match.start(), offset + match.end()
                if _passed_over(record, text, start, end) or _taken_back(record, match):
                    continue
                value = _value(record, match)
                if (value is None and record.kind is not None) or value == []:
                    continue
                whole = record.whole is not None and record.whole.search(sentence) is not None
                said = text[start:end].strip()
                yield Understood(field=record.field, value=value, start=start, end=end, text=said), whole


def _passed_over(record: Record, text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - WITHIN) : start], text[end : end + WITHIN]
    return (record.unless is not None and record.unless.search(before) is not None) or (
        record.unless_after is not None and record.unless_after.match(after) is not None
    )


def _taken_back(record: Record, match: re.Match[str]) -> bool:
    """Whether the sentence denies the phrase, or the phrase's figure is no single one."""
    if record.field not in DENIABLE and record.kind not in FIGURES:
        return False
    sentence = match.string
    if denied(sentence[: match.start()]):
        return True
    if record.kind is None:
        return False
    before = sentence[: match.start("v")]
    return denied(before) or (record.kind in FIGURES and no_single_figure(before, sentence[match.end("v") :]))


def _value(record: Record, match: re.Match[str]) -> Any:
    if record.kind is None:
        return record.value
    return read_phrase(record.kind, match["v"], patterns().periods, patterns().rungs)


def _joined(field: str, values: list[Any]) -> Any:
    """One value of all that was said; None where it disagrees."""
    if field in LISTS:
        flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
        return list(dict.fromkeys(item for item in flat if item is not None))
    if field == "owners":
        parts: dict[str, bool] = {}
        for value in values:
            for part, owned in value.items():
                parts[part] = parts.get(part, True) and owned
        return parts or None
    return values[0] if all(value == values[0] for value in values) else None


def _valid(data: dict[str, Any]) -> Situation:
    """The situation without what it can't hold (a pass rate of 400%, say)."""
    while True:
        try:
            return Situation.model_validate(data)
        except ValidationError as error:
            data.pop(str(error.errors(include_input=False, include_url=False)[0]["loc"][0]))


def _sentences(text: str) -> list[tuple[str, int]]:
    return [(match[0], match.start()) for match in _SENTENCE.finditer(text) if match[0].strip()]
