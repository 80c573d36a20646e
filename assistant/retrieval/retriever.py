"""The hybrid retriever: dense vectors and BM25 over passages, their sentences and the questions tied to them.

Every sentence gets one fused score; a passage is as good as its best sentence.

Fusing signals into one score a sentence: the weights, and the arithmetic.

Which passages to keep: the best ones, and for a question that compares, the best of several essays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.corpus.wording import wording_of
from assistant.index.opened import OpenIndex
from assistant.index.units import Unit, UnitKind
from assistant.retrieval.late import LateSentences, Read
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
    sizes = np.bincount(groups, minlength=count)
    order = np.argsort(groups, kind="stable")
    table = np.full((count, int(sizes.max(initial=0))), -1, dtype=np.intp)
    table[groups[order], np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)] = order
    return table


def mean_of_best(values: Scores, table: Rows) -> Scores:
    """For each group of a ``members_table`` the mean of its MEAN_OF best values; a group without members gets 0."""
    if table.size == 0:
        return np.zeros(len(table), dtype=np.float32)
    best = np.append(values, np.float32(-np.inf))[table]  # -1 is the last
    if best.shape[1] > MEAN_OF:
        best = np.partition(best, -MEAN_OF, axis=1)[:, -MEAN_OF:]
    there = np.isfinite(best)
    total = np.where(there, best, 0).sum(axis=1)
    return np.asarray(total / np.maximum(there.sum(axis=1), 1), dtype=np.float32)


COMPARED = 1_000
"""Passages that a comparison chooses from."""


def best_rows(scores: Scores, k: int) -> list[int]:
    """Rows of the ``k`` best scores, best first; of equal ones, the first first."""
    if 0 < k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        rows = np.flatnonzero(scores >= least)
    else:
        rows = np.arange(len(scores))
    return [int(row) for row in rows[np.argsort(-scores[rows], kind="stable")][:k]]


WITHIN = 0.6
"""An essay joins a comparison where its best passage has at least this share of the best score."""


def spread(passages: Sequence[Passage], scores: Scores, focus: Focus, k: int) -> list[int]:
    """Rows of the ``k`` best passages, best first.

    Where the question compares, the best passage of each essay in play comes before the second of any.
    """
    order = best_rows(scores, max(k, COMPARED) if focus.compares else k)
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


VECTORS_KEPT = 1_000
"""Questions whose vectors are kept: each is searched for twice, and people ask the same."""


@dataclass
class Scored:
    """The sentences in play for one question: all that are indexed, then the ``late`` ones."""

    scores: Scores
    passages: Rows
    similarity: Scores
    asked: Scores
    late: Sequence[Unit]


class HybridRetriever:
    """Ranks the passages of one open index."""

    def __init__(self, index: OpenIndex, k: int, folders: Iterable[Path] = ()) -> None:
        """``folders`` of the documents may hold a glossary of their own."""
        self._index = index
        self._glossary = glossary_for(wording_of(folders, index.essays))
        self._k = k
        self._late = LateSentences(index)
        self._vector = lru_cache(maxsize=VECTORS_KEPT)(self._encoded)
        sentences = index.units("sentence")
        by_start = {(unit.source_id, unit.start): row for row, unit in enumerate(sentences)}
        self._passage_of: Rows = np.array([index.passages.rows[unit.passage_id] for unit in sentences], dtype=np.intp)
        self._sentence_of: Rows = np.array(
            [by_start.get((unit.source_id, unit.start), 0) for unit in index.units("question")], dtype=np.intp
        )
        self._is_asked = np.isin(np.arange(len(sentences)), self._sentence_of)
        table = members_table(self._sentence_of, len(sentences))
        self._questions_of = table[self._is_asked]
        tied = {unit.source_id for unit in index.units("question")}
        self._untied = ~index.passages.of_essays(tied)
        self._headings: dict[frozenset[str], list[int]] = {}
        for number, section in enumerate(index.passages.sections):
            self._headings.setdefault(frozenset(content_stems(section)), []).append(number)

    def retrieve(self, question: str, k: int | None = None, *, asking: str | None = None, said: str = "") -> Retrieved:
        """The ``k`` best passages and the best sentences for a standalone question."""
        focus = focus_of(question, self._index.essays.values())
        subject = subject_of(question, focus, self._index.essays.values())
        terms = self._glossary.meant(question)
        found = self._scored(self._vector(subject, terms), f"{subject} {' '.join(terms)}", self._added(subject, focus))
        passages = best_of_group(found.scores, found.passages, len(self._index.passages))
        order = spread(self._index.passages, passages, focus, k or self._k)
        return Retrieved(
            question=question,
            subject=subject,
            asking=asking or question,
            said=said,
            focus=focus,
            terms=terms,
            passages=tuple(_ranked(self._index.passages[row], float(passages[row])) for row in order),
            sentences=self._sentences(found, focus),
        )

    def _added(self, subject: str, focus: Focus) -> Scores:
        """What each passage gets beside its likeness: for its heading, and for the essay it is of."""
        asked = frozenset(content_stems(subject))
        numbers = self._headings.get(asked, []) if asked else []
        headed = np.isin(self._index.passages.section, numbers) & self._untied
        named = self._index.passages.of_essays(focus.named)
        return np.asarray(HEADED * headed + NAMED_BONUS * named, dtype=np.float32)

    def vector_of(self, question: str) -> Scores:
        """The direction of a question, names and all, shape (dimensions,)."""
        return self._vector(question, self._glossary.meant(question))

    def _encoded(self, question: str, terms: tuple[str, ...]) -> Scores:
        """The question's direction, half way to the one in the essays' terms where it uses others."""
        texts = [question, f"{question} {', '.join(terms)}"] if terms else [question]
        mean: Scores = self._index.encode(texts).mean(axis=0)
        return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))

    def _scored(self, vector: Scores, keywords: str, added: Scores) -> Scored:
        """Every indexed sentence, and those of the nearest other passages."""
        dense = self._dense("passage", vector)
        words = shares(self._index.keyword_scores("passage", keywords))
        near = self._indexed(vector, keywords)
        read, late = self._read_late(vector, keywords, dense, words, added)
        if read.units:
            most = np.float32(max(sum(self._index.rarities("sentence", keywords).values()), 1e-9))
            near["keywords"] = near["keywords"] / most
        rows = np.concatenate([self._passage_of, read.passages])
        signals = {name: np.concatenate([near[name], late[name]]) for name in near}
        signals["keywords"] = shares(signals["keywords"])
        scores = fused(signals | {"passage": dense[rows], "passage_keywords": words[rows]}) + added[rows]
        return Scored(scores, rows, signals["sentence"], signals["asked"], read.units)

    def _indexed(self, vector: Scores, keywords: str) -> dict[str, Scores]:
        """The signals of the indexed sentences, with BM25 as it is."""
        questions, sentence = self._dense("question", vector), self._dense("sentence", vector)
        asked, mean = sentence.copy(), sentence.copy()
        # a sentence no question is tied to is not worse for it: it stands for itself
        asked[self._is_asked] = best_of_group(questions, self._sentence_of, len(sentence))[self._is_asked]
        mean[self._is_asked] = mean_of_best(questions, self._questions_of)
        bm25 = self._index.keyword_scores("sentence", keywords)
        return {"sentence": sentence, "asked": asked, "asked_mean": mean, "keywords": bm25}

    def _read_late(
        self, vector: Scores, keywords: str, dense: Scores, words: Scores, added: Scores
    ) -> tuple[Read, dict[str, Scores]]:
        """The signals of sentences that are not indexed; until they are encoded, their passage stands for them."""

        def provisional(dense: Scores, words: Scores, own: Scores) -> Scores:
            likeness = dict.fromkeys(("passage", "sentence", "asked", "asked_mean"), dense)
            return fused(likeness | {"keywords": own, "passage_keywords": words})

        read = Read()
        if len(self._late):
            read = self._late.read(provisional(dense, words, words) + added, keywords)
        rows = read.passages
        cosines = self._late.cosines(read, provisional(dense[rows], words[rows], shares(read.keywords)), vector)
        likeness = dict.fromkeys(("sentence", "asked", "asked_mean"), cosines)
        return read, likeness | {"keywords": read.keywords}

    def _dense(self, kind: UnitKind, vector: Scores) -> Scores:
        """Cosine of each unit of the kind; units beyond the nearest get that of the farthest returned."""
        count = len(self._index.units(kind))
        nearest = self._index.nearest_rows(kind, vector, NEIGHBOURS[kind])
        scores = np.full(count, nearest[-1][1] if nearest else 0.0, dtype=np.float32)
        scores[[row for row, _ in nearest]] = [value for _, value in nearest]
        return scores

    def _sentences(self, found: Scored, focus: Focus) -> tuple[ScoredSentence, ...]:
        """The best sentences, and where essays are compared the best few of each of them."""
        chosen = best_rows(found.scores, SENTENCES_KEPT)
        for source_id in focus.named:
            own = np.flatnonzero(self._index.passages.of_essays([source_id])[found.passages])
            chosen += [int(own[row]) for row in best_rows(found.scores[own], KEPT_OF_EACH)]
        ordered = sorted(set(chosen), key=lambda row: (-found.scores[row], row))
        return tuple(self._scored_sentence(found, row) for row in ordered)

    def _scored_sentence(self, found: Scored, row: int) -> ScoredSentence:
        indexed = self._index.units("sentence")
        unit = indexed[row] if row < len(indexed) else found.late[row - len(indexed)]
        passages = self._index.passages
        return ScoredSentence(
            source_id=unit.source_id,
            passage_id=unit.passage_id,
            section=passages.sections[passages.section[found.passages[row]]],
            start=unit.start,
            end=unit.end,
            text=self._index.essays[unit.source_id].text[unit.start : unit.end],
            score=float(found.scores[row]),
            similarity=float(found.similarity[row]),
            asked=float(found.asked[row]),
        )


def _ranked(passage: Passage, score: float) -> RankedPassage:
    return RankedPassage(**passage.model_dump(exclude={"sentences"}), score=round(score, 4))
