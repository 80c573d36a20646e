"""Which sentences answer a question: the fittest first, then those that add something, within a budget of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answering.expectations import brought_by, kind_of
from assistant.answering.judge import asking_part
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.retriever import Retrieved, ScoredSentence

MAX_SENTENCES = 5
MAX_PER_QUESTION = 3
MAX_WORDS = 85
MAX_WORDS_COMPARED = 120
KEEP = 0.66
"""A further sentence needs this share of the best one's fitness."""
IN_PLAY = 0.72
"""An essay joins a comparison where its best sentence has this share of the best score of all."""
SAME = 0.72
"""Two sentences say the same where they share this part of the shorter one's subject words."""
NEXT_TO_BEST = 0.03
JUST_SAID = 0.2
OPEN_ENDED = 0.2
OTHER_CODE = 0.25
"""What a sentence about the 7B model loses where the 70B one is asked for."""
DEFINES = 0.12
_CODE = re.compile(r"\b(?:\d+(?:\.\d+)?[A-Za-z]\w*|[A-Za-z]+-?\d\w*)\b")
_WHAT_IS = re.compile(r"^\W*(?:what(?:'s| is| are)|define|explain) (?:an? |the )?([\w -]{3,40}?)\W*$", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A sentence and how fit it is to answer; more is better."""

    sentence: ScoredSentence
    fitness: float

    @property
    def length(self) -> int:
        """Its words."""
        return len(self.sentence.text.split())


def candidates(sentences: Iterable[ScoredSentence], found: Retrieved) -> list[Candidate]:
    """The sentences by fitness, best first.

    Fitness is the retrieval score, less where the sentence lacks the kind of thing asked for, is itself a question
    or an opening, or was just said in the conversation.
    """
    asking = asking_part(found.asking)
    kind, brought = kind_of(asking), brought_by(asking)
    coded, term = _codes(asking), _term_asked(asking)
    penalty = kind.weight if kind is not None else 0.0

    def fitness(sentence: ScoredSentence) -> float:
        lacks = kind is not None and not kind.given(sentence.text, brought)
        opens = sentence.text.rstrip().endswith("?")
        told = shared_words(sentence.text, found.said) if found.said else 0.0
        other = bool(coded) and bool(_codes(sentence.text)) and not coded & _codes(sentence.text)
        defines = DEFINES if term and _defines(sentence.text, term) else 0.0
        return sentence.score + defines - penalty * lacks - OPEN_ENDED * opens - JUST_SAID * told - OTHER_CODE * other

    return sorted((Candidate(s, fitness(s)) for s in sentences), key=lambda c: -c.fitness)


def best_of(ranked: Sequence[Candidate], limit: int) -> list[ScoredSentence]:
    """The best sentence, then up to ``limit`` in all that are near it and add something, in reading order."""
    if not ranked or limit < 1:
        return []
    first = ranked[0]
    rest = [Candidate(c.sentence, c.fitness + NEXT_TO_BEST * _follows(c, first)) for c in ranked[1:]]
    chosen = _filled([first], sorted(rest, key=lambda c: -c.fitness), KEEP * first.fitness, limit, MAX_WORDS)
    sources = [first.sentence.source_id, *(c.sentence.source_id for c in chosen)]
    further = sorted(chosen[1:], key=lambda c: (sources.index(c.sentence.source_id), c.sentence.start))
    return [first.sentence, *(c.sentence for c in further)]


def best_by_essay(ranked: Sequence[Candidate], found: Retrieved) -> list[list[ScoredSentence]]:
    """The best sentence of each essay in play, then the next best of them all while there is room."""
    named = found.focus.named if len(found.focus.named) > 1 else ()
    groups: dict[str, list[Candidate]] = {}
    for candidate in ranked:
        source = candidate.sentence.source_id
        in_play = source in named if named else candidate.sentence.score >= IN_PLAY * ranked[0].sentence.score
        if in_play and source not in groups and not is_said(candidate.sentence, _said_in(groups.values())):
            groups[source] = [candidate]
    share = 3 if len(groups) <= 2 else 2
    for candidate in ranked:
        group = groups.get(candidate.sentence.source_id)
        if group is not None and len(group) < share:
            others = [c for other in groups.values() if other is not group for c in other]
            bar = KEEP * group[0].fitness
            filled = _filled([*others, *group], [candidate], bar, MAX_SENTENCES, MAX_WORDS_COMPARED)
            group.extend(filled[len(others) + len(group) :])
    return [[c.sentence for c in (group[0], *sorted(group[1:], key=_place))] for group in groups.values()]


def is_said(sentence: ScoredSentence, chosen: Iterable[ScoredSentence]) -> bool:
    """Whether the chosen ones say this already, in the same or nearly the same words."""
    return any(shared_words(other.text, sentence.text) >= SAME for other in chosen)


def shared_words(a: str, b: str) -> float:
    """Subject words two texts share, as a part of the shorter one's, 0 to 1."""
    left, right = set(content_stems(a)), set(content_stems(b))
    return len(left & right) / max(1, min(len(left), len(right)))


def _filled(
    chosen: list[Candidate], more: Iterable[Candidate], bar: float, limit: int, max_words: int
) -> list[Candidate]:
    """``chosen`` and those of ``more`` that clear the bar, fit the budget and say something new."""
    filled = list(chosen)
    for candidate in more:
        fits = sum(c.length for c in filled) + candidate.length <= max_words
        new = not is_said(candidate.sentence, (c.sentence for c in filled))
        if len(filled) < limit and candidate.fitness >= bar and fits and new:
            filled.append(candidate)
    return filled


def _codes(text: str) -> set[str]:
    """Designations with digits, such as 70B or p95, without plain numbers."""
    return {match[0].lower() for match in _CODE.finditer(text)}


def _term_asked(asking: str) -> str | None:
    """The term of a question that is no more than "what is TERM?"."""
    match = _WHAT_IS.match(asking)
    return match[1].lower() if match else None


def _defines(text: str, term: str) -> bool:
    """Whether the sentence opens with the term and says what it is."""
    return (
        re.match(rf"(?:the |an? )?{re.escape(term)}s? (?:is|are|means?) (?!still|an active)", text.lower()) is not None
    )


def _follows(candidate: Candidate, other: Candidate) -> bool:
    """Whether the candidate stands directly behind the other in the same passage."""
    here, there = candidate.sentence, other.sentence
    return here.passage_id == there.passage_id and 0 <= here.start - there.end <= 4


def _place(candidate: Candidate) -> int:
    return candidate.sentence.start


def _said_in(groups: Iterable[list[Candidate]]) -> list[ScoredSentence]:
    return [candidate.sentence for group in groups for candidate in group]
