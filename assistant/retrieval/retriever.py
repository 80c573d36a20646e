"""The hybrid retriever: dense vectors and BM25 over passages, their sentences and the questions tied to them.

Every sentence gets one fused score; a passage is as good as its best sentence.
"""

from __future__ import annotations

import numpy as np

from assistant.index.opened import OpenIndex
from assistant.index.units import UnitKind
from assistant.retrieval.focus import Focus, focus_of, subject_of
from assistant.retrieval.fusion import Rows, Scores, best_of_group, fused, mean_of_best, members_table, shares
from assistant.retrieval.glossary import terms_meant
from assistant.retrieval.selection import spread
from assistant.types import Frozen, Passage, RankedPassage

NEIGHBOURS: dict[UnitKind, int] = {"passage": 60, "sentence": 150, "question": 300}
NAMED_BONUS = 0.12
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

    def __init__(self, index: OpenIndex, k: int) -> None:
        self._index = index
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
        self._questions_of = members_table(self._sentence_of, len(sentences))

    def retrieve(self, question: str, k: int | None = None, *, asking: str | None = None, said: str = "") -> Retrieved:
        """The ``k`` best passages and the best sentences for a standalone question."""
        focus = focus_of(question, self._index.essays.values())
        subject = subject_of(question, focus, self._index.essays.values())
        terms = terms_meant(question)
        signals = self._signals(self._vector(subject, terms), f"{subject} {' '.join(terms)}")
        scores = fused(signals)
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
