"""Words of general English that turn a sentence round: pairs of opposites, each side by the stems of its words."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.textfiles import read_yaml

FILE = Path(__file__).with_name("questions.yaml")


@lru_cache(maxsize=1)
def _opposites() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    pairs = read_yaml(FILE, ConfigurationError)["opposites"]
    return tuple((re.compile(rf"\b(?:{a})\b", re.I), re.compile(rf"\b(?:{b})\b", re.I)) for a, b in pairs)


@lru_cache(maxsize=8_000)
def sides(text: str) -> tuple[int, ...]:
    """For each pair 1 where only its first side stands in the text, -1 where only its second does, else 0."""
    return tuple(bool(a.search(text)) - bool(b.search(text)) for a, b in _opposites())


def opposed(one: str, other: str) -> int:
    """How many pairs stand with one side in one text and with the other side in the other."""
    return sum(a * b < 0 for a, b in zip(sides(one), sides(other), strict=True))
