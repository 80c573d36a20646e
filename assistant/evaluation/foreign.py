"""Answers made elsewhere, read into our answer object: what is missing stays empty, and nothing is guessed.

Whether it abstained is read from a field, or from the one agreed phrase the whole reply consists of; never from a
list of phrases. A citation without offsets gets 0 to 0, which the exactness measure then reports as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.answering.prompts import REFUSAL
from assistant.errors import ModelUnavailable
from assistant.evaluation.cases import Case
from assistant.types import Answer, Citation, Claim, Essay, RankedPassage, StageTrace, Usage

Data = Mapping[str, Any]


def as_answer(data: Data, case: Case, essays: Mapping[str, Essay], model: str) -> Answer:
    """Our answer object from a JSON object that has at least ``answer``. Raises ModelUnavailable where it has not."""
    text = data.get("answer")
    if not isinstance(text, str):
        raise ModelUnavailable(
            f'{model}: the reply to case {case.id} has no "answer" (a text).', "See DESIGN of the answer object."
        )
    try:
        return _answer(text, data, case, essays, model)
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelUnavailable(
            f"{model}: the reply to case {case.id} can't be read ({type(error).__name__}).",
            "Give citations, claims and passages as lists of objects, as `assistant ask --json` does.",
        ) from None


def as_text(text: str, case: Case, model: str, usage: Data | None = None) -> Answer:
    """Our answer object from a bare text, which has abstained where it is the agreed phrase and nothing else."""
    abstained = text.strip().strip(".").upper() == REFUSAL
    return Answer(
        id=case.id,
        question=case.question,
        standalone_question=case.question,
        answer=text,
        abstained=abstained,
        abstain_reason=text.strip() if abstained else None,
        model=model,
        prompt_sha256="",
        index_fingerprint="",
        usage=_usage(usage or {}),
    )


def _answer(text: str, data: Data, case: Case, essays: Mapping[str, Essay], model: str) -> Answer:
    abstained = data.get("abstained", False)
    if not isinstance(abstained, bool):
        raise TypeError("abstained")
    return Answer(
        id=str(data.get("id") or case.id),
        question=case.question,
        standalone_question=str(data.get("standalone_question") or case.question),
        answer=text,
        abstained=abstained,
        abstain_reason=data.get("abstain_reason"),
        citations=tuple(_citation(c, i, essays) for i, c in enumerate(data.get("citations") or (), 1)),
        claims=tuple(Claim.model_validate(_known(c, Claim.model_fields)) for c in data.get("claims") or ()),
        passages=tuple(_passage(p, i, essays) for i, p in enumerate(data.get("passages") or (), 1)),
        notices=tuple(map(str, data.get("notices") or ())),
        trace=tuple(StageTrace.model_validate(_known(t, StageTrace.model_fields)) for t in data.get("trace") or ()),
        model=str(data.get("model") or model),
        prompt_sha256=str(data.get("prompt_sha256") or ""),
        index_fingerprint=str(data.get("index_fingerprint") or ""),
        usage=_usage(data.get("usage") or {}),
    )


def _citation(data: Data, place: int, essays: Mapping[str, Essay]) -> Citation:
    essay = essays.get(str(data["source_id"])) if "source_id" in data else None
    start, end = int(data.get("start", 0)), int(data.get("end", 0))
    if min(start, end) < 0:  # Python would count them from the end, and find some words there
        raise ValueError("offsets")
    return Citation(
        marker=data.get("marker", place),
        source_id=str(data.get("source_id", "")),
        title=str(data.get("title") or (essay.title if essay else "")),
        author=data.get("author") or (essay.author if essay else None),
        url=data.get("url") or (essay.url if essay else None),
        kind=data.get("kind") or (essay.kind if essay else "original"),
        section=str(data.get("section") or ""),
        quote=str(data.get("quote") or ""),
        start=start,
        end=end,
    )


def _passage(data: Data, place: int, essays: Mapping[str, Essay]) -> RankedPassage:
    """A passage in the order given; where it has offsets and no text, the text is the essay's."""
    source_id, start, end = str(data.get("source_id", "")), int(data.get("start", 0)), int(data.get("end", 0))
    text = data.get("text")
    if text is None:
        text = essays[source_id].text[start:end] if source_id in essays else ""
    return RankedPassage(
        id=str(data.get("id") or f"{source_id}:{start}"),
        source_id=source_id,
        section=str(data.get("section") or ""),
        start=start,
        end=end,
        score=float(data.get("score", -place)),
        text=str(text),
    )


def _usage(data: Data) -> Usage:
    """Tokens under our names or under those of the OpenAI protocol."""
    details = data.get("prompt_tokens_details") or {}
    return Usage(
        input_tokens=data.get("input_tokens") or data.get("prompt_tokens") or 0,
        output_tokens=data.get("output_tokens") or data.get("completion_tokens") or 0,
        cached_input_tokens=data.get("cached_input_tokens") or details.get("cached_tokens") or 0,
    )


def _known(data: Data, fields: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in fields}
