"""Whether each citation's words stand where it says, and how well the citations hit the gold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from assistant.evaluation.gold import EvidenceSet
from assistant.evaluation.results import Score
from assistant.types import Citation, Essay

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
