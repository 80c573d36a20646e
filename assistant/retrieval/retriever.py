"""The hybrid retriever: dense vectors and BM25 over passages, their sentences and the questions tied to them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.index.opened import OpenIndex
from assistant.retrieval.focus import Focus, focus_of
from assistant.retrieval.fusion import PASSAGE, SENTENCE, Scores, Weights, best_of_group, scaled
from assistant.retrieval.glossary import terms_meant
from assistant.retrieval.selection import spread
from assistant.types import Frozen, Passage, RankedPassage

UnitKind = Literal["passage", "sentence", "question"]
NEIGHBOURS = {"passage": 60, "sentence": 150, "question": 200}
NAMED_BONUS = 0.6


class ScoredSentence(Frozen):
    """A sentence as a candidate for the answer. ``similarity`` and ``asked`` are cosines with the question:
    of the sentence itself, and of the closest question tied to it."""

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
    """Ranked passages and sentences for one standalone question, best first."""

    question: str
    focus: Focus
    terms: tuple[str, ...]
    passages: tuple[RankedPassage, ...]
    sentences: tuple[ScoredSentence, ...]


class HybridRetriever:
    """Ranks the passages of one open index."""

    def __init__(self, index: OpenIndex, k: int) -> None:
        self._index = index
        self._k = k
        self._rows = {kind: {unit.id: row for row, unit in enumerate(index.units(kind))} for kind in NEIGHBOURS}
        passage_rows = {passage.id: row for row, passage in enumerate(index.passages)}
        sentences = index.units("sentence")
        by_start = {(unit.source_id, unit.start): row for row, unit in enumerate(sentences)}
        self._sentence_passage = np.array([passage_rows[unit.passage_id] for unit in sentences], dtype=np.intp)
        self._question_sentence = np.array(
            [by_start[unit.source_id, unit.start] for unit in index.units("question")], dtype=np.intp
        )

    def retrieve(self, question: str, k: int | None = None) -> Retrieved:
        """The ``k`` best passages and every scored sentence for a standalone question."""
        focus = focus_of(question, self._index.essays.values())
        terms = terms_meant(question)
        vector = self._vector(question, terms)
        keywords = f"{question} {' '.join(terms)}"
        passages, sentences, similarity, asked = self._scores(vector, keywords)
        self._lean(passages, sentences, focus)
        order = spread(self._index.passages, passages, focus, k or self._k)
        return Retrieved(
            question=question,
            focus=focus,
            terms=terms,
            passages=tuple(_ranked(self._index.passages[row], float(passages[row])) for row in order),
            sentences=self._sentences(sentences, similarity, asked),
        )

    def _vector(self, question: str, terms: tuple[str, ...]) -> Scores:
        """The question's direction, half way to the one in the essays' terms where it uses others."""
        texts = [question, f"{question} {', '.join(terms)}"] if terms else [question]
        mean: Scores = self._index.encode(texts).mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-9)

    def _scores(self, vector: Scores, keywords: str) -> tuple[Scores, Scores, Scores, Scores]:
        dense = self._dense("passage", vector)
        similarity = self._dense("sentence", vector)
        count = len(similarity)
        asked = best_of_group(self._dense("question", vector), self._question_sentence, count)
        words = scaled(self._index.keyword_scores("passage", keywords))
        sentence_words = scaled(self._index.keyword_scores("sentence", keywords))
        asked_words = scaled(
            best_of_group(self._index.keyword_scores("question", keywords), self._question_sentence, count)
        )
        group, n = self._sentence_passage, len(dense)

        def lifted(values: Scores) -> Scores:
            return best_of_group(values, group, n)

        signals = (dense, words, lifted(similarity), lifted(asked), lifted(sentence_words), lifted(asked_words))
        below = (dense[group], words[group], similarity, asked, sentence_words, asked_words)
        return _weighted(PASSAGE, signals), _weighted(SENTENCE, below), similarity, asked

    def _dense(self, kind: UnitKind, vector: Scores) -> Scores:
        """Cosine of each unit of the kind; units beyond the nearest get that of the farthest returned."""
        rows = self._rows[kind]
        nearest = self._index.nearest(kind, vector, min(NEIGHBOURS[kind], len(rows))) if rows else []
        floor = nearest[-1][1] if nearest else 0.0
        scores = np.full(len(rows), min(floor, 1.0), dtype=np.float32)
        for unit, value in nearest:
            scores[rows[unit.id]] = value
        return scores

    def _lean(self, passages: Scores, sentences: Scores, focus: Focus) -> None:
        if focus.named:
            named = np.array([passage.source_id in focus.named for passage in self._index.passages])
            passages += NAMED_BONUS * named
            sentences += NAMED_BONUS * named[self._sentence_passage]

    def _sentences(self, scores: Scores, similarity: Scores, asked: Scores) -> tuple[ScoredSentence, ...]:
        units = self._index.units("sentence")
        order: NDArray[np.intp] = np.argsort(-scores, kind="stable")[:40]
        found = []
        for row in order:
            unit, passage = units[row], self._index.passages[self._sentence_passage[row]]
            found.append(
                ScoredSentence(
                    source_id=unit.source_id,
                    passage_id=passage.id,
                    section=passage.section,
                    start=unit.start,
                    end=unit.end,
                    text=self._index.essays[unit.source_id].text[unit.start : unit.end],
                    score=float(scores[row]),
                    similarity=float(similarity[row]),
                    asked=float(asked[row]),
                )
            )
        return tuple(found)


def _weighted(weights: Weights, signals: tuple[Scores, ...]) -> Scores:
    factors = tuple(weights.model_dump().values())
    total: Scores = sum((f * s for f, s in zip(factors, signals, strict=True)), np.zeros_like(signals[0]))
    return total / np.float32(sum(factors))


def _ranked(passage: Passage, score: float) -> RankedPassage:
    return RankedPassage(**passage.model_dump(exclude={"sentences"}), score=round(score, 4))
