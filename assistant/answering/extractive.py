"""The answerer that needs no model: sentences of the documents, chosen and put in the order a reader wants them.

Nothing is written that does not stand in the documents. The direct answer comes first, nothing is said twice, and
where essays are compared each has its own block.

Which sentences answer a question: the fittest first, then those that add something, within a budget of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answering.excerpts import Excerpt, Excerpts, overlaps
from assistant.answering.fitness import Candidate, Likeness, candidates, shared_words
from assistant.answering.verify import DraftSentence, Evidence
from assistant.corpus.furniture import is_furniture
from assistant.corpus.loading import built_in
from assistant.corpus.words import words
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.retriever import Retrieved
from assistant.types import Essay, Span

MAX_SENTENCES = 5
MAX_PER_QUESTION = 3
MAX_WORDS = 85
MAX_WORDS_COMPARED = 120
KEEP = 0.66
"""A further sentence needs this share of the best one's fitness."""
PARAGRAPH_WORDS = 60
KEEP_OWN = 0.92
"""The same in documents that nobody tied questions to, where likeness tells less."""
IN_PLAY = 0.72
"""An essay joins a comparison where its best sentence has this share of the best score of all."""
SAME = 0.72
"""Two sentences say the same where they share this part of the shorter one's subject words."""
NEXT_TO_BEST = 0.03


def best_of(
    ranked: Sequence[Candidate], limit: int, excerpts: Excerpts, asked: frozenset[str] = frozenset()
) -> list[Excerpt]:
    """The best excerpt, then up to ``limit`` in all that are near it and add something, in reading order.

    ``asked`` are the question's subject stems.
    """
    if not ranked or limit < 1:
        return []
    first = ranked[0]
    if not built_in([first.sentence.source_id]):
        return _paragraph(ranked, limit, excerpts, asked)
    rest = [replace(c, fitness=c.fitness + NEXT_TO_BEST * _follows(c, first)) for c in ranked[1:]]
    chosen = _filled([first], sorted(rest, key=lambda c: -c.fitness), KEEP * first.fitness, limit, MAX_WORDS)
    sources = [first.sentence.source_id, *(c.sentence.source_id for c in chosen)]
    further = sorted(chosen[1:], key=lambda c: (sources.index(c.sentence.source_id), c.sentence.start))
    return [first.excerpt, *(c.excerpt for c in further)]


def _goes_on(excerpt: Excerpt, asked: frozenset[str]) -> bool:
    """Whether the last sentence of a paragraph's part is still about what is asked, or belongs to the one before it."""
    opening = words(excerpt.text)[:1]
    return excerpt.is_whole or bool(asked & set(content_stems(excerpt.text))) or opening[0] in _DANGLING | _GOING_ON


def _paragraph(ranked: Sequence[Candidate], limit: int, excerpts: Excerpts, asked: frozenset[str]) -> list[Excerpt]:
    """The best excerpt with what follows it in its paragraph, then others that answer nearly as well."""
    best = ranked[0]
    chosen = [best.excerpt]
    while not chosen[-1].is_whole and len(chosen) < limit:
        after = excerpts.behind(chosen[-1])
        if after is None or sum(one.words for one in chosen) + after.words > PARAGRAPH_WORDS or is_said(after, chosen):
            break
        chosen.append(after)
    while len(chosen) > 1 and not _goes_on(chosen[-1], asked):
        chosen.pop()
    limit = max(limit - len(chosen), 2 - len(chosen))
    for candidate in ranked[1:]:
        room = MAX_WORDS - sum(one.words for one in chosen)
        if limit <= 0 or candidate.fitness < KEEP_OWN * best.fitness:
            break
        if candidate.excerpt.words <= room and not is_said(candidate.excerpt, chosen):
            chosen.append(candidate.excerpt)
            limit -= 1
    return chosen


def best_by_essay(ranked: Sequence[Candidate], found: Retrieved) -> list[list[Excerpt]]:
    """The best sentence of each essay in play, then the next best of them all while there is room."""
    named = found.focus.named if len(found.focus.named) > 1 else ()
    groups: dict[str, list[Candidate]] = {}
    for candidate in ranked:
        source = candidate.sentence.source_id
        in_play = source in named if named else candidate.sentence.score >= IN_PLAY * ranked[0].sentence.score
        if in_play and source not in groups and not is_said(candidate.excerpt, _said_in(groups.values())):
            groups[source] = [candidate]
    share = 3 if len(groups) <= 2 else 2
    for candidate in ranked:
        group = groups.get(candidate.sentence.source_id)
        if group is not None and len(group) < share:
            others = [c for other in groups.values() if other is not group for c in other]
            bar = KEEP * group[0].fitness
            filled = _filled([*others, *group], [candidate], bar, MAX_SENTENCES, MAX_WORDS_COMPARED)
            group.extend(filled[len(others) + len(group) :])
    return [[c.excerpt for c in (group[0], *sorted(group[1:], key=_place))] for group in groups.values()]


def is_said(excerpt: Excerpt, chosen: Sequence[Excerpt]) -> bool:
    """Whether the chosen ones say this already, in the same or nearly the same words."""
    return overlaps(excerpt, chosen) or any(shared_words(other.text, excerpt.text) >= SAME for other in chosen)


def _filled(
    chosen: list[Candidate], more: Iterable[Candidate], bar: float, limit: int, max_words: int
) -> list[Candidate]:
    """``chosen`` and those of ``more`` that clear the bar, fit the budget and say something new."""
    filled = list(chosen)
    for candidate in more:
        fits = sum(c.excerpt.words for c in filled) + candidate.excerpt.words <= max_words
        new = not is_said(candidate.excerpt, [c.excerpt for c in filled])
        if len(filled) < limit and candidate.fitness >= bar and fits and new:
            filled.append(candidate)
    return filled


