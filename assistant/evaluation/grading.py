"""From raw answers to a finished run: scores, sentinels, costs and the gate's verdict.

Sentinels are degenerate answerers built from the real answers' passages. A suite that lets one pass is broken.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from assistant.evaluation.cases import Case
from assistant.evaluation.chat_judge import NAME, judge_score
from assistant.evaluation.gating import Price, Thresholds, gate
from assistant.evaluation.keeping import Begun
from assistant.evaluation.results import CaseResult, Run, Score, Sentinel
from assistant.evaluation.scoring import RULE, PassRule, errored, score
from assistant.evaluation.statistics import wilson
from assistant.types import Answer, Citation, Claim, Essay, RankedPassage

Essays = Mapping[str, Essay]
MAX_RANDOM = 200
"""Longest citation of the random citer, in characters: about a sentence."""


def run_sentinels(
    results: Sequence[CaseResult], essays: Essays, *, bar: float = 0.9, rule: PassRule = RULE
) -> tuple[Sentinel, ...]:
    """Each sentinel's passes over the run's cases (repeats once), by the scorer the run itself is scored with.

    One is let through if its share reaches the gate's ``bar``, over all cases or, if it ever answers, over the
    answerable ones alone. Raises NothingMeasured if there are no results.
    """
    once = list({result.case.id: result for result in reversed(results)}.values())[::-1]
    return tuple(_sentinel(name, make, once, essays, bar, rule) for name, make in SENTINELS.items())


def copy_top_passage(case: Case, real: Answer | None, essays: Essays) -> Answer:
    """Says the best passage as it stands and cites it."""
    passages = real.passages[:1] if real else ()
    text = passages[0].text if passages else ""
    return _answer(case, real, text, [_cite(i, p, p.start, p.end, essays) for i, p in enumerate(passages, start=1)])


def always_abstain(case: Case, real: Answer | None, _essays: Essays) -> Answer:
    """Never says anything."""
    return _answer(case, real, "", []).model_copy(update={"abstained": True, "abstain_reason": "sentinel"})


def cite_everything(case: Case, real: Answer | None, essays: Essays) -> Answer:
    """Says what the real answer says and cites every passage whole."""
    passages = real.passages if real else ()
    cited = [_cite(i, p, p.start, p.end, essays) for i, p in enumerate(passages, start=1)]
    return _answer(case, real, _words(real), cited)


def cite_at_random(case: Case, real: Answer | None, essays: Essays) -> Answer:
    """Says what the real answer says and cites as much, but from anywhere in the passages; the same at each run."""
    passages = real.passages if real else ()
    chance = random.Random(case.id)  # noqa: S311 - a repeatable choice, no secret
    cited = []
    for i in range(1, max(1, len(real.citations) if real else 0) + 1 if passages else 1):
        passage = chance.choice(passages)
        start = chance.randint(passage.start, max(passage.start, passage.end - MAX_RANDOM))
        cited.append(_cite(i, passage, start, min(passage.end, start + MAX_RANDOM), essays))
    return _answer(case, real, _words(real), cited)


SENTINELS: Mapping[str, Callable[[Case, Answer | None, Essays], Answer]] = {
    "copy top passage": copy_top_passage,
    "always abstain": always_abstain,
    "cite everything": cite_everything,
    "cite at random": cite_at_random,
}


def _sentinel(
    name: str,
    make: Callable[[Case, Answer | None, Essays], Answer],
    results: Sequence[CaseResult],
    essays: Essays,
    bar: float,
    rule: PassRule,
) -> Sentinel:
    passes = [
        (r.case.answerable, score(r.case, make(r.case, r.answer, essays), essays, rule=rule).passed) for r in results
    ]
    overall = wilson(sum(passed for _, passed in passes), len(passes))
    answerable = [passed for can, passed in passes if can]
    reason = ""
    if overall.share >= bar:
        reason = f"passes {overall.k} of {overall.n} cases"
    elif answerable and sum(answerable) >= bar * len(answerable):
        reason = f"passes {sum(answerable)} of {len(answerable)} answerable cases"
    return Sentinel(name=name, passed=overall, lets_through=bool(reason), reason=reason)


def _words(real: Answer | None) -> str:
    """The real answer's text; if it abstained, the best passage, because a sentinel always answers."""
    if real is None:
        return ""
    if not real.abstained:
        return real.answer
    return real.passages[0].text if real.passages else ""


def _cite(marker: int, passage: RankedPassage, start: int, end: int, essays: Essays) -> Citation:
    essay = essays[passage.source_id]
    return Citation.of(essay, marker=marker, section=passage.section, start=start, end=end)


def _answer(case: Case, real: Answer | None, text: str, citations: Sequence[Citation]) -> Answer:
    """An answer of this text, one claim resting on every citation."""
    markers = tuple(citation.marker for citation in citations)
    return Answer(
        id=f"sentinel-{case.id}",
        question=case.question,
        standalone_question=case.question,
        answer=text,
        citations=tuple(citations),
        claims=(Claim(start=0, end=len(text), markers=markers, supported=True),) if text else (),
        passages=real.passages if real else (),
        model="sentinel",
        prompt_sha256="",
        index_fingerprint=real.index_fingerprint if real else "",
    )


def graded(result: CaseResult, essays: Mapping[str, Essay]) -> CaseResult:
    """The result with its scores; one with an error, or without an answer, has failed. Raises SuiteError.

    The judge's score is added after the case is decided, so it can't change whether the case passed.
    """
    scored = _scored(result, essays)
    if not result.judgements:
        return scored
    scores = {**scored.scores, NAME: judge_score(result.judgements)}
    return scored.model_copy(update={"judgements": result.judgements, "scores": scores})


def finished(begun: Begun, results: Sequence[CaseResult], essays: Mapping[str, Essay], thresholds: Thresholds) -> Run:
    """The run with its sentinels and verdict, and each answer's cost where the model has a price.

    Raises NothingMeasured if there are no results.
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
