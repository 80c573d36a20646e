"""Whether each citation's words stand where it says, and how well the citations hit the gold.

How high the gold stands among the retrieved passages: recall@5, reciprocal rank and nDCG@10, by ir-measures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

from assistant.evaluation.gold import EvidenceSet, Place
from assistant.evaluation.results import Score
from assistant.types import Answer, Citation, Essay, RankedPassage

Verdict = Literal["exact", "whitespace-normalised", "wrong offset", "wrong essay", "stitched", "not found"]
MIN_STITCH = 3
"""Fewest words a piece of a stitched quote has; shorter runs stand in any text."""
Spans = Mapping[str, Sequence[tuple[int, int]]]


def verdict(citation: Citation, essays: Mapping[str, Essay]) -> Verdict:
    """How the quote relates to the text it claims to be.

    Only ``text[start:end] == quote`` is exact. Otherwise: the same words there but for white space; the words
    elsewhere in that essay; in another essay; pieced together from several places; nowhere.
    """
    essay = essays.get(citation.source_id)
    there = essay.text[citation.start : citation.end] if essay else ""
    if essay and citation.quote and there == citation.quote:
        return "exact"
    quote = _spaced(citation.quote)
    if not quote:
        return "not found"
    if essay and _spaced(there) == quote:
        return "whitespace-normalised"
    texts = {key: _spaced(other.text) for key, other in essays.items()}
    if quote in texts.get(citation.source_id, ""):
        return "wrong offset"
    if any(quote in text for text in texts.values()):
        return "wrong essay"
    return "stitched" if _is_stitched(quote, list(texts.values())) else "not found"


def exactness(citations: Sequence[Citation], essays: Mapping[str, Essay]) -> Score:
    """Exact citations / citations; None where nothing is cited."""
    if not citations:
        return Score(value=None, reason="nothing is cited")
    verdicts = [verdict(citation, essays) for citation in citations]
    wrong = [f"[{c.marker}] {v}" for c, v in zip(citations, verdicts, strict=True) if v != "exact"]
    value = Counter(verdicts)["exact"] / len(verdicts)
    return Score(value=value, reason="; ".join(wrong) if wrong else f"all {len(verdicts)} exact")


def citation_scores(citations: Sequence[Citation], sets: Sequence[EvidenceSet]) -> dict[str, Score]:
    """Precision, recall and F1 by characters against the evidence set that fits best, as in SciFact.

    Precision = cited characters inside gold / cited; recall = gold characters cited / gold. Characters cited twice
    count once. Citing nothing where there is gold scores 0, so that silence is not free; None without gold.
    """
    names = ("citation_precision", "citation_recall", "citation_f1")
    if not sets:
        return {name: Score(value=None, reason="the case has no gold") for name in names}
    if not citations:
        return {name: Score(value=0.0, reason="nothing is cited") for name in names}
    cited = merged((c.source_id, c.start, c.end) for c in citations)
    cited_size = _size(cited)
    f1, hit, gold_size = max(_fit(cited, evidence) for evidence in sets)
    values = (hit / cited_size if cited_size else 0.0, hit / gold_size, f1)
    reasons = (
        f"{hit} of {cited_size} cited characters are gold",
        f"{hit} of {gold_size} gold characters are cited",
        f"{hit} characters both cited and gold",
    )
    return {name: Score(value=v, reason=r) for name, v, r in zip(names, values, reasons, strict=True)}


def citing_size(citations: Sequence[Citation]) -> Score:
    """Characters cited, each once. Fewer is not better by itself; very many are no evidence but the documents."""
    size = _size(merged((c.source_id, c.start, c.end) for c in citations))
    return Score(value=float(size), reason=f"{size} characters cited")


def merged(spans: Iterable[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    """Spans by source, in order, overlapping ones joined."""
    found: dict[str, list[tuple[int, int]]] = {}
    for source, start, end in sorted(spans):
        own = found.setdefault(source, [])
        if own and start <= own[-1][1]:
            own[-1] = (own[-1][0], max(own[-1][1], end))
        elif start < end:
            own.append((start, end))
    return found


def overlap(one: Spans, other: Spans) -> int:
    """Characters in both; each argument's spans must not overlap each other."""
    pairs = ((a, b) for source, spans in one.items() for a in spans for b in other.get(source, ()))
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a, b in pairs)


def _fit(cited: Spans, evidence: EvidenceSet) -> tuple[float, int, int]:
    """F1, gold characters cited, and gold characters there are."""
    gold = merged((place.source_id, place.start, place.end) for place in evidence)
    hit, gold_size = overlap(cited, gold), _size(gold)
    return 2 * hit / (gold_size + _size(cited)), hit, gold_size


def _size(spans: Spans) -> int:
    return sum(end - start for own in spans.values() for start, end in own)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _is_stitched(quote: str, texts: Sequence[str]) -> bool:
    """Whether the quote is two or more longer runs of the texts' words, one after another (ellipses let be)."""
    words = [word for word in quote.replace("…", " ").replace("...", " ").split() if word not in ("[", "]", "[]")]
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and any(" ".join(words[at : end + 1]) in text for text in texts):
            end += 1
        if end - at < MIN_STITCH:
            return False
        at = end
    return bool(words)


RANKING = ("recall@5", "mrr", "ndcg@10")
_WHOLE = "whole"


def ranking_scores(answer: Answer, sets: Sequence[EvidenceSet]) -> dict[str, Score]:
    """The three measures against the evidence set that is ranked best; None without gold, or retrieval not told.

    The qrels come from spans, so one gold set scores any splitting: a passage is relevant where it holds a gold
    quote that no passage before it held, and a quote that no passage holds stays a relevant item that is missing.
    """
    if not sets or not is_known(answer):
        reason = "the answer does not tell what was retrieved" if sets else "the case has no gold"
        return {name: Score(value=None, reason=reason) for name in RANKING}
    best = max((_measured(answer.passages, evidence) for evidence in sets), key=lambda pair: sorted(pair[0].values()))
    values, reason = best
    return {name: Score(value=values[name], reason=reason) for name in RANKING}


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
