"""The answerer that needs no model: it chooses the sentences that answer, in the order a reader wants them.

Nothing is written that does not stand in the documents; the choosing is the work: the direct answer first,
nothing said twice, what belongs together kept together, one short block per essay where essays are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answering.evidence import DraftSentence, Evidence
from assistant.answering.expectations import meets
from assistant.answering.judge import asking_part
from assistant.retrieval.lexicon import content_stems, words
from assistant.retrieval.retriever import Retrieved, ScoredSentence
from assistant.types import Essay

MAX_SENTENCES = 5
MAX_PER_QUESTION = 3
MAX_WORDS = 72
KEEP = 0.74
"""A further sentence needs this share of the best one's score."""
IN_PLAY = 0.72
"""An essay joins a comparison where its best sentence has this share of the best score of all."""
SAME = 0.55
"""Two sentences say the same where they share this part of the shorter one's subject words."""
NEXT_TO_BEST = 0.06
MISSES_KIND = 0.25
_DANGLING = frozenset("it this that these those they he she its their his her such both neither but and so then instead".split())


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
            groups = [_best(usable, asking_part(found.question), limit)]
        for group in groups:
            chosen.extend(group)
            label = f"{essays[group[0].source_id].byline}: " if len(groups) > 1 else ""
            drafted.extend(_sentences(group, evidence, label, first=not drafted))
    return drafted


def _best(candidates: Sequence[ScoredSentence], asking: str, limit: int, max_words: int = MAX_WORDS) -> list[ScoredSentence]:
    """The best sentence, then the near ones that add something, while the budget of words lasts."""
    ranked = sorted(candidates, key=lambda s: -_fitness(s, asking, None))
    if not ranked or limit < 1:
        return []
    chosen = [ranked[0]]
    best = _fitness(ranked[0], asking, None)
    for sentence in sorted(ranked[1:], key=lambda s: -_fitness(s, asking, ranked[0])):
        spent = sum(len(words(s.text)) for s in chosen)
        fits = spent + len(words(sentence.text)) <= max_words
        near = _fitness(sentence, asking, ranked[0]) >= KEEP * best
        if len(chosen) < limit and fits and near and not _said(sentence, chosen):
            chosen.append(sentence)
    return [chosen[0], *sorted(chosen[1:], key=lambda s: (s.source_id != chosen[0].source_id, s.source_id, s.start))]


def _fitness(sentence: ScoredSentence, asking: str, best: ScoredSentence | None) -> float:
    score = sentence.score - (0.0 if meets(asking, sentence.text) else MISSES_KIND)
    beside = best is not None and sentence.passage_id == best.passage_id and -2 <= sentence.start - best.end <= 4
    return score + (NEXT_TO_BEST if beside else 0.0)


def _by_essay(candidates: Sequence[ScoredSentence], found: Retrieved) -> list[list[ScoredSentence]]:
    """One or two sentences of each essay in play, the nearest essay first."""
    asking = asking_part(found.question)
    per_essay: dict[str, list[ScoredSentence]] = {}
    for sentence in candidates:
        per_essay.setdefault(sentence.source_id, []).append(sentence)
    top = max((s.score for s in candidates), default=0.0)
    named = found.focus.named if len(found.focus.named) > 1 else ()
    in_play = [s for s in per_essay if (s in named if named else per_essay[s][0].score >= IN_PLAY * top)]
    each = 2 if len(in_play) <= 2 else 1
    groups: list[list[ScoredSentence]] = []
    for source in in_play:
        said = [s for group in groups for s in group]
        fresh = [s for s in per_essay[source] if not _said(s, said)]
        picked = _best(fresh, asking, each, max_words=48)
        if picked:
            groups.append(picked)
    return groups


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
    drafted = []
    for i, sentence in enumerate(group):
        lead = ("" if first else "\n\n" if label else " ") + label if i == 0 else " "
        number = evidence[sentence.source_id, sentence.start].number
        drafted.append(DraftSentence(lead=lead, text=_whole(sentence.text), numbers=(number,)))
    return drafted


def _whole(text: str) -> str:
    """A sentence on one line; line breaks of the source become spaces."""
    return " ".join(text.split())


def summary(
    essays_found: Sequence[Retrieved], evidence: Mapping[tuple[str, int], Evidence], essays: Mapping[str, Essay]
) -> list[DraftSentence]:
    """The gist of one essay in up to five sentences of different sections, or of several in one sentence or two each."""
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
