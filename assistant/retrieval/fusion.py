"""Fusing signals into scores: one weight each, set on the development questions and kept here in the open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.types import Frozen

Scores = NDArray[np.float32]


class Weights(Frozen):
    """How much each signal counts. Similarities are cosines; BM25 scores are divided by their best."""

    dense: float
    keywords: float
    sentence: float
    question: float
    sentence_keywords: float
    question_keywords: float


PASSAGE = Weights(dense=1.0, keywords=0.3, sentence=1.0, question=2.0, sentence_keywords=0.3, question_keywords=0.3)
SENTENCE = Weights(dense=0.3, keywords=0.0, sentence=1.0, question=2.0, sentence_keywords=0.5, question_keywords=0.3)


def scaled(scores: Scores) -> Scores:
    """BM25 scores of one query as shares of their best; all zero stays all zero."""
    best = float(scores.max(initial=0.0))
    return scores / best if best > 0 else scores


def best_of_group(values: Scores, groups: Sequence[int] | NDArray[np.intp], count: int, floor: float = 0.0) -> Scores:
    """The best value of each of ``count`` groups; a group without members gets ``floor``."""
    best = np.full(count, floor, dtype=np.float32)
    if len(values):
        np.maximum.at(best, np.asarray(groups), values)
    return best
