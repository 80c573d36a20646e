"""The hybrid retriever: dense vectors and BM25 over passages, their sentences and the questions tied to them.

Every sentence gets one fused score; a passage is as good as its best sentence.

Fusing signals into one score a sentence: the weights, and the arithmetic.

Which passages to keep: the best ones, and for a question that compares, the best of several essays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.corpus.wording import wording_of
from assistant.index.opened import OpenIndex
from assistant.index.units import UnitKind
from assistant.retrieval.lexicon import content_stems, glossary_for
from assistant.retrieval.reading import Focus, focus_of, subject_of
from assistant.types import Frozen, Passage, RankedPassage

Scores = NDArray[np.float32]
Rows = NDArray[np.intp]

WEIGHTS: Mapping[str, float] = {
    "passage": 0.6,  # cosine of the sentence's passage, in its "title › section" context
    "sentence": 0.7,  # cosine of the sentence
    "asked": 0.9,  # cosine of the closest question tied to the sentence
    "asked_mean": 1.0,  # mean cosine of the four closest of them: steadier than one
    "keywords": 1.2,  # BM25 of the sentence with its questions, as a share of the best
    "passage_keywords": 0.5,  # BM25 of the passage with its questions, as a share of the best
}
"""How much each signal counts. Set on eval/dev.jsonl; the optimum is flat, so the numbers are round."""

MEAN_OF = 4


def fused(signals: Mapping[str, Scores]) -> Scores:
    """The weighted mean of the signals, each of shape (sentences,)."""
    total = sum((WEIGHTS[name] * signals[name] for name in WEIGHTS), np.zeros(1, dtype=np.float32))
    return np.asarray(total / sum(WEIGHTS.values()), dtype=np.float32)


def shares(scores: Scores) -> Scores:
    """BM25 scores of one query as shares of their best; all zero stays all zero."""
    best = float(scores.max(initial=0.0))
    return scores / best if best > 0 else scores


def best_of_group(values: Scores, groups: Rows, count: int) -> Scores:
    """The best value of each of ``count`` groups; a group without members gets 0."""
    best = np.zeros(count, dtype=np.float32)
    np.maximum.at(best, groups, values)
    return best


def members_table(groups: Rows, count: int) -> Rows:
    """Rows of each group's members, padded with -1, of shape (count, size of the largest group)."""
    members = [np.flatnonzero(groups == group) for group in range(count)]
    table = np.full((count, max(map(len, members), default=0)), -1, dtype=np.intp)
    for group, rows in enumerate(members):
        table[group, : len(rows)] = rows
    return table


def mean_of_best(values: Scores, table: Rows) -> Scores:
    """For each group of a ``members_table`` the mean of its MEAN_OF best values; a group without members gets 0."""
    if table.size == 0:
        return np.zeros(len(table), dtype=np.float32)
    padded = np.where(table >= 0, values[table], np.float32(-np.inf))
    best = -np.sort(-padded, axis=1)[:, :MEAN_OF]
    there = np.isfinite(best)
    total = np.where(there, best, 0).sum(axis=1)
    return np.asarray(total / np.maximum(there.sum(axis=1), 1), dtype=np.float32)


WITHIN = 0.6
"""An essay joins a comparison where its best passage has at least this share of the best score."""


def spread(passages: Sequence[Passage], scores: Scores, focus: Focus, k: int) -> list[int]:
    """Rows of the ``k`` best passages, best first.

    Where the question compares, the best passage of each essay in play comes before the second of any.
    """
    order = [int(row) for row in np.argsort(-scores, kind="stable")]
    if not focus.compares or not order:
        return order[:k]
    bar = WITHIN * float(scores[order[0]])
    rounds: dict[str, int] = {}
    keyed = []
    for position, row in enumerate(order):
        source = passages[row].source_id
        rounds[source] = rounds.get(source, 0) + 1
        in_play = source in focus.named if len(focus.named) > 1 else float(scores[row]) >= bar
        keyed.append((rounds[source] if in_play else len(order), position, row))
    return [row for _, _, row in sorted(keyed)][:k]


NEIGHBOURS: dict[UnitKind, int] = {"passage": 60, "sentence": 150, "question": 300}
HEADED = 0.08
"""Added where a heading has all that is asked for and nothing else, in documents no question is tied to."""
NAMED_BONUS = 0.18
"""Added to every sentence of an essay the question names; scores are weighted means, mostly 0.2 to 0.9."""
SENTENCES_KEPT = 40
KEPT_OF_EACH = 3


class ScoredSentence(Frozen):
    """A sentence as a candidate for the answer.

    ``similarity`` and ``asked`` are cosines with the question: of the sentence itself, and of the closest question
    tied to it (0 where there is none).
    """

    source_id: str
    passage_id: str
    section: str
    start: int
    end: int
    text: str
    score: float
    similarity: float
    asked: float


class Retrieved(Frozen):
    """Ranked passages and sentences for one standalone question, best first. ``subject`` is what it is about,
    without the essays it names; ``asking`` is the asker's wording of it,
    ``said`` the reply it follows on."""

    question: str
    subject: str
    asking: str
    said: str = ""
    focus: Focus
    terms: tuple[str, ...]
    passages: tuple[RankedPassage, ...]
    sentences: tuple[ScoredSentence, ...]


