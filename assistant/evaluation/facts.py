"""Which of a case's facts an answer states. Patterns match as regular expressions, quantities by value and unit.

"thirty seconds", "30 s" and "0.5 minutes" are equal.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import NamedTuple

from assistant.evaluation.results import Score
from assistant.quantities import figures

_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS)}|zero|{'|'.join(_ONES)})"
_DIGITS = r"(?<![\w.])\d+(?:[.,]\d+)*"
_SCALES = r"(?:\s?\+?[\s-]?(?:thousand|million|billion|k|m|b)\b)"
_NUMBER = re.compile(
    rf"(?P<base>{_DIGITS}|(?<![\w.])\.\d+|(?<![\w-]){_WORDS}(?!\w))(?P<hundred>[ -]hundred\b)?(?P<scale>{_SCALES})?",
    re.IGNORECASE,
)
_UNITS = {
    "%": ("%", 1.0),
    "ms": ("s", 0.001),
    "s": ("s", 1.0),
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
    "day": ("day", 1.0),
    "week": ("day", 7.0),
    "month": ("month", 1.0),
    "year": ("month", 12.0),
    "x": ("x", 1.0),
    "$": ("$", 1.0),
    "€": ("€", 1.0),
    "£": ("£", 1.0),
    "kb": ("byte", 1e3),
    "mb": ("byte", 1e6),
    "gb": ("byte", 1e9),
    "tb": ("byte", 1e12),
}
"""Each unit as one kind of thing and how much of it."""
_NAMES = {
    "%": "% percent percentage",
    "ms": "ms millisecond milliseconds",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years yr yrs",
    "x": "x × times fold",
    "$": "dollar dollars usd",
    "€": "euro euros eur",
    "£": "gbp",
    "kb": "kb",
    "mb": "mb",
    "gb": "gb gigabyte gigabytes",
    "tb": "tb",
}
_UNIT_OF = {name: unit for unit, names in _NAMES.items() for name in names.split()}
_AFTER = re.compile(r"\s?\+?[\s-]?([%×]|[a-z]+(?!\w))", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or)\s?[$€£]?$", re.IGNORECASE)
_CURRENCIES = ("$", "€", "£")
_WEAK = {"zero": 0.0, "one": 1.0}
_HEDGES = re.compile(r"^(?:about|around|roughly|approximately|some|over|under|~|≈|>|<)\s*", re.IGNORECASE)


class Quantity(NamedTuple):
    """A number of something, as it stands at ``start:end`` of a text; the number alone ends at ``number_end``.

    ``value`` is the number in the smallest unit of its ``kind``; kind is None if no known unit follows.
    """

    number: float
    value: float
    kind: str | None
    start: int
    end: int
    number_end: int


def quantities(text: str) -> list[Quantity]:
    """Each number of a text in order, with its unit. In a range ("20–40%") both ends have the unit."""
    found = [quantity for match in _NUMBER.finditer(text) if (quantity := _quantity(match)) is not None]
    for i in range(len(found) - 1, 0, -1):
        before, after = found[i - 1], found[i]
        if before.kind is None and after.kind and _RANGE.fullmatch(text[before.end : after.start]):
            size = after.value / after.number if after.number else 1.0
            found[i - 1] = before._replace(kind=after.kind, value=before.number * size)
    return found


def as_quantities(fact: str) -> list[Quantity] | None:
    """The numbers of a fact that is nothing but a quantity or a range of one ("16", "30 s"); else None."""
    bare = _HEDGES.sub("", fact.strip())
    found = quantities(bare)
    if not 1 <= len(found) <= 2:
        return None
    gaps = [bare[a.end : b.start] for a, b in pairwise(found)]
    before, after = bare[: found[0].start].strip(), bare[found[-1].end :].strip()
    plain = before in ("", *_CURRENCIES) and after in ("", "+") and all(_RANGE.fullmatch(gap) for gap in gaps)
    return found if plain else None


def in_digits(text: str) -> str:
    """The text with each number written out in plain digits: "40K" and "forty thousand" become "40000"."""
    parts, at = [], 0
    for quantity in quantities(text):
        parts += [text[at : quantity.start], f"{quantity.number:.15g}"]
        at = quantity.number_end
    return "".join([*parts, text[at:]])


def _quantity(match: re.Match[str]) -> Quantity | None:
    """What stands at a match of a number; None for one that is none ("1.5.9", the pronoun "one")."""
    after = _AFTER.match(match.string, match.end())
    unit = _UNIT_OF.get(after[1].lower()) if after else None
    end = after.end() if after and unit else match.end()
    sign = match.string[match.start() - 1 : match.start()]
    unit = unit or (sign if sign in _CURRENCIES else None)
    number = _number(match, counted=unit is not None)
    if number is None:
        return None
    kind, size = _UNITS[unit] if unit else (None, 1.0)
    return Quantity(number, number * size, kind, match.start(), end, match.end())


def _number(match: re.Match[str], counted: bool) -> float | None:
    """The number in words or digits with its scale. "One" and "zero" are numbers only where something is counted."""
    base = match["base"].lower()
    (scale,) = figures(f"1{match['scale'] or ''}")
    factor = scale * (100 if match["hundred"] else 1)
    if base in _WEAK:
        return _WEAK[base] * factor if counted or factor > 1 else None
    values = figures(f"0{base}" if base.startswith(".") else base)
    return values.pop() * factor if len(values) == 1 else None


_MARK = re.compile(r"\s*\[\d+\]")
_PLAIN = re.compile(r"[\w\s,%€£'’–-]+")


def without_marks(answer: str) -> str:
    """The answer's words without its ``[n]`` markers, which are no figures of it."""
    return _MARK.sub("", answer)


