"""Numbers as people write them: 200, 2k, 40,000, 1.5M, "a few hundred", 94%, nine in ten.

A field of a situation, or what follows from one, as it is told to people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assistant.advice.situation import SHARES, Owners

WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "half a million": 500_000, "half a thousand": 500,
    "a dozen": 12, "dozen": 12, "a couple hundred": 200, "a couple of hundred": 200, "a few dozen": 36,
    "a few hundred": 300, "a couple thousand": 2_000, "a couple of thousand": 2_000, "a few thousand": 3_000,
    "a hundred": 100, "a thousand": 1_000, "a million": 1_000_000,
}  # fmt: skip
"""Vague amounts stand for the least that would usually be meant by them."""
SCALES = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "hundred": 1e2,
}  # fmt: skip
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
_DIGITS = r"(?:(?<![\w.,])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d{1,15})(?:\.\d{1,9})?"
NUMBER = rf"(?:{_DIGITS}(?:\s?(?:{_SCALE})\b)?|\b(?:{_WORD})\b(?:\s(?:{_SCALE})\b)?)"
"""A pattern for an amount; what it matches, ``number`` reads."""
_RATIO = rf"\b(?:{_WORD}|\d{{1,15}}) (?:in|out of) (?:{_WORD}|\d{{1,15}})\b"
PERCENT = rf"(?:(?<!\d)\d{{1,15}}(?:\.\d{{1,9}})?\s?(?:%|percent\b|per cent\b)|{_RATIO})"
"""A pattern for a share; what it matches, ``share`` reads."""
MONEY = rf"(?:[$€£]\s?{NUMBER}|{NUMBER}\s(?:dollars|euros|USD|EUR)\b)"
"""A pattern for an amount of money; what it matches, ``number`` reads."""
_DOTTED = re.compile(r"\W*[1-9]\d{0,2}(?:\.\d{3})+(?!\d|\s?[a-z])", re.IGNORECASE)
_PARTS = re.compile(rf"^\W*?(-?\d[\d,]*(?:\.\d+)?|{_WORD})\s?({_SCALE})?\b", re.IGNORECASE)


def number(text: str) -> float | None:
    """The amount written at the start of ``text``, signs of money let be; None where there is none."""
    found = _PARTS.match(" ".join(text.strip().split()))
    if found is None:
        return None
    amount, scale = found[1].lower(), (found[2] or "").lower()
    value = float(WORDS[amount]) if amount in WORDS else float(amount.replace(",", ""))
    return round(value * SCALES.get(scale, 1.0), 6)


def alone(text: str) -> bool:
    """Whether ``text`` is one amount or share and nothing else: not "200-300" or "20 or 30"."""
    text = " ".join(text.split())
    unsigned = text.removeprefix("-")
    return any(re.fullmatch(pattern, unsigned, re.IGNORECASE) for pattern in (NUMBER, PERCENT, MONEY))


def dotted(text: str) -> bool:
    """Whether a dot may part thousands in ``text``, as in "1.000", which may be meant as 1000."""
    return _DOTTED.match(" ".join(text.split())) is not None


def share(text: str) -> float | None:
    """A share from 0 to 1 of "94%", "nine in ten" or "0.94"; None where it is none."""
    ratio = re.fullmatch(r"\W*(.+?) (?:in|out of) (.+)", text.strip())
    if ratio:
        part, whole = number(ratio[1]), number(ratio[2])
        return round(part / whole, 6) if part is not None and whole and part <= whole else None
    value = number(text)
    if value is not None and re.search(r"%|per ?cent", text):
        value = round(value / 100, 6)
    return value if value is not None and 0 <= value <= 1 else None


def plain(value: float) -> str:
    """A number for people: thousands apart, no idle decimals."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def told(name: str, value: Any, *, exact: bool = False) -> str:
    """The value of the field ``name``: 82% for a share, yes or no, a list by commas, "unknown" for None.

    ``exact``: with every digit there is, so that what is typed back is the same value; else rounded.
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _figure(value, share=name in SHARES, exact=exact)
    parts = value.model_dump() if isinstance(value, Owners) else value
    if isinstance(parts, Mapping):
        return ", ".join(f"{part} {told(part, each, exact=exact)}" for part, each in parts.items())
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list | tuple) else str(value)


def _figure(value: float, *, share: bool, exact: bool) -> str:
    if exact:
        digits = f"{Decimal(repr(value)) * (100 if share else 1):,f}"
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    else:
        digits = plain(round(100 * value, 1) if share else value)
    return f"{digits}%" if share else digits
