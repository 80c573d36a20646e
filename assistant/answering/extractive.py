"""The answerer that needs no model: it chooses the sentences that answer, in the order a reader wants them.

Nothing is written that does not stand in the documents; the choosing is the work: the direct answer first,
nothing said twice, what belongs together kept together, one short block per essay where essays are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answering.evidence import DraftSentence, Evidence
from assistant.answering.expectations import brought_by, kind_of
from assistant.answering.judge import asking_part
from assistant.retrieval.lexicon import content_stems, words
from assistant.retrieval.retriever import Retrieved, ScoredSentence
from assistant.types import Essay

MAX_SENTENCES = 5
MAX_PER_QUESTION = 3
MAX_WORDS = 85
MAX_WORDS_COMPARED = 120
KEEP = 0.66
"""A further sentence needs this share of the best one's score."""
IN_PLAY = 0.72
"""An essay joins a comparison where its best sentence has this share of the best score of all."""
SAME = 0.72
"""Two sentences say the same where they share this part of the shorter one's subject words."""
NEXT_TO_BEST = 0.03
MISSES_KIND = 0.25
MISSES_LIST = 0.05
JUST_SAID = 0.2
OPEN_ENDED = 0.2
_DANGLING = frozenset(
    "it this that these those they he she its their his her such both neither but and so then instead".split()
)


def draft(
    questions: Sequence[Retrieved], evidence: Mapping[tuple[str, int], Evidence], essays: Mapping[str, Essay]
) -> list[DraftSentence]:
    """The answer's sentences for one or several questions asked at once.

    ``evidence`` maps (source id, start offset) to the numbered sentence; what is not in it can't be used.
    """
    chosen: list[ScoredSentence] = []
    drafted: list[DraftSentence] = []
    for found in questions:
        usable = [s for s in found.sentences if (s.source_id, s.start) in evidence and not _said(s, chosen)]
        room = MAX_SENTENCES - len(chosen)
        if found.focus.compares and len(questions) == 1:
            groups = _by_essay(usable, found)
        else:
            limit = min(room, MAX_PER_QUESTION if len(questions) == 1 else 2)
            groups = [_best(usable, found, limit)]
        for group in groups:
            chosen.extend(group)
            label = f"{essays[group[0].source_id].byline}: " if len(groups) > 1 else ""
            drafted.extend(_sentences(group, evidence, label, first=not drafted))
    return drafted


def _best(candidates: Sequence[ScoredSentence], found: Retrieved, limit: int) -> list[ScoredSentence]:
    """The best sentence, then the near ones that add something, while the budget of words lasts."""
    ranked = sorted(candidates, key=lambda s: -_fitness(s, found))
    if not ranked or limit < 1:
        return []
    chosen = [ranked[0]]
    best = _fitness(ranked[0], found)
    for sentence in sorted(ranked[1:], key=lambda s: -_fitness(s, found, ranked[0])):
        spent = sum(len(words(s.text)) for s in chosen)
        fits = spent + len(words(sentence.text)) <= MAX_WORDS
        near = _fitness(sentence, found, ranked[0]) >= KEEP * best
        if len(chosen) < limit and fits and near and not _said(sentence, chosen):
            chosen.append(sentence)
    return [chosen[0], *sorted(chosen[1:], key=lambda s: (s.source_id != chosen[0].source_id, s.source_id, s.start))]


def _fitness(sentence: ScoredSentence, found: Retrieved, best: ScoredSentence | None = None) -> float:
    """The sentence's score, less where it lacks the kind of thing asked for or was just said in the conversation."""
    asking = asking_part(found.asking)
    kind = kind_of(asking)
    lacks = kind is not None and not kind.given(sentence.text, brought_by(asking))
    score = sentence.score - (MISSES_KIND if kind and kind.required else MISSES_LIST) * lacks
    score -= OPEN_ENDED if sentence.text.rstrip().endswith(("?", ":")) else 0.0
    score -= JUST_SAID * shared_words(sentence.text, found.said) if found.said else 0.0
    beside = best is not None and sentence.passage_id == best.passage_id and -2 <= sentence.start - best.end <= 4
    return score + (NEXT_TO_BEST if beside else 0.0)


