"""How high the gold stands among the retrieved passages: recall@5, reciprocal rank and nDCG@10, by ir-measures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from assistant.evaluation.gold import EvidenceSet, Place
from assistant.evaluation.results import Score
from assistant.types import Answer, RankedPassage

NAMES = ("recall@5", "mrr", "ndcg@10")
_WHOLE = "whole"


def ranking_scores(answer: Answer, sets: Sequence[EvidenceSet]) -> dict[str, Score]:
    """The three measures against the evidence set that is ranked best; None without gold, or retrieval not told.

    The qrels come from spans, so one gold set scores any splitting: a passage is relevant where it holds a gold
    quote that no passage before it held, and a quote that no passage holds stays a relevant item that is missing.
    """
    if not sets or not is_known(answer):
        reason = "the answer does not tell what was retrieved" if sets else "the case has no gold"
        return {name: Score(value=None, reason=reason) for name in NAMES}
    best = max((_measured(answer.passages, evidence) for evidence in sets), key=lambda pair: sorted(pair[0].values()))
    values, reason = best
    return {name: Score(value=values[name], reason=reason) for name in NAMES}


def is_known(answer: Answer) -> bool:
    """Whether the answer tells what was retrieved. One from our index does, also where that was nothing."""
    return bool(answer.passages or answer.index_fingerprint)


def covering(passages: Sequence[RankedPassage], place: Place) -> int | None:
    """Rank (from 1) of the first passage that holds the whole quote; None where none does."""
    return next((rank for rank, passage in enumerate(passages, start=1) if holds(passage, place)), None)


def holds(passage: RankedPassage, place: Place) -> bool:
    """Whether the quote lies within the passage."""
    return passage.source_id == place.source_id and passage.start <= place.start and place.end <= passage.end


def _measured(passages: Sequence[RankedPassage], evidence: EvidenceSet) -> tuple[dict[str, float], str]:
    ranks = [covering(passages, place) for place in evidence]
    whole = {f"passage {rank}": ranks.count(rank) for rank in ranks if rank is not None}
    whole |= {f"missing {i}": 1 for i, rank in enumerate(ranks) if rank is None}
    qrels = {_WHOLE: whole}
    for i, rank in enumerate(ranks):
        qrels[f"quote {i}"] = {"missing" if rank is None else f"passage {rank}": 1}
    run = {f"passage {rank}": float(-rank) for rank in range(1, len(passages) + 1)} or {"nothing": -1.0}
    found = _calculate(qrels, dict.fromkeys(qrels, run))
    recalls = [value for query, name, value in found if name == "recall@5" and query != _WHOLE]
    values = {name: value for query, name, value in found if query == _WHOLE}
    values["recall@5"] = sum(recalls) / len(recalls)
    named = ", ".join("not retrieved" if rank is None else f"rank {rank}" for rank in ranks)
    return values, f"gold quotes at: {named}"


def _calculate(qrels: dict[str, dict[str, int]], run: dict[str, dict[str, float]]) -> list[tuple[str, str, float]]:
    """Query, measure and value; scores fall strictly with rank, for ir-measures breaks ties by id."""
    measures = _measures()
    import ir_measures

    return [
        (metric.query_id, measures[metric.measure], metric.value)
        for metric in ir_measures.iter_calc(list(measures), qrels, run)
    ]


@cache
def _measures() -> dict[Any, str]:
    import ir_measures

    return {ir_measures.R @ 5: "recall@5", ir_measures.RR: "mrr", ir_measures.nDCG @ 10: "ndcg@10"}
