"""The answerer that needs no model: sentences of the documents, chosen and put in the order a reader wants them.

Nothing is written that does not stand in the documents. The direct answer comes first, nothing is said twice, and
where essays are compared each has its own block.

Which sentences answer a question: the fittest first, then those that add something, within a budget of words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from assistant.answering.excerpts import Excerpt, Excerpts, overlaps
from assistant.answering.judge import asking_part, brought_by, kind_of
from assistant.answering.verify import DraftSentence, Evidence
from assistant.answering.vocabulary import Vocabulary
from assistant.corpus.furniture import is_furniture
from assistant.corpus.loading import built_in
from assistant.corpus.markup import readable
from assistant.retrieval.lexicon import content_stems, words
from assistant.retrieval.reading import plain
from assistant.retrieval.retriever import Retrieved, ScoredSentence
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
LISTS = re.compile(
    r"\b(?:what|which) (?:are|were|things|steps|items|kinds?|types?|rules)\b"
    r"|\b(?:list|steps|how (?:do|can|should|to)|consist)\b",
    re.IGNORECASE,
)
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
POINTS = 0.15
"""What a sentence loses that only says where to read on."""
OWN_READ = 24
LEAST = 0.545
"""A sentence less fit than this answers nothing, however near its passage is."""
COVERED = 0.34
"""The share of the question's telling words that a sentence, its heading and its title must have."""
OTHER_POLARITY = 0.15
ANNOUNCES = 0.03
"""A sentence that announces a list or code brings more of an answer."""
HEADS = 0.06
"""What opens the section whose heading is what is asked for mostly says what it is."""
CODING = 0.2
_CODING = re.compile(
    r"\b(?:write|show|give|example|code|snippet|function|script|query|schema|config\w*)\b", re.IGNORECASE
)
_DENIES = re.compile(r"\b(?:not|never|no|cannot|without|except|only)\b|n['’]t\b", re.IGNORECASE)
OWN_MEANING, OWN_WORDS = 0.8, 0.3
_POINTS = re.compile(
    r"\W*(?:see|here(?:['’]s| is| are)|for (?:more|further|all other)|read|refer to|please (?:see|read|refer)"
    r"|more (?:info|detail)\w*|consult|check out|learn (?:more|about)|as (?:mentioned|described|discussed)"
    r"|we(?:['’]ll| will)|in this chapter|then)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b(?:\d+(?:\.\d+)?[A-Za-z]\w*|[A-Za-z]+-?\d\w*)\b")
