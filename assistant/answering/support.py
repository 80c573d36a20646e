"""Whether a sentence is borne out by the quotes it cites: its figures stand in them, and most of its subject words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.retrieval.lexicon import content_stems

MIN_SHARED = 0.5
"""Share of a sentence's subject words that its quotes must hold."""
_WORD_NUMBERS = {
    name: str(value)
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
_WEAK = frozenset({"one", "zero"})
_FIGURE = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[a-z]+")
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_SCALED = re.compile(r"(\d+(?:[.,]\d+)*)\s?\+?\s?(k|m|b|thousand|million|billion)\b", re.IGNORECASE)


def figures(text: str) -> set[float]:
    """The numbers a text states, as numbers: "40,000" and "40K" are one, "thirty" is 30."""
    lowered = text.lower()
    found = {_value(match[0]) for match in _FIGURE.finditer(_SCALED.sub(" ", lowered))}
    found |= {_value(m[1]) * _SCALE[m[2]] for m in _SCALED.finditer(lowered)}
    found |= {float(_WORD_NUMBERS[w]) for w in _WORD.findall(lowered) if w in _WORD_NUMBERS and w not in _WEAK}
    return found


def _value(figure: str) -> float:
    return float(re.sub(r",(?=\d{3}\b)", "", figure).replace(",", "."))


def is_supported(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether the quotes together bear the sentence out."""
    joined = " ".join(quotes)
    if not joined or not figures(sentence) <= figures(joined):
        return False
    if " ".join(sentence.split()) in " ".join(joined.split()):
        return True
    stems = set(content_stems(sentence))
    return bool(stems) and len(stems & set(content_stems(joined))) / len(stems) >= MIN_SHARED
