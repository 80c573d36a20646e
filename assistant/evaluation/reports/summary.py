"""Figures shared by all reports, each computed once, and the format of numbers, names and hashes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Literal

from assistant.errors import NothingMeasured
from assistant.evaluation.cases import Case
from assistant.evaluation.chat_judge import ENOUGH, Agreement, Audit
from assistant.evaluation.gating import passed_cases
from assistant.evaluation.results import CaseResult, Interval, Run
from assistant.evaluation.statistics import wilson

Flip = Literal["mended", "broken", "same", "new"]


@dataclass(frozen=True)
class Outcome:
    """One case over all its repeats, as the gate counts it."""

    case: Case
    passed: bool


@dataclass(frozen=True)
class Measure:
    """The mean of one score over the ``n`` answers it applies to."""

    name: str
    mean: float
    n: int


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one stage over ``n`` answers: the median, and what 95 of 100 stay below."""

    stage: str
    p50: float
    p95: float
    n: int


@dataclass(frozen=True)
class Abstention:
    """The 2x2 table of asked questions; an error is neither an answer nor an abstention."""

    answered: int
    abstained: int
    wrongly_answered: int
    rightly_abstained: int
    errors: int


def outcomes(run: Run) -> tuple[Outcome, ...]:
    """The run's cases in order, repeats gathered. Raises NothingMeasured if nothing was measured."""
    if not run.results:
        raise NothingMeasured(
            f"The run {run.id} holds no results.", "Run the suite again: nothing measured is not a score."
        )
    passes = passed_cases(run.results, run.bars.get("repeats", 1.0))
    cases = {result.case.id: result.case for result in run.results}
    return tuple(Outcome(case=case, passed=passes[case_id]) for case_id, case in cases.items())


def share(found: Iterable[Outcome]) -> Interval:
    """The share of cases that passed, with its interval; ``found`` holds at least one."""
    passed = [outcome.passed for outcome in found]
    return wilson(sum(passed), len(passed))


def by_kind(run: Run) -> dict[str, Interval]:
    """The passed share of each kind of case, in the suite's order."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes(run):
        kinds[outcome.case.kind].append(outcome)
    return {kind: share(found) for kind, found in kinds.items()}


def measures(run: Run) -> tuple[Measure, ...]:
    """The mean of each score, over the answers it applies to. An answer it does not apply to counts in no mean."""
    values: dict[str, list[float]] = defaultdict(list)
    for result in run.results:
        for name, score in result.scores.items():
            if score.value is not None:
                values[name].append(score.value)
    return tuple(Measure(name, sum(found) / len(found), len(found)) for name, found in values.items())


def latencies(run: Run) -> tuple[Latency, ...]:
    """Milliseconds by stage in the pipeline's order, then ``total`` from the question to the answer."""
    spent: dict[str, list[float]] = defaultdict(list)
    for result in run.results:
        if result.answer is not None:
            for stage in result.answer.trace:
                spent[stage.stage].append(stage.ms)
    total = [result.ms for result in run.results if result.error is None]
    return tuple(_latency(stage, ms) for stage, ms in [*spent.items(), *([("total", total)] if total else [])])


def abstention(run: Run) -> Abstention:
    """Who answered and who abstained, one count a result."""
    cells = Counter((result.case.answerable, _abstained(result)) for result in run.results)
    return Abstention(
        answered=cells[True, False],
        abstained=cells[True, True],
        wrongly_answered=cells[False, False],
        rightly_abstained=cells[False, True],
        errors=cells[True, None] + cells[False, None],
    )


def failures(run: Run) -> tuple[CaseResult, ...]:
    """Each result that did not pass, errors too."""
    return tuple(result for result in run.results if not result.passed)


def reasons(run: Run) -> dict[str, int]:
    """How many results failed for which reason, the most frequent first."""
    return dict(Counter(why(result) for result in failures(run)).most_common())


def why(result: CaseResult) -> str:
    """The short reason of a failure."""
    return "error" if result.error is not None else result.attribution or "failed"


