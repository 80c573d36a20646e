"""Words as retrieval compares them: lower case, stemmed, without those that carry no subject.

The glossary: which terms of the documents a question means when it uses other words.

Typing slips: a word nobody knows, one slip away from one that the documents or their questions use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_lowercase

import Stemmer

from assistant.corpus.splitting import words_apart
from assistant.corpus.wording import Wording

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


FUNCTION_WORDS = frozenset(
    """aan ab aber al als am an anche au auch auf aus aux avec bei bij bis bitte ce ces cette che chi com combien
    come comment como con cosa cuál cuándo cuánta cuántas cuánto cuántos cómo da dal dans darf das dass dat de
    dei del della dem den der des di die dies do donde dos dove du dónde dürfen e een ein eine einem einen einer
    el ella elle em en er es est esta está et faire für gibt gli ha haben hat hay het ho hoe hoeveel i ich ik il
    ils im in is ist ja je kan kann können la lang lange las le les leur lo longtemps los ma mag mais man mein
    met mi mit moet mucho muito muss muy más müssen na nach nas ne nel nicht niet no noch nog non nos nous nur o
    ob oder oft om on onde ook op os ou où par para pas pela pelo per perché pero peut più por porque pour
    pourquoi puede puedo può qu quais qual quale quali quand quando quanti quanto quantos que quel quelle
    quelles quels quem qui quién quoi qué sa se sein sem ser ses si sich sie sin sind so soll sollen son sono
    sont souvent su sur sus te tempo tiempo um uma un una und une uns unser unter vaak van viel viele von voor
    vor vous waar waarom wann wanneer war warum was wat welche welcher welches welke wem wen wenn wer werden wie
    wieviel wieviele wij wir wird wo woher wohin wohl y zu zum zur é être über в где для зачем и к как какая
    какие какой когда кто ли на не о по почему с сколько у что это איך איפה את האם זה כמה למה מה מי מתי על של أي
    أين إلى على عن في كم كيف لماذا ما متى من هذا هذه هل""".split()
)
"""Words of other European languages, Arabic and Hebrew that carry no subject, in questions without English."""


def is_english(text: str) -> bool:
    """Whether a text has a word that only English has among those that carry no subject."""
    return any(word in STOPWORDS and word not in FUNCTION_WORDS for word in words(text))


def words(text: str) -> list[str]:
    """Lower-case words of the text, hyphens apart; of Chinese and Japanese pairs of signs."""
    found = (match[0].replace("’", "'").lower() for match in _WORD.finditer(text))
    return [word for run in found for word in ([run] if run.isascii() else words_apart(run))]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The English stem of one lower-case word."""
    return str(_STEMMER.stemWord(word.removesuffix("'s")))


@lru_cache(maxsize=4_000)
def content_stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry a subject, in order."""
    return tuple(stem(word) for word in words(text) if word not in STOPWORDS)


_RELATIONS = {
    said: name
    for name, every in {
        "before": "before prior until",
        "after": "after afterwards following",
        "without": "without lacking",
        "instead": "instead rather alternative alternatives",
        "besides": "besides beyond except",
        "always": "always inevitably automatically invariably",
    }.items()
    for said in every.split()
}
"""Words that carry no subject and still decide what is asked; each side by the name of what it relates."""


@lru_cache(maxsize=20_000)
def relations(text: str) -> tuple[str, ...]:
    """The words of relation in a text, alone and with the subject they stand before: "~before", "~before tune"."""
    found: list[str] = []
    every = words(text)
    for i, word in enumerate(every):
        if name := _RELATIONS.get(word):
            behind = (stem(one) for one in every[i + 1 :] if one not in STOPWORDS and one != "fine")
            found += [f"~{name}", f"~{name} {next(behind, '')}"]
    return tuple(found)


class Glossary:
    """Which terms a question means when it uses other words."""

    def __init__(self, wording: Wording) -> None:
        self._entries = tuple((term, _pattern(variants)) for term, variants in wording.glossary)

    def meant(self, question: str) -> tuple[str, ...]:
        """The terms the question refers to in other words, in the glossary's order."""
        lower = question.lower()
        return tuple(term for term, words in self._entries if words.search(question) and term.lower() not in lower)


@lru_cache(maxsize=16)
def glossary_for(wording: Wording) -> Glossary:
    """The glossary of a wording, compiled once."""
    return Glossary(wording)


def _pattern(variants: Sequence[str]) -> re.Pattern[str]:
    alternatives = "|".join(f"(?:{_variant(v)})" for v in variants)
    return re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)


def _variant(variant: str) -> str:
    """``tweak* the`` as a pattern: stars take word endings, spaces any white space."""
    return re.sub(r"(?<=\w)\*", r"\\w*", variant).replace(" ", r"\s*" if "? " in variant else " ")


MIN_LENGTH = 5
_SPELLED = re.compile(rf"[A-Za-z]{{{MIN_LENGTH},}}(?!['’]t\b)")  # "haven't" is no slip


def corrected(text: str, known: frozenset[str]) -> str:
    """The text with each unknown lower-case word replaced by the only known one that is one slip away.

    ``known`` are lower-case words. A slip is a letter left out, added, changed, or swapped with the next one, but not
    the first: "dental" is no slip of "mental". Words with capitals are names and stay.
    """

    stems = _stems(known)

    def mended(match: re.Match[str]) -> str:
        word = match[0]
        if word != word.lower() or word in known or stem(word) in stems:
            return word
        near = {other for other in _slips(word) if other in known and other[0] == word[0]}
        return near.pop() if len(near) == 1 else word

    return _SPELLED.sub(mended, text)


@lru_cache(maxsize=4)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(map(stem, known))


def _slips(word: str) -> Iterator[str]:
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