def missing_facts(facts: tuple[str | tuple[str, ...], ...], answer: str) -> list[str]:
    """The facts the answer does not state, each by its first pattern."""
    text = without_marks(answer)
    renderings = (text, in_digits(text))
    stated = quantities(text)
    found = []
    for fact in facts:
        accepted = (fact,) if isinstance(fact, str) else fact
        if not any(_states(pattern, renderings, stated) for pattern in accepted):
            found.append(accepted[0] if accepted else "")
    return found


def states(pattern: str, answer: str) -> bool:
    """Whether the answer states a pattern, as a fact of one pattern would be."""
    return not missing_facts((pattern,), answer)


def facts_score(facts: tuple[str | tuple[str, ...], ...], answer: str) -> Score:
    """Facts stated / facts wanted; None if the case wants none."""
    if not facts:
        return Score(value=None, reason="the case wants no facts")
    missing = missing_facts(facts, answer)
    value = (len(facts) - len(missing)) / len(facts)
    named = ", ".join(repr(fact) for fact in missing)
    return Score(value=value, reason=f"missing: {named}" if missing else f"all {len(facts)} stated")


def _states(pattern: str, renderings: tuple[str, ...], stated: list[Quantity]) -> bool:
    """Whether the text matches: a bare quantity by value and unit, anything else as a regular expression."""
    wanted = as_quantities(pattern)
    if wanted is not None:
        return all(any(_is_same(want, has) for has in stated) for want in wanted)
    if any(re.search(pattern, text, re.IGNORECASE) for text in renderings):
        return True
    digits = in_digits(pattern)
    in_words = _PLAIN.fullmatch(pattern) is not None and digits != pattern
    return in_words and re.search(rf"(?<![\w.]){re.escape(digits)}(?!\w)", renderings[-1], re.IGNORECASE) is not None


def _is_same(want: Quantity, has: Quantity) -> bool:
    """Equal amounts of one kind; a fact without a unit leaves the unit open."""
    if want.kind is None:
        return math.isclose(want.number, has.number, rel_tol=1e-9)
    return want.kind == has.kind and math.isclose(want.value, has.value, rel_tol=1e-9)