def _by_essay(candidates: Sequence[ScoredSentence], found: Retrieved) -> list[list[ScoredSentence]]:
    """The best sentence of each essay in play, then the next best of them all while there is room."""
    ranked = sorted(candidates, key=lambda s: -_fitness(s, found))
    named = found.focus.named if len(found.focus.named) > 1 else ()
    groups: dict[str, list[ScoredSentence]] = {}
    for sentence in ranked:
        in_play = sentence.source_id in named if named else sentence.score >= IN_PLAY * ranked[0].score
        if in_play and sentence.source_id not in groups and not _said(sentence, _flat(groups)):
            groups[sentence.source_id] = [sentence]
    share = 3 if len(groups) <= 2 else 2
    for sentence in ranked:
        group = groups.get(sentence.source_id, [])
        fits = sum(len(words(s.text)) for s in [*_flat(groups), sentence]) <= MAX_WORDS_COMPARED
        near = bool(group) and _fitness(sentence, found) >= KEEP * _fitness(group[0], found)
        if (
            near
            and fits
            and len(group) < share
            and len(_flat(groups)) < MAX_SENTENCES
            and not _said(sentence, _flat(groups))
        ):
            group.append(sentence)
    return [[group[0], *sorted(group[1:], key=lambda s: s.start)] for group in groups.values()]


def _flat(groups: Mapping[str, list[ScoredSentence]]) -> list[ScoredSentence]:
    return [sentence for group in groups.values() for sentence in group]


def _said(sentence: ScoredSentence, chosen: Sequence[ScoredSentence]) -> bool:
    """Whether the chosen ones say this already: the same place, or nearly the same words."""
    return any(s.text == sentence.text or shared_words(s.text, sentence.text) >= SAME for s in chosen)


def shared_words(a: str, b: str) -> float:
    """Subject words two texts share, as a part of the shorter one's, 0 to 1."""
    left, right = set(content_stems(a)), set(content_stems(b))
    return len(left & right) / max(1, min(len(left), len(right)))


def _sentences(
    group: Sequence[ScoredSentence], evidence: Mapping[tuple[str, int], Evidence], label: str, *, first: bool
) -> list[DraftSentence]:
    """A group as draft sentences, each with its own citation, one that points back behind what it points to."""
    numbers = [evidence[sentence.source_id, sentence.start].number for sentence in group]
    by_number = {item.number: item for item in evidence.values()}
    ordered: list[int] = []
    for number in numbers:
        before = by_number.get(number - 1)
        if _points_back(by_number[number]) and before is not None and len(numbers) < MAX_SENTENCES:
            same = (before.source_id, before.section) == (by_number[number].source_id, by_number[number].section)
            ordered += [before.number] if same and before.number not in (*ordered, *numbers) else []
        ordered.append(number)
    drafted = []
    for i, number in enumerate(ordered[:MAX_SENTENCES]):
        lead = ("" if first else "\n\n" if label else " ") + label if i == 0 else " "
        drafted.append(DraftSentence(lead=lead, text=_whole(by_number[number].text), numbers=(number,)))
    return drafted


def _points_back(item: Evidence) -> bool:
    """Whether the sentence can't be understood without the one before it ("It invented software ...")."""
    opening = words(item.text)[:1]
    return bool(opening) and opening[0] in _DANGLING


def _whole(text: str) -> str:
    """A sentence on one line; line breaks of the source become spaces."""
    return " ".join(text.split())


def summary(
    essays_found: Sequence[Retrieved], evidence: Mapping[tuple[str, int], Evidence], essays: Mapping[str, Essay]
) -> list[DraftSentence]:
    """The gist of one essay in up to five sentences of different sections, or of several in one or two each."""
    each = MAX_SENTENCES if len(essays_found) == 1 else 2 if len(essays_found) == 2 else 1
    drafted: list[DraftSentence] = []
    for found in essays_found:
        chosen: list[ScoredSentence] = []
        for sentence in found.sentences:
            new_section = all(sentence.section != other.section for other in chosen)
            usable = (sentence.source_id, sentence.start) in evidence and not _said(sentence, chosen)
            if usable and new_section and len(chosen) < each:
                chosen.append(sentence)
        if chosen:
            label = f"{essays[chosen[0].source_id].byline}: " if len(essays_found) > 1 else ""
            chosen.sort(key=lambda s: s.start)
            drafted.extend(_sentences(chosen, evidence, label, first=not drafted))
    return drafted