def _follows(candidate: Candidate, other: Candidate) -> bool:
    """Whether the candidate stands directly behind the other in the same passage."""
    here, there = candidate.sentence, other.sentence
    return here.passage_id == there.passage_id and 0 <= here.start - there.end <= 4


def _place(candidate: Candidate) -> int:
    return candidate.sentence.start


def _said_in(groups: Iterable[list[Candidate]]) -> list[Excerpt]:
    return [candidate.excerpt for group in groups for candidate in group]


_GOING_ON = frozenset("however otherwise because also therefore thus if unless except after before once when".split())
_DANGLING = frozenset(
    "it this that these those they he she its their his her such both neither but and so then instead".split()
)


_OF_CODE = re.compile(
    r"The (?:\S+ ){0,2}?(?:command|example|code|snippet|output|query|script|function|program|listing|lines?|method|call"
    r"|flag|option|argument|parameter|variable|result)\b"
)
"""What points back to code above it."""


@dataclass
class Drafted:
    """A draft, and the evidence that its sentences cite by number."""

    essays: Mapping[str, Essay]
    sentences: list[DraftSentence] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    _after_whole: bool = False

    def add(self, excerpt: Excerpt, lead: str, label: str = "") -> None:
        """Append an excerpt behind ``lead``, with a block of its own where it is one."""
        numbers = tuple(self._cited(excerpt, span) for span in excerpt.spans)
        whole = self.sentences and (excerpt.is_whole or self._after_whole)
        before = lead if not whole or lead.startswith("\n\n") else "\n\n"
        self._after_whole = excerpt.is_whole
        self.sentences.append(
            DraftSentence(lead=f"{before}{label}", text=excerpt.text, block=excerpt.block, numbers=numbers)
        )

    def _cited(self, excerpt: Excerpt, span: Span) -> int:
        """The number of the evidence at a place."""
        place = excerpt.source_id, span.start, span.end
        for item in self.evidence:
            if (item.source_id, item.start, item.end) == place:
                return item.number
        number, text = len(self.evidence) + 1, span.of(self.essays[excerpt.source_id].text)
        self.evidence.append(
            Evidence(
                number=number, source_id=place[0], section=excerpt.section, start=span.start, end=span.end, text=text
            )
        )
        return number


def draft(questions: Sequence[Retrieved], essays: Mapping[str, Essay], likeness: Likeness | None = None) -> Drafted:
    """The answer's sentences for one question, or for several asked at once."""
    excerpts = Excerpts(essays)
    chosen: list[Excerpt] = []
    drafted = Drafted(essays)
    for found in questions:
        seen = [s for s in found.sentences if not is_furniture(s.text)]
        ranked = [c for c in candidates(seen, found, excerpts, likeness) if not is_said(c.excerpt, chosen)]
        if found.focus.compares and len(questions) == 1:
            groups = best_by_essay(ranked, found)
        else:
            limit = MAX_PER_QUESTION if len(questions) == 1 else 2
            asked = frozenset(likeness.vocabulary.telling(found.subject, found.terms)) if likeness else frozenset()
            groups = [best_of(ranked, min(limit, MAX_SENTENCES - len(chosen)), excerpts, asked)]
        chosen.extend(excerpt for group in groups for excerpt in group)
        _grouped(groups, drafted, excerpts)
    return drafted


def summary(essays_found: Sequence[Retrieved], essays: Mapping[str, Essay]) -> Drafted:
    """The gist of one essay in up to five sentences of different sections, or of several in one or two each."""
    each = MAX_SENTENCES if len(essays_found) == 1 else 2 if len(essays_found) == 2 else 1
    excerpts, groups = Excerpts(essays), []
    for found in essays_found:
        chosen: list[Excerpt] = []
        for sentence in found.sentences:
            excerpt = excerpts.around(sentence, frozenset())
            new = excerpt is not None and not is_said(excerpt, chosen) and not is_furniture(sentence.text)
            if excerpt and new and len(chosen) < each and all(sentence.section != other.section for other in chosen):
                chosen.append(excerpt)
        groups.append(sorted(chosen, key=lambda excerpt: excerpt.spans[0].start))
    drafted = Drafted(essays)
    _grouped(groups, drafted, excerpts)
    return drafted


def _grouped(groups: Sequence[Sequence[Excerpt]], drafted: Drafted, excerpts: Excerpts) -> None:
    """Add groups of excerpts to a draft; where there are several, each opens with its author."""
    several = len([group for group in groups if group]) > 1
    for group in groups:
        for i, excerpt in enumerate(_understandable(group, excerpts)):
            opens = several and i == 0
            lead = "" if not drafted.sentences else "\n\n" if opens else " "
            byline = drafted.essays[excerpt.source_id].byline
            drafted.add(excerpt, lead, f"{byline}: " if opens and not excerpt.text.startswith(byline) else "")


def _understandable(group: Sequence[Excerpt], excerpts: Excerpts) -> list[Excerpt]:
    """A group's excerpts, with what one points back to: the sentence before it, or the code ("The command ...")."""
    complete: list[Excerpt] = []
    for excerpt in group:
        opening = words(excerpt.text)[:1]
        of_code = opening and (opening[0] in _DANGLING or _OF_CODE.match(excerpt.text))
        before = excerpts.shown_before(excerpt) if of_code else None
        if before is None and opening and opening[0] in _DANGLING:
            before = excerpts.before(excerpt)
        if before is not None and not overlaps(before, [*complete, *group]):
            complete.append(before)
        complete.append(excerpt)
    return complete[:MAX_SENTENCES]