class HybridRetriever:
    """Ranks the passages of one open index."""

    def __init__(self, index: OpenIndex, k: int, folders: Iterable[Path] = ()) -> None:
        """``folders`` of the documents may hold a glossary of their own."""
        self._index = index
        self._glossary = glossary_for(wording_of(folders, index.essays))
        self._k = k
        self._rows = {kind: {unit.id: row for row, unit in enumerate(index.units(kind))} for kind in NEIGHBOURS}
        passage_rows = {passage.id: row for row, passage in enumerate(index.passages)}
        sentences = index.units("sentence")
        by_start = {(unit.source_id, unit.start): row for row, unit in enumerate(sentences)}
        self._passage_of: Rows = np.array([passage_rows[unit.passage_id] for unit in sentences], dtype=np.intp)
        self._sentence_of: Rows = np.array(
            [by_start.get((unit.source_id, unit.start), 0) for unit in index.units("question")], dtype=np.intp
        )
        self._is_asked = np.isin(np.arange(len(sentences)), self._sentence_of)
        tied = {unit.source_id for unit in index.units("question")}
        headings = (None if one.source_id in tied else frozenset(content_stems(one.section)) for one in index.passages)
        self._headings = list(headings)
        self._questions_of = members_table(self._sentence_of, len(sentences))

    def retrieve(self, question: str, k: int | None = None, *, asking: str | None = None, said: str = "") -> Retrieved:
        """The ``k`` best passages and the best sentences for a standalone question."""
        focus = focus_of(question, self._index.essays.values())
        subject = subject_of(question, focus, self._index.essays.values())
        terms = self._glossary.meant(question)
        signals = self._signals(self._vector(subject, terms), f"{subject} {' '.join(terms)}")
        scores = fused(signals)
        asked = frozenset(content_stems(subject))
        headed = np.array([bool(asked) and heading == asked for heading in self._headings], dtype=bool)
        scores += np.float32(HEADED) * headed[self._passage_of]
        if focus.named:
            named = np.array([passage.source_id in focus.named for passage in self._index.passages])
            scores += np.float32(NAMED_BONUS) * named[self._passage_of]
        passages = best_of_group(scores, self._passage_of, len(self._index.passages))
        order = spread(self._index.passages, passages, focus, k or self._k)
        return Retrieved(
            question=question,
            subject=subject,
            asking=asking or question,
            said=said,
            focus=focus,
            terms=terms,
            passages=tuple(_ranked(self._index.passages[row], float(passages[row])) for row in order),
            sentences=self._sentences(scores, signals, focus),
        )

    def vector_of(self, question: str) -> Scores:
        """The direction of a question, names and all, shape (dimensions,)."""
        return self._vector(question, self._glossary.meant(question))

    def _vector(self, question: str, terms: tuple[str, ...]) -> Scores:
        """The question's direction, half way to the one in the essays' terms where it uses others."""
        texts = [question, f"{question} {', '.join(terms)}"] if terms else [question]
        mean: Scores = self._index.encode(texts).mean(axis=0)
        return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))

    def _signals(self, vector: Scores, keywords: str) -> dict[str, Scores]:
        """Each signal of fusion.WEIGHTS, of shape (sentences,)."""
        questions = self._dense("question", vector)
        sentence = self._dense("sentence", vector)
        asked = best_of_group(questions, self._sentence_of, len(self._passage_of))
        return {
            "passage": self._dense("passage", vector)[self._passage_of],
            "sentence": sentence,
            # a sentence no question is tied to is not worse for it: it stands for itself
            "asked": np.where(self._is_asked, asked, sentence),
            "asked_mean": np.where(self._is_asked, mean_of_best(questions, self._questions_of), sentence),
            "keywords": shares(self._index.keyword_scores("sentence", keywords)),
            "passage_keywords": shares(self._index.keyword_scores("passage", keywords))[self._passage_of],
        }

    def _dense(self, kind: UnitKind, vector: Scores) -> Scores:
        """Cosine of each unit of the kind; units beyond the nearest get that of the farthest returned."""
        rows = self._rows[kind]
        nearest = self._index.nearest(kind, vector, min(NEIGHBOURS[kind], len(rows))) if rows else []
        scores = np.full(len(rows), nearest[-1][1] if nearest else 0.0, dtype=np.float32)
        for unit, value in nearest:
            scores[rows[unit.id]] = value
        return scores

    def _sentences(self, scores: Scores, signals: dict[str, Scores], focus: Focus) -> tuple[ScoredSentence, ...]:
        """The best sentences, and where essays are compared the best few of each of them."""
        units = self._index.units("sentence")
        found = []
        kept: dict[str, int] = {}
        for place, row in enumerate(np.argsort(-scores, kind="stable")):
            source = units[row].source_id
            kept[source] = kept.get(source, 0) + 1
            if place >= SENTENCES_KEPT and not (source in focus.named and kept[source] <= KEPT_OF_EACH):
                continue
            unit = units[row]
            found.append(
                ScoredSentence(
                    source_id=unit.source_id,
                    passage_id=unit.passage_id,
                    section=self._index.passages[self._passage_of[row]].section,
                    start=unit.start,
                    end=unit.end,
                    text=self._index.essays[unit.source_id].text[unit.start : unit.end],
                    score=float(scores[row]),
                    similarity=float(signals["sentence"][row]),
                    asked=float(signals["asked"][row]),
                )
            )
        return tuple(found)


def _ranked(passage: Passage, score: float) -> RankedPassage:
    return RankedPassage(**passage.model_dump(exclude={"sentences"}), score=round(score, 4))
