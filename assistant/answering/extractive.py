"""The answerer that needs no model: sentences of the documents, chosen and put in the order a reader wants them.

Nothing is written that does not stand in the documents. The direct answer comes first, nothing is said twice, and
where essays are compared each has its own block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answering.choosing import (
    MAX_PER_QUESTION,
    MAX_SENTENCES,
    best_by_essay,
    best_of,
    candidates,
    is_said,
)
from assistant.answering.evidence import DraftSentence, Evidence
from assistant.retrieval.lexicon import words
from assistant.retrieval.retriever import Retrieved, ScoredSentence
from assistant.types import Essay

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
