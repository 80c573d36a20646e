"""From asked questions to a finished run: scores, sentinels and the gate's verdict, with the same scorer throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.evaluation.chat_judge import NAME, judge_score
from assistant.evaluation.gating import gate
from assistant.evaluation.keeping import Begun
from assistant.evaluation.results import CaseResult, Run, Score
from assistant.evaluation.scoring import errored, score
from assistant.evaluation.sentinels import run_sentinels
from assistant.evaluation.thresholds import Price, Thresholds
from assistant.types import Essay


def graded(result: CaseResult, essays: Mapping[str, Essay]) -> CaseResult:
    """The result with its scores; one with an error, or without an answer, has failed. Raises SuiteError.

    What a judge said is added to a result that is complete without it, so it can't change whether a case passed.
    """
    scored = _scored(result, essays)
    if not result.judgements:
        return scored
    scores = {**scored.scores, NAME: judge_score(result.judgements)}
    return scored.model_copy(update={"judgements": result.judgements, "scores": scores})


def finished(begun: Begun, results: Sequence[CaseResult], essays: Mapping[str, Essay], thresholds: Thresholds) -> Run:
    """The run with its sentinels and verdict, and each answer's cost where the model has a price.

    Raises NothingMeasured where there are no results.
    """
    own = thresholds.for_suite(begun.setup.suite)
    price = thresholds.prices.get(begun.setup.model)
    run = Run(
        id=begun.id,
        started_at=begun.started_at,
        setup=begun.setup,
        results=tuple(_priced(result, price) for result in results),
        sentinels=run_sentinels([_of_corpus(r, essays) for r in results], essays, bar=own.ship),
        bars={"ship": own.ship, "fix": own.fix, "repeats": own.repeats, "kind_minimum": own.kind_minimum},
    )
    verdict = gate(run, thresholds)
    return run.model_copy(update={"verdict": verdict.verdict, "verdict_reason": verdict.reason})


def _scored(result: CaseResult, essays: Mapping[str, Essay]) -> CaseResult:
    if result.error is not None or result.answer is None:
        error = result.error or "There is no answer."
        return errored(result.case, error, repeat=result.repeat, ms=result.ms)
    return score(result.case, result.answer, essays, repeat=result.repeat, ms=result.ms)


def _priced(result: CaseResult, price: Price | None) -> CaseResult:
    if price is None or result.answer is None:
        return result
    usage = result.answer.usage
    reason = f"{usage.input_tokens} tokens in ({usage.cached_input_tokens} cached), {usage.output_tokens} out"
    cost = Score(value=price.of(usage), reason=f"US$, {reason}")
    return result.model_copy(update={"scores": {**result.scores, "cost": cost}})


def _of_corpus(result: CaseResult, essays: Mapping[str, Essay]) -> CaseResult:
    """The result without passages of documents we do not have, which sentinels could not cite."""
    if result.answer is None:
        return result
    known = tuple(passage for passage in result.answer.passages if passage.source_id in essays)
    return result.model_copy(update={"answer": result.answer.model_copy(update={"passages": known})})
