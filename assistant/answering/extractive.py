"""The answerer that needs no model: sentences of the documents, chosen and put in the order a reader wants them.

Nothing is written that does not stand in the documents. The direct answer comes first, nothing is said twice, and
where essays are compared each has its own block.

Which sentences answer a question: the fittest first, then those that add something, within a budget of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.judge import asking_part, brought_by, kind_of
from assistant.answering.verify import DraftSentence, Evidence
from assistant.retrieval.lexicon import content_stems, words
from assistant.retrieval.retriever import Retrieved, ScoredSentence
from assistant.types import Essay

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


ByPlace = Mapping[tuple[str, int], Evidence]
"""Evidence by source id and start offset."""

_DANGLING = frozenset(
    "it this that these those they he she its their his her such both neither but and so then instead".split()
)


def draft(questions: Sequence[Retrieved], evidence: ByPlace, essays: Mapping[str, Essay]) -> list[DraftSentence]:
    """The answer's sentences for one question, or for several asked at once. Only ``evidence`` can be used."""
    chosen: list[ScoredSentence] = []
    drafted: list[DraftSentence] = []
    for found in questions:
        usable = [s for s in found.sentences if (s.source_id, s.start) in evidence and not is_said(s, chosen)]
        ranked = candidates(usable, found)
        if found.focus.compares and len(questions) == 1:
            groups = best_by_essay(ranked, found)
        else:
            limit = MAX_PER_QUESTION if len(questions) == 1 else 2
            groups = [best_of(ranked, min(limit, MAX_SENTENCES - len(chosen)))]
        chosen.extend(sentence for group in groups for sentence in group)
        drafted.extend(_grouped(groups, evidence, essays, first=not drafted))
    return drafted


def summary(essays_found: Sequence[Retrieved], evidence: ByPlace, essays: Mapping[str, Essay]) -> list[DraftSentence]:
    """The gist of one essay in up to five sentences of different sections, or of several in one or two each."""
    each = MAX_SENTENCES if len(essays_found) == 1 else 2 if len(essays_found) == 2 else 1
    groups = []
    for found in essays_found:
        chosen: list[ScoredSentence] = []
        for sentence in found.sentences:
            new_section = all(sentence.section != other.section for other in chosen)
            usable = (sentence.source_id, sentence.start) in evidence and not is_said(sentence, chosen)
            if usable and new_section and len(chosen) < each:
                chosen.append(sentence)
        groups.append(sorted(chosen, key=lambda s: s.start))
    return _grouped(groups, evidence, essays, first=True)


def _grouped(
    groups: Sequence[Sequence[ScoredSentence]], evidence: ByPlace, essays: Mapping[str, Essay], *, first: bool
) -> list[DraftSentence]:
    """Groups of sentences as a draft; where there are several, each opens with its author."""
    drafted: list[DraftSentence] = []
    several = len([group for group in groups if group]) > 1
    for group in groups:
        for i, item in enumerate(_understandable(group, evidence)):
            opens = several and i == 0
            lead = "" if first and not drafted else "\n\n" if opens else " "
            byline = essays[item.source_id].byline
            label = f"{byline}: " if opens and not item.text.startswith(byline) else ""
            drafted.append(DraftSentence(lead=lead + label, text=" ".join(item.text.split()), numbers=(item.number,)))
    return drafted


def _understandable(group: Sequence[ScoredSentence], evidence: ByPlace) -> list[Evidence]:
    """A group's evidence, with the sentence before one that points back ("It invented software ...")."""
    items = [evidence[sentence.source_id, sentence.start] for sentence in group]
    by_number = {item.number: item for item in evidence.values()}
    complete: list[Evidence] = []
    for item in items:
        before = by_number.get(item.number - 1)
        near = before is not None and (before.source_id, before.section) == (item.source_id, item.section)
        if before is not None and near and _points_back(item) and before not in (*complete, *items):
            complete.append(before)
        complete.append(item)
        after = by_number.get(item.number + 1)
        while complete[-1].text.rstrip().endswith(":") and after is not None and len(complete) < MAX_SENTENCES:
            listed = [n for n in range(after.number, after.number + MAX_SENTENCES) if n in by_number]
            complete += [by_number[n] for n in listed if by_number[n].section == item.section]
    return complete[:MAX_SENTENCES]


def _points_back(item: Evidence) -> bool:
    opening = words(item.text)[:1]
    return bool(opening) and opening[0] in _DANGLING
