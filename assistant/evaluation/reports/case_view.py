"""One case as the page's script wants it: offsets and text, no HTML. Spans count characters of an essay's text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from assistant.corpus.splitting import blocks, is_list_item, sections
from assistant.errors import SuiteError
from assistant.evaluation.cases import Case, Gold
from assistant.evaluation.gold import anchor
from assistant.evaluation.reports import summary, wording
from assistant.evaluation.results import CaseResult
from assistant.types import Answer, Essay

_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]+")
_LIST_MARK = re.compile(r"[ \t]*[-*+•–▪◦][ \t]+")


def case_data(
    result: CaseResult, essays: Mapping[str, Essay], flip: str | None, before: CaseResult | None
) -> dict[str, Any]:
    """A result with its gold spans; ``before`` is the same case in the baseline."""
    case = result.case
    return {
        "label": wording.label(result),
        "kind": case.kind,
        "tags": case.tags,
        "question": case.question,
        "history": [turn.model_dump() for turn in case.history],
        "answerable": case.answerable,
        "facts": [fact if isinstance(fact, str) else " or ".join(fact) for fact in case.facts],
        "gold": gold_data(case, essays),
        "passed": result.passed,
        "why": None if result.passed else summary.why(result),
        "advice": result.advice,
        "error": result.error,
        "took": wording.milliseconds(result.ms),
        "scores": [
            [name, None if score.value is None else wording.number(score.value), score.reason]
            for name, score in result.scores.items()
        ],
        "flip": flip,
        "answer": _answer(result.answer) if result.answer else None,
        "before": _before(before) if before and flip in {"broken", "mended"} else None,
    }


def gold_data(case: Case, essays: Mapping[str, Essay]) -> list[dict[str, Any]]:
    """The gold quotes with each place they stand at; ``start`` is None for words that no longer stand anywhere."""
    return [
        {"quote": gold.quote} | place
        for golds in (case.evidence, *case.alternatives)
        for gold in golds
        for place in _places(case, gold, essays)
    ]


def _places(case: Case, gold: Gold, essays: Mapping[str, Essay]) -> list[dict[str, Any]]:
    alone = case.model_copy(update={"evidence": (gold,), "alternatives": ()})
    try:
        places = anchor(alone, essays).places
    except SuiteError:  # the run may be older than the essays: the page tells so beside the quote
        return [{"source": gold.source or next(iter(case.sources), None), "start": None, "end": None}]
    return [{"source": place.source_id, "start": place.start, "end": place.end} for place in places]


def essay_data(essay: Essay, sha256: str | None) -> dict[str, Any]:
    """An essay's text and its blocks ``[element, start, hidden]`` in order; a block ends where the next begins.

    ``hidden`` counts the leading characters that are Markdown's own. ``changed`` tells that the text is no longer
    the one with the hash ``sha256``, so that offsets of the run don't fit it.
    """
    found = [
        [*_element(essay.text[span.start : span.end]), span.start]
        for section in sections(essay)
        for span in blocks(essay.text, section.start, section.end)
    ]
    return {
        "title": essay.title,
        "kind": "Notes on this essay" if essay.kind == "notes" else "Original",
        "changed": sha256 is not None and sha256 != essay.sha256,
        "text": essay.text,
        "blocks": [[element, start, hidden] for element, hidden, start in found],
    }


def shown_sources(cases: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of the essays that any case has marks in, or retrieved passages of."""
    found: dict[str, None] = {}
    for case in cases:
        answer = case["answer"] or {"citations": [], "passages": []}
        for item in (*case["gold"], *answer["citations"], *answer["passages"]):
            if item["source"]:
                found[item["source"]] = None
    return list(found)


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.answer,
        "abstained": answer.abstained,
        "reason": answer.abstain_reason,
        "unsupported": [[claim.start, claim.end] for claim in answer.claims if not claim.supported],
        "citations": [
            {"marker": c.marker, "source": c.source_id, "section": c.section, "quote": c.quote}
            | {"start": c.start, "end": c.end}
            for c in answer.citations
        ],
        "passages": [
            {"source": p.source_id, "section": p.section, "start": p.start, "end": p.end}
            | {"score": wording.number(p.score)}
            for p in answer.passages
        ],
        "trace": [[stage.stage, wording.milliseconds(stage.ms)] for stage in answer.trace],
    }


def _before(result: CaseResult) -> dict[str, Any]:
    """The same case in the baseline, which may keep no answers."""
    said = result.answer.answer if result.answer else ""
    return {"passed": result.passed, "text": result.error or said or result.attribution or ""}


def _element(body: str) -> tuple[str, int]:
    """A block's element, and how many leading characters are Markdown's own."""
    if heading := _HEADING.match(body):
        return f"h{min(max(len(heading[1]), 3), 5)}", heading.end()
    if is_list_item(body):
        mark = _LIST_MARK.match(body)
        return "li", mark.end() if mark else 0
    return "p", 0
