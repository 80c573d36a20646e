"""Numbers with their units, as people write them: ``40K`` is 40,000, ``thirty`` is 30, ``24GB`` is 24 GB."""

from __future__ import annotations

import re

from assistant.types import Frozen

WORD_NUMBERS = {
    name: value
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "mn": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
    "hundred": 100,
}
_UNITS = {
    "percent": r"%|percent(?:age)?|per cent|pct",
    "points": r"(?:f1|bleu|percentage)? ?points?",
    "GB": r"gb|gigs?|gigabytes?",
    "months": r"months?",
    "hours": r"hours?|hrs?",
    "days": r"days?",
    "years": r"years?",
    "weeks": r"weeks?",
    "seconds": r"seconds?|secs?",
    "examples": r"(?:\w+ ){0,2}?(?:examples?|samples?|labels?|tickets?|pairs?|rows?|records?|documents?|points?|ones)",
    "tokens": r"tokens?",
    "calls": r"(?:calls?|queries|requests?)",
    "times": r"x\b|times|fold",
    "tasks": r"tasks?",
    "people": r"(?:people|engineers?|developers?|employees?)",
}
_NUMBER = re.compile(
    r"(?P<money>[$€£])?\s?(?<![\w.])(?P<number>\d+(?:[.,]\d+)*|(?P<word>" + "|".join(WORD_NUMBERS) + r")(?=[ -]))"
    r"(?:\s?(?P<scale>k|m|mn|bn|b|thousand|million|billion|hundred)(?![a-z]))?\+?"
    r"(?:[ -]?(?:(?P<unit>" + "|".join(f"(?P<u{i}>{p})" for i, p in enumerate(_UNITS.values())) + r")(?![a-z])))?",
    re.IGNORECASE,
)
_NAMES = tuple(_UNITS)


class Quantity(Frozen):
    """A number and its unit; the unit is empty where none is written."""

    value: float
    unit: str = ""


def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, in order."""
    return tuple(_quantity(match) for match in _NUMBER.finditer(text))


def _quantity(match: re.Match[str]) -> Quantity:
    number = match["number"].lower()
    plain = re.sub(r",(?=\d{3}\b)", "", number).replace(",", ".")
    value = (
        float(WORD_NUMBERS[number]) if match["word"] else float(plain.split(".")[0] if plain.count(".") > 1 else plain)
    )
    scaled = value * _SCALES.get((match["scale"] or "").lower(), 1)
    unit = "USD" if match["money"] else next((name for i, name in enumerate(_NAMES) if match[f"u{i}"]), "")
    if not unit and 0 < scaled < 1:  # a share written as a decimal: 0.9 is 90 percent
        return Quantity(value=round(scaled * 100, 6), unit="percent")
    return Quantity(value=scaled, unit=unit)
