"""Whether a sentence is borne out by the quotes it cites: its figures stand in them, and most of its subject words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.retrieval.lexicon import content_stems

MIN_SHARED = 0.6
"""Share of a sentence's subject words that its quotes must hold."""
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
_DENIES = re.compile(r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing|nobody)\b|n['’]t\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    rf"{_DENIES.pattern}|\b(?:avoid\w*|wrong\w*|fail\w*|rarely|hardly|seldom|lack\w*|instead|rather|unless|only|stop\w*|"
    r"little|few|less|un\w{4,})\b",
    re.IGNORECASE,
)
"""What a quote must have for a sentence that denies something."""
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_SCALED = re.compile(r"(\d+(?:[.,]\d+)*)\s?\+?[\s-]?(k|m|b|thousand|million|billion)\b", re.IGNORECASE)


_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w[\w.-]*", re.IGNORECASE)
_MORE = re.compile(
    r"\b(?:rais\w+|increas\w+|ris(?:e|es|ing)|rose|grow\w*|grew|doubl\w+|higher|dearer)\b", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:cuts?|cutting|reduc\w+|decreas\w+|lower\w*|drop\w*|fell|falls?|falling|shr[ai]nk\w*|halv\w+|cheaper|"
    r"sav(?:e|es|ed|ing))\b",
    re.IGNORECASE,
)


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


def is_supported(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether the quotes together bear the sentence out: word for word, or by figures, denials and subject words."""
    said, joined = " ".join(sentence.split()), " ".join(" ".join(quotes).split())
    if not said or not joined or not figures(said) <= figures(joined):
        return False
    stems = set(content_stems(said))
    if said in {" ".join(quote.split()) for quote in quotes} or (stems and said in joined):
        return True
    if (_DENIES.search(said) and not _NEGATIVE.search(joined)) or _turned_round(said, joined):
        return False
    if any(address not in joined for address in _ADDRESS.findall(said)):
        return False
    return bool(stems) and len(stems & set(content_stems(joined))) / len(stems) >= MIN_SHARED


def _turned_round(said: str, quoted: str) -> bool:
    """Whether one speaks only of more and the other only of less."""
    ways = [(bool(_MORE.search(text)), bool(_LESS.search(text))) for text in (said, quoted)]
    return ways in ([(True, False), (False, True)], [(False, True), (True, False)])