def tokens(run: Run) -> tuple[int, int, int]:
    """Tokens in, out and cached over the whole run; zeros for the extractive answerer."""
    used = [result.answer.usage for result in run.results if result.answer is not None]
    return (
        sum(usage.input_tokens for usage in used),
        sum(usage.output_tokens for usage in used),
        sum(usage.cached_input_tokens for usage in used),
    )


def flips(run: Run, baseline: Run | None) -> dict[str, Flip]:
    """For each case of ``run`` what became of it since ``baseline``; ``new`` where the baseline lacks it."""
    if baseline is None:
        return {}
    before = {outcome.case.id: outcome.passed for outcome in outcomes(baseline)}
    return {outcome.case.id: _flip(before.get(outcome.case.id), outcome.passed) for outcome in outcomes(run)}


def _abstained(result: CaseResult) -> bool | None:
    """None for an error. A baseline keeps no answers, but the score that tells."""
    if result.answer is not None:
        return result.answer.abstained
    score = result.scores.get("abstention")
    if result.error is not None or score is None:
        return None
    return (score.value == 1.0) != result.case.answerable


def _latency(stage: str, ms: Sequence[float]) -> Latency:
    cuts = quantiles(ms, n=20, method="inclusive") if len(ms) > 1 else [ms[0]] * 19
    return Latency(stage=stage, p50=cuts[9], p95=cuts[18], n=len(ms))


def _flip(before: bool | None, now: bool) -> Flip:
    if before is None:
        return "new"
    if before == now:
        return "same"
    return "mended" if now else "broken"


def hashes(run: Run) -> dict[str, str]:
    """What was run, by name: enough to tell two runs apart and to run one again."""
    setup = run.setup
    rows = {
        "suite": f"{setup.suite} · {setup.suite_sha256}",
        "model": setup.model,
        "prompts": f"{setup.prompts} · {setup.prompt_sha256}",
        "index": setup.index_fingerprint,
        "code": setup.code_version,
        "corpus": setup.corpus,
    }
    rows |= {"judge": f"{setup.judge} · {setup.judge_sha256}"} if setup.judge else {}
    return rows | {f"corpus: {source}": sha256 for source, sha256 in setup.corpus_sha256.items()}


def percent(value: float) -> str:
    """A share as whole per cent, never rounded up to all or down to none."""
    rounded = round(100 * value)
    if rounded == 100 and value < 1:
        return ">99%"
    return "<1%" if rounded == 0 and value > 0 else f"{rounded}%"


def number(value: float) -> str:
    """A score, a length or a cost: two decimals below ten, whole above; a tiny one keeps two digits."""
    if 0 < abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def milliseconds(value: float) -> str:
    """Milliseconds as a reader says them: ``0.4 ms``, ``85 ms``, ``1.2 s``."""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def label(result: CaseResult) -> str:
    """The case's id, with the repeat's number from the second on."""
    return f"{result.case.id} #{result.repeat + 1}" if result.repeat else result.case.id


def audited(audit: Audit) -> list[str]:
    """What the audit of a judge found, in sentences without words from outside."""
    told = [
        f"Agreement with the pass verdict: {_agreement(audit.verdict)}",
        f"Agreement with itself, asked twice: {_agreement(audit.itself)}",
    ]
    if any(one is not None and one.is_low for one in (audit.verdict, audit.itself)):
        told.append(f"An agreement is below {ENOUGH}: do not rely on this judge.")
    if audit.ungraded:
        told.append(f"{audit.ungraded} of {audit.n} cases lack a grade.")
    return told


def _agreement(found: Agreement | None) -> str:
    if found is None:
        return "not measured."
    same, kappa = found.same, "undefined, all are alike" if found.kappa is None else f"{found.kappa:.2f}"
    interval = f"{same.share:.3f} [{same.low:.3f}, {same.high:.3f}]"
    return f"{same.k} of {same.n}, {interval}; Cohen's kappa {kappa}."
