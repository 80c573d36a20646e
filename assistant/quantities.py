"""Numbers with their units, as people write them: ``40K`` is 40,000, ``thirty`` is 30, ``24GB`` is 24 GB."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    "points": r"(?:f1|bleu|percentage)? ?points?",
    "percent": r"%|percent(?:age)?|per cent|pct",
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
    "minutes": r"minutes?|mins?",
    "milliseconds": r"milliseconds?|ms",
    "MB": r"mb|megabytes?",
    "TB": r"tb|terabytes?",
    "USD": r"dollars?|usd",
    "EUR": r"euros?|eur|€",
    "pounds": r"pounds?|lbs?",
    "tons": r"tons?|tonnes?",
    "km": r"km|kilomet(?:er|re)s?",
    "miles": r"miles?",
    "cm": r"cm|centimet(?:er|re)s?",
    "metres": r"met(?:er|re)s?",
    "degrees": r"degrees?|°C?",
    "bar": r"bar",
    "psi": r"psi",
    "watts": r"watts?|kw|kilowatts?",
    "pages": r"pages?",
    "words": r"words?",
    "feet": r"feet|foot|ft",
}
_MONEY = {"$": "USD", "€": "EUR", "£": "GBP"}
_NUMBER = re.compile(
    r"(?P<money>[$€£])?\s?(?<![\w.])(?P<number>\d+(?:[.,]\d+)*|(?P<word>" + "|".join(WORD_NUMBERS) + r")(?=[ -]))"
    r"(?:\+?\s?(?P<scale>k|m|mn|bn|b|thousand|million|billion|hundred)(?![a-z]))?\+?"
    r"(?:[ -]?(?:(?P<unit>" + "|".join(f"(?P<u{i}>{p})" for i, p in enumerate(_UNITS.values())) + r")(?![a-z])))?",
    re.IGNORECASE,
)
_NAMES = tuple(_UNITS)
MOST_DIGITS = 200
"""Digits and separators of a number that fits a float with any scale."""


class Quantity(Frozen):
    """A number and its unit; the unit is empty where none is written."""

    value: float
    unit: str = ""


def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, in order."""
    return tuple(_quantity(match) for match in _numbers(text))


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """The numbers of a text but those that are too long to be amounts of anything."""
    return (match for match in _NUMBER.finditer(text) if len(match["number"]) <= MOST_DIGITS)


def _quantity(match: re.Match[str]) -> Quantity:
    number = match["number"].lower()
    plain = re.sub(r",(?=\d{3}\b)", "", number).replace(",", ".")
    value = (
        float(WORD_NUMBERS[number]) if match["word"] else float(plain.split(".")[0] if plain.count(".") > 1 else plain)
    )
    scaled = value * _SCALES.get((match["scale"] or "").lower(), 1)
    unit = (
        _MONEY[match["money"]]
        if match["money"]
        else next((name for i, name in enumerate(_NAMES) if match[f"u{i}"]), "")
    )
    if not unit and 0 < scaled < 1:  # a share written as a decimal: 0.9 is 90 percent
        return Quantity(value=round(scaled * 100, 6), unit="percent")
    return Quantity(value=scaled, unit=unit)


_WEAK = frozenset({"one", "zero"})
_FIGURE = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"(?<![\w.])[a-z]+\b", re.IGNORECASE)
_COMPOUND = re.compile(
    r"\b((?:twen|thir|for|fif|six|seven|eigh|nine)ty)[ -](one|two|three|four|five|six|seven|eight|nine)\b",
    re.IGNORECASE,
)
_WEAK_SCALED = re.compile(r"\b(?:one|zero)(?=[ -](?:thousand|million|billion)\b)", re.IGNORECASE)
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_SCALED = re.compile(r"(\d+(?:[.,]\d+)*)\s?\+?[\s-]?(k|m|b|thousand|million|billion)\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:[–-]\s*[$€£]?|to\s+[$€£]?|and\s+[$€£]?)", re.IGNORECASE)
_NAMED = re.compile(r"\b[A-Z]{2,}[ -]$")
_JOINED = re.compile(r"\s*(?:[–-]|to|and|or)\s*[$€£]?", re.IGNORECASE)


def figures(text: str) -> set[float]:
    """The numbers a text states, as numbers: "40,000" and "40K" are one, "thirty" is 30."""
    lowered = in_digits(text.lower())
    found = {value * _SCALE[m[2]] for m in _SCALED.finditer(lowered) for value in _values(m[1])}
    for match in _FIGURE.finditer(_SCALED.sub(" ", lowered)):
        found |= _values(match[0])
    return found


def in_digits(text: str) -> str:
    """The text with its number words as digits: "forty-two thousand" is "42 thousand". "One" and "zero" stay."""
    joined = _COMPOUND.sub(lambda m: str(WORD_NUMBERS[m[1].lower()] + WORD_NUMBERS[m[2].lower()]), text)
    scaled = _WEAK_SCALED.sub(lambda m: str(WORD_NUMBERS[m[0].lower()]), joined)
    return _WORD.sub(lambda m: m[0] if m[0].lower() in _WEAK else str(WORD_NUMBERS.get(m[0].lower(), m[0])), scaled)


def placed(text: str) -> list[tuple[int, int, Quantity]]:
    """The quantities of a text in digits, each with the start and end of its number; of a range both have the unit."""
    found = [(m.start("number"), max(m.end("number"), m.end("scale")), _quantity(m)) for m in _numbers(text)]
    for i in [*range(len(found) - 2, -1, -1), *range(len(found) - 1)]:
        (_, end, one), (start, _, other) = found[i : i + 2]
        named = _NAMED.search(text[: found[i][0]])  # "RTX 4090 and 80 GB"
        if _JOINED.fullmatch(text[end:start]) and bool(one.unit) != bool(other.unit) and not named:
            unit = one.unit or other.unit
            found[i] = (*found[i][:2], one.model_copy(update={"unit": unit}))
            found[i + 1] = (*found[i + 1][:2], other.model_copy(update={"unit": unit}))
    return found


def joined(between: str) -> bool:
    """Whether what stands between two numbers makes them the ends of a range."""
    return _RANGE.fullmatch(between) is not None


def _values(figure: str) -> set[float]:
    """The value of a figure; of one with several points or commas ("1.2.3", "1,2,3") that of each part."""
    plain = re.sub(r",(?=\d{3}\b)", "", figure).replace(",", ".")
    return {float(part) for part in (plain.split(".") if plain.count(".") > 1 else [plain])}
