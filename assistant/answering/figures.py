"""The figures of a text as numbers, and what each of them is said of."""

from __future__ import annotations

import re
from itertools import combinations

from assistant.retrieval.lexicon import content_stems

_WORD_NUMBERS = {
    name: str(value)
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
_WEAK = frozenset({"one", "zero"})
_FIGURE = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"(?<![\w.])[a-z]+\b")
_COMPOUND = re.compile(
    r"\b((?:twen|thir|for|fif|six|seven|eigh|nine)ty)[ -](one|two|three|four|five|six|seven|eight|nine)\b"
)
_WEAK_SCALED = re.compile(r"\b(?:one|zero)(?=[ -](?:thousand|million|billion)\b)")
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_SCALED = re.compile(r"(\d+(?:[.,]\d+)*)\s?\+?[\s-]?(k|m|b|thousand|million|billion)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:.!?()]+(?=\s|$)|\s[–—-]\s|—|\b(?:and|but|while|whereas|or|versus|vs)\b")


def figures(text: str) -> set[float]:
    """The numbers a text states, as numbers: "40,000" and "40K" are one, "thirty" is 30."""
    lowered = _in_digits(text.lower())
    found = {value * _SCALE[m[2]] for m in _SCALED.finditer(lowered) for value in _values(m[1])}
    for match in _FIGURE.finditer(_SCALED.sub(" ", lowered)):
        found |= _values(match[0])
    return found


def _in_digits(lowered: str) -> str:
    """The text with its number words as digits: "forty-two thousand" is "42 thousand"."""
    joined = _COMPOUND.sub(lambda m: str(int(_WORD_NUMBERS[m[1]]) + int(_WORD_NUMBERS[m[2]])), lowered)
    scaled = _WEAK_SCALED.sub(lambda m: _WORD_NUMBERS[m[0]], joined)
    return _WORD.sub(lambda m: m[0] if m[0] in _WEAK else _WORD_NUMBERS.get(m[0], m[0]), scaled)


def _values(figure: str) -> set[float]:
    """The value of a figure; of one with several points or commas ("1.2.3", "1,2,3") that of each part."""
    plain = re.sub(r",(?=\d{3}\b)", "", figure).replace(",", ".")
    return {float(part) for part in (plain.split(".") if plain.count(".") > 1 else [plain])}


def swapped(said: str, quoted: str) -> bool:
    """Whether two figures changed places: each stands by words the quoted text has by the other, one by no others."""
    ours, theirs = _bound(said), _bound(quoted)
    return any(
        _only(ours[a], theirs[b], theirs[a])
        and _only(ours[b], theirs[a], theirs[b])
        and not (ours[a] & theirs[a] and ours[b] & theirs[b])
        for a, b in combinations(sorted(ours.keys() & theirs.keys()), 2)
    )


def _only(ours: set[str], here: set[str], not_there: set[str]) -> bool:
    return bool(ours & (here - not_there))


def _bound(text: str) -> dict[float, set[str]]:
    """The subject words by each figure that is alone in its clause."""
    found: dict[float, set[str]] = {}
    for clause in _CLAUSE.split(_in_digits(text.lower())):
        values = figures(clause)
        if len(values) == 1:
            stems = {stem for stem in content_stems(clause) if not stem[0].isdigit()}
            found.setdefault(values.pop(), set()).update(stems)
    return found