_WHAT_IS = re.compile(r"^\W*(?:what(?:'s| is| are)|define|explain) (?:an? |the )?([\w -]{3,40}?)\W*$", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A sentence with what it cannot stand without, and how fit it is to answer; more is better."""

    sentence: ScoredSentence
    excerpt: Excerpt
    fitness: float


@dataclass(frozen=True)
class Likeness:
    """How like a sentence's own words are to a question, without the heading above them that made it be found."""

    encode: Callable[[list[str]], NDArray[np.float32]]
    vocabulary: Vocabulary

    def __call__(self, found: Retrieved, sentences: Sequence[ScoredSentence]) -> dict[tuple[str, int], float]:
        """0 to about 1 for the best sentences; those that cover too little of what is asked are left out."""
        own = sentences[:OWN_READ]
        asked = self.vocabulary.telling(found.subject, found.terms)
        total = sum(asked.values()) or 1.0

        def covered(text: str) -> float:
            return sum(asked[stem] for stem in asked.keys() & set(content_stems(text))) / total

        vectors = self.encode([found.subject, *(readable(s.text) for s in own)])
        return {
            (s.source_id, s.start): OWN_MEANING * float(vectors[0] @ vector) + OWN_WORDS * covered(s.text)
            for s, vector in zip(own, vectors[1:], strict=True)
            if covered(f"{self.vocabulary.title(s.source_id)} {s.section} {s.text}") >= COVERED
        }


def candidates(
    sentences: Sequence[ScoredSentence], found: Retrieved, excerpts: Excerpts, likeness: Likeness | None = None
) -> list[Candidate]:
    """The sentences that can be quoted, by fitness, best first.

    Fitness is the retrieval score, less where the sentence lacks the kind of thing asked for, is itself a question
    or an opening, or was just said in the conversation.
    """
    asking = asking_part(found.asking)
    kind, brought = kind_of(asking, ours=all(built_in([s.source_id]) for s in found.sentences[:1])), brought_by(asking)
    coded, term = _codes(asking), _term_asked(asking)
    penalty = kind.weight if kind is not None else 0.0

    tied = likeness is None or not sentences or built_in([sentences[0].source_id])
    own = {} if tied or likeness is None else likeness(found, sentences)
    sentences = sentences if tied else [s for s in sentences if (s.source_id, s.start) in own]
    asked = frozenset(content_stems(found.subject))
    denied, coding = plain(asking).denied, _CODING.search(asking) is not None

    def fitness(sentence: ScoredSentence) -> float:
        lacks = kind is not None and not kind.given(sentence.text, brought)
        opens = sentence.text.rstrip().endswith("?")
        told = shared_words(sentence.text, found.said) if found.said else 0.0
        other = bool(coded) and bool(_codes(sentence.text)) and not coded & _codes(sentence.text)
        defines = DEFINES if term and _defines(sentence.text, term) else 0.0
        score = sentence.score if tied else _of_own(sentence, own[sentence.source_id, sentence.start])
        if not tied:
            score -= OTHER_POLARITY * (denied and not _DENIES.search(sentence.text))
            score += HEADS * (frozenset(content_stems(sentence.section)) == asked and excerpts.opens(sentence))
            score += CODING * (coding and sentence.text.startswith(("```", "~~~")))
        return score + defines - penalty * lacks - OPEN_ENDED * opens - JUST_SAID * told - OTHER_CODE * other

    listing = LISTS.search(asking) is not None
    quoted = ((s, excerpts.around(s, asked, listing=listing)) for s in sentences)
    ranked = sorted((Candidate(s, e, fitness(s)) for s, e in quoted if e is not None), key=lambda c: -c.fitness)
    return ranked if tied or (ranked and ranked[0].fitness >= LEAST) else []


def _of_own(sentence: ScoredSentence, likeness: float) -> float:
    """The score of a sentence that no question is tied to."""
    announces = ANNOUNCES * sentence.text.rstrip().endswith(":")
    return (sentence.score + likeness) / 2 + announces - POINTS * bool(_POINTS.match(sentence.text))


def best_of(ranked: Sequence[Candidate], limit: int, excerpts: Excerpts) -> list[Excerpt]:
    """The best excerpt, then up to ``limit`` in all that are near it and add something, in reading order."""
    if not ranked or limit < 1:
        return []
    first = ranked[0]
    if not built_in([first.sentence.source_id]):
        return _paragraph(ranked, limit, excerpts)
    rest = [replace(c, fitness=c.fitness + NEXT_TO_BEST * _follows(c, first)) for c in ranked[1:]]
    chosen = _filled([first], sorted(rest, key=lambda c: -c.fitness), KEEP * first.fitness, limit, MAX_WORDS)
    sources = [first.sentence.source_id, *(c.sentence.source_id for c in chosen)]
    further = sorted(chosen[1:], key=lambda c: (sources.index(c.sentence.source_id), c.sentence.start))
    return [first.excerpt, *(c.excerpt for c in further)]


def _paragraph(ranked: Sequence[Candidate], limit: int, excerpts: Excerpts) -> list[Excerpt]:
    """The best excerpt with what follows it in its paragraph, then others that answer nearly as well."""
    best = ranked[0]
    chosen = [best.excerpt]
    while not chosen[-1].is_whole and len(chosen) < limit:
        after = excerpts.behind(chosen[-1])
        if after is None or sum(one.words for one in chosen) + after.words > PARAGRAPH_WORDS or is_said(after, chosen):
            break
        chosen.append(after)
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
        fits = sum(c.excerpt.words for c in filled) + candidate.excerpt.words <= max_words
        new = not is_said(candidate.excerpt, [c.excerpt for c in filled])
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
    bare = re.sub(r"[*_`]", "", text.lower())
    defines = rf"(?:the |an? )?{re.escape(term)}s? (?:is|are|means?|can|lets?) (?!still|an active|different)"
    return re.match(defines, bare) is not None


def _follows(candidate: Candidate, other: Candidate) -> bool:
    """Whether the candidate stands directly behind the other in the same passage."""
    here, there = candidate.sentence, other.sentence
    return here.passage_id == there.passage_id and 0 <= here.start - there.end <= 4


def _place(candidate: Candidate) -> int:
    return candidate.sentence.start


def _said_in(groups: Iterable[list[Candidate]]) -> list[Excerpt]:
    return [candidate.excerpt for group in groups for candidate in group]


_DANGLING = frozenset(
    "it this that these those they he she its their his her such both neither but and so then instead".split()
)


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
            groups = [best_of(ranked, min(limit, MAX_SENTENCES - len(chosen)), excerpts)]
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
        before = excerpts.shown_before(excerpt) if opening and opening[0] in _DANGLING | {"the"} else None
        if before is None and opening and opening[0] in _DANGLING:
            before = excerpts.before(excerpt)
        if before is not None and not overlaps(before, [*complete, *group]):
            complete.append(before)
        complete.append(excerpt)
    return complete[:MAX_SENTENCES]
