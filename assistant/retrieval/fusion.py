"""Fusing signals into one score a sentence: the weights, and the arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

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
