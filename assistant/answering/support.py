"""Whether a sentence is borne out by the quotes it cites: its figures stand in them, and most of its subject words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.figures import figures, swapped
from assistant.retrieval.lexicon import content_stems

MIN_SHARED = 0.6
"""Share of a sentence's subject words that its quotes must hold."""
_DENIES = re.compile(r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing|nobody)\b|n['’]t\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    rf"{_DENIES.pattern}|\b(?:avoid\w*|wrong\w*|fail\w*|rarely|hardly|seldom|lack\w*|instead|rather|unless|only|stop\w*|"
    r"little|few|less|un\w{4,})\b",
    re.IGNORECASE,
)
"""What a quote must have for a sentence that denies something."""
_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w[\w.-]*", re.IGNORECASE)
_MORE = re.compile(
    r"\b(?:rais\w+|increas\w+|ris(?:e|es|ing)|rose|grow\w*|grew|doubl\w+|higher|dearer)\b", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:cuts?|cutting|reduc\w+|decreas\w+|lower\w*|drop\w*|fell|falls?|falling|shr[ai]nk\w*|halv\w+|cheaper|"
    r"sav(?:e|es|ed|ing))\b",
    re.IGNORECASE,
)


def is_supported(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether the quotes together bear the sentence out: word for word, or by figures, denials and subject words."""
    said, joined = " ".join(sentence.split()), " ".join(" ".join(quotes).split())
    if not said or not joined or not figures(said) <= figures(joined):
        return False
    stems = set(content_stems(said))
    if said in {" ".join(quote.split()) for quote in quotes} or (stems and said in joined):
        return True
    if (_DENIES.search(said) and not _NEGATIVE.search(joined)) or _turned_round(said, joined) or swapped(said, joined):
        return False
    if any(address not in joined for address in _ADDRESS.findall(said)):
        return False
    return bool(stems) and len(stems & set(content_stems(joined))) / len(stems) >= MIN_SHARED


def _turned_round(said: str, quoted: str) -> bool:
    """Whether one speaks only of more and the other only of less."""
    ways = [(bool(_MORE.search(text)), bool(_LESS.search(text))) for text in (said, quoted)]
    return ways in ([(True, False), (False, True)], [(False, True), (True, False)])
