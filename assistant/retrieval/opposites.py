"""Words of general English that turn a sentence round: pairs of opposites, each side by the stems of its words."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.retrieval.lexicon import content_stems
from assistant.textfiles import read_yaml

_EITHER = re.compile(r"(?P<one>\b[\w-]+(?: [\w-]+){0,2}),? or (?P<other>[\w-]+(?: [\w-]+){0,2})", re.IGNORECASE)
FILE = Path(__file__).with_name("questions.yaml")


@lru_cache(maxsize=1)
def _opposites() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    pairs = read_yaml(FILE, ConfigurationError)["opposites"]
    return tuple((re.compile(rf"\b(?:{a})\b", re.I), re.compile(rf"\b(?:{b})\b", re.I)) for a, b in pairs)


@lru_cache(maxsize=20_000)
def sides(text: str) -> tuple[int, ...]:
    """For each pair 1 where only its first side stands in the text, -1 where only its second does, else 0."""
    return tuple(bool(a.search(text)) - bool(b.search(text)) for a, b in _opposites())


def either(text: str) -> bool:
    """Whether the text names both sides of a pair and asks which: "before or after"."""
    found = _EITHER.search(text)
    return found is not None and any(
        (a.search(found["one"]) and b.search(found["other"])) or (b.search(found["one"]) and a.search(found["other"]))
        for a, b in _opposites()
    )


def opposed(one: str, other: str) -> int:
    """How many pairs stand with one side in one text and with the other side in the other."""
    return sum(a * b < 0 for a, b in zip(sides(one), sides(other), strict=True))


def exchanged(one: str, other: str) -> bool:
    """Whether two comparisons have their sides exchanged: "A is slower than B", "B is slower than A"."""
    ours, theirs = _compared(one), _compared(other)
    if ours is None or theirs is None:
        return False
    return bool(ours[0] & theirs[1]) and bool(ours[1] & theirs[0])


@lru_cache(maxsize=20_000)
def _compared(text: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """The subject words before and behind the word that compares; without those that stand on both sides."""
    found = _comparing().search(text)
    if found is None:
        return None
    before, behind = set(content_stems(text[: found.start()])), set(content_stems(text[found.end() :]))
    return frozenset(before - behind), frozenset(behind - before)


@lru_cache(maxsize=1)
def _comparing() -> re.Pattern[str]:
    return re.compile("|".join(read_yaml(FILE, ConfigurationError)["compares"]), re.IGNORECASE)
