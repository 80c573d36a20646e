"""Words as retrieval compares them: lower case, stemmed, without those that carry no subject."""

from __future__ import annotations

import re
from functools import lru_cache

import Stemmer

_STEMMER = Stemmer.Stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
STOPWORDS = frozenset(
    """a about above actually after again against all almost alone along already also although always am an and any
    anybody anyone anything are aren't around as ask at away be because become been before being below better between
    both but by can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either
    else ever every exactly few for from further get gets getting give given gives go goes going good got had has have
    haven't having he her here hers him his how however i i'd i'll i'm i've if im in instead into is isn't it it's its
    just keep kind know let let's like lot lots made make makes making many matter may maybe me mean means might mine
    more most much must my need needs never no nor not now of off ok okay on once one only onto or other our ours out
    over own people per please point put really right same say says said see seem should shouldn't show since so some
    something still such sure take takes tell than that that's the their them then there these they they're thing
    things think this those though through to too toward try under until up upon us use used using very want wants was
    we we're well went were what what's whats when where whether which while who who's whom whose why will with within
    without won't work works would wouldn't yes yet you you're your yours according author authors essay essays post
    posts piece pieces article articles question answer text""".split()
)


def words(text: str) -> list[str]:
    """Lower-case words of the text, hyphens apart."""
    return [match[0].replace("’", "'").lower() for match in _WORD.finditer(text)]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The English stem of one lower-case word."""
    return str(_STEMMER.stemWord(word.removesuffix("'s")))


@lru_cache(maxsize=4_000)
def content_stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry a subject, in order."""
    return tuple(stem(word) for word in words(text) if word not in STOPWORDS)
