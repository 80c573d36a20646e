"""Run suites: ask each case, score and store it as it completes, and gate the run. Kept runs can be scored again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from assistant.errors import AssistantError, InputError, NothingMeasured
from assistant.evaluation.answerers import Answerer, OwnPipeline, check_corpus, setup_of
from assistant.evaluation.cases import Case, Suite, load_suite
from assistant.evaluation.chat_judge import ChatJudge, chat_judge
from assistant.evaluation.gating import Thresholds, load_thresholds
from assistant.evaluation.gold import anchor
from assistant.evaluation.grading import finished, graded
from assistant.evaluation.keeping import Begun, RunFolder, run_id
from assistant.evaluation.results import CaseResult, Run, Setup
from assistant.settings import Settings, load_settings
from assistant.types import Essay, Frozen

Job = tuple[Case, int]


class Plan(Frozen):
    """How to run: repeats of each case, questions asked at once, where answers are kept, and what to do again."""

    repeat: int = 1
    concurrency: int = 4
    out: Path | None = None
    resume: bool = False
    retry_errors: bool = False


class Watcher:
    """Callbacks of a run's progress, always from one thread. The base class ignores them."""

    def begun(self, setup: Setup, total: int, kept: Sequence[CaseResult]) -> None:
        """A run begins, of ``total`` results; ``kept`` are there already."""

    def answered(self, result: CaseResult) -> None:
        """One more result is there."""

    def ended(self, run: Run, folder: Path | None) -> None:
        """A run is done, scored, and kept in ``folder``."""


def run_suite(
    suites: str | Path | Suite | Sequence[str | Path | Suite],
    *,
    models: Sequence[str] = (),
    prompts: Sequence[str | Path] = (),
    corpora: Sequence[str | Path] = (),
    examples: Sequence[str | int] = (),
    repeat: int = 1,
    concurrency: int = 4,
    out: str | Path | None = None,
    thresholds: Thresholds | None = None,
    judge: str | None = None,
) -> tuple[Run, ...]:
    """One run per suite, model, folder of prompts, corpus and number of worked examples (or ``all``), through the real
    pipeline; the settings fill the gaps.

    Answers are kept under ``out`` if it is given; a chat model ``judge`` grades them too. Raises SuiteError,
    ConfigurationError, CorpusError, IndexUnavailable; what fails for one question is that case's error.
    """
    listed = [suites] if isinstance(suites, str | Path | Suite) else suites
    loaded = [one if isinstance(one, Suite) else load_suite(one) for one in listed]
    plan = Plan(repeat=repeat, concurrency=concurrency, out=Path(out) if out is not None else None)
    bars, judging = thresholds or load_thresholds(), chat_judge(judge)
    found: list[Run] = []
    for settings in matrix(models, prompts, corpora, examples):
        with closing(OwnPipeline(settings)) as pipeline:
            found += [run_one(suite, pipeline, plan, bars, judge=judging) for suite in loaded]
    return tuple(found)


def matrix(
    models: Sequence[str] = (),
    prompts: Sequence[str | Path] = (),
    corpora: Sequence[str | Path] = (),
    examples: Sequence[str | int] = (),
) -> Iterator[Settings]:
    """The settings of each combination, corpora outermost. Raises ConfigurationError."""
    for corpus, model, folder, shown in product(corpora or [""], models or [""], prompts or [""], examples or [""]):
        chosen = {"corpus": corpus, "model": model, "prompts": folder, "examples": shown}
        yield load_settings(**{name: str(value) or None for name, value in chosen.items()})


def run_one(
    suite: Suite,
    answerer: Answerer,
    plan: Plan,
    thresholds: Thresholds,
    watcher: Watcher | None = None,
    judge: ChatJudge | None = None,
) -> Run:
    """One suite asked of one answerer.

    Gold is resolved before the first question. Interrupted by Ctrl-C, the answers so far stay kept. Raises SuiteError
    for gold that does not resolve, InputError if answers can't be kept or nothing is there to retry, and
    NothingMeasured if each case ended in an error.
    """
    told = watcher or Watcher()
    for case in suite.cases:
        anchor(case, answerer.essays)
    begun = _begin(setup_of(suite, answerer, judge), suite, plan)
    folder = _folder(begun, plan)
    kept = [graded(result, answerer.essays) for result in _kept(folder, plan)]
    jobs = _jobs(suite.cases, plan.repeat, kept)
    told.begun(begun.setup, len(jobs) + len(kept), kept)
    results = list(kept)
    for asked in ask_all(answerer, jobs, plan.concurrency, judge):
        if folder:
            folder.add(asked)
        results.append(graded(asked, answerer.essays))
        told.answered(results[-1])
    run = finished(folder.begun if folder else begun, in_order(results, ids_of(suite)), answerer.essays, thresholds)
    if folder:
        folder.finish(run)
    told.ended(run, folder.path if folder else None)
    if all(result.error is not None for result in run.results):
        raise NothingMeasured(f"No question was answered. The first error: {run.results[0].error}")
    return run


def ask_all(
    answerer: Answerer, jobs: Sequence[Job], concurrency: int, judge: ChatJudge | None = None
) -> Iterator[CaseResult]:
    """The results as they come, not yet scored, ``concurrency`` at once. Nothing more is begun when the caller stops.

    Raises InputError for a concurrency below 1.
    """
    if concurrency < 1:
        raise InputError("At least one question is asked at a time.", "Give --concurrency 1 or more.")
    pool = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="eval")
    try:
        asked = [pool.submit(ask, answerer, case, repeat, judge) for case, repeat in jobs]
        for done in as_completed(asked):
            yield done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ask(answerer: Answerer, case: Case, repeat: int = 0, judge: ChatJudge | None = None) -> CaseResult:
    """One case asked, and judged by ``judge``. Whatever goes wrong while it is answered is its error, a failure."""
    started = time.perf_counter()
    answer, error = None, None
    try:
        answer = answerer.answer(case)
    except AssistantError as failure:
        error = str(failure)
    except Exception as failure:  # noqa: BLE001 - one question's defect must count against it, not end the run
        error = f"{type(failure).__name__}: {failure}"
    ms = round((time.perf_counter() - started) * 1000, 3)
    judgements = judge.judge(case, answer) if judge else ()
    return CaseResult(case=case, repeat=repeat, answer=answer, error=error, ms=ms, judgements=judgements)


def _begin(setup: Setup, suite: Suite, plan: Plan) -> Begun:
    if plan.repeat < 1:
        raise InputError("Each case is asked at least once.", "Give --repeat 1 or more.")
    now = datetime.now(UTC)
    return Begun(id=run_id(setup, now), started_at=now, setup=setup, cases=ids_of(suite), repeat=plan.repeat)


def _folder(begun: Begun, plan: Plan) -> RunFolder | None:
    if plan.out is None:
        return None
    stands = RunFolder.find(plan.out, begun) if plan.resume or plan.retry_errors else None
    if plan.retry_errors and stands is None:
        raise InputError(f"{plan.out}: holds no run with this set-up to retry.", "Run it without --retry-errors.")
    return stands or RunFolder.create(plan.out, begun)


def _kept(folder: RunFolder | None, plan: Plan) -> list[CaseResult]:
    """Results of an earlier sitting; without its errors where those are to be retried."""
    if folder is None:
        return []
    results = folder.results()
    if plan.retry_errors:
        results = [result for result in results if result.error is None]
    folder.keep(results)
    return results


def _jobs(cases: Iterable[Case], repeat: int, kept: Iterable[CaseResult]) -> list[Job]:
    done = {(result.case.id, result.repeat) for result in kept}
    return [(case, i) for i in range(repeat) for case in cases if (case.id, i) not in done]


def ids_of(suite: Suite) -> tuple[str, ...]:
    """The ids of a suite's cases, in order."""
    return tuple(case.id for case in suite.cases)


def in_order(results: Iterable[CaseResult], cases: Iterable[str]) -> list[CaseResult]:
    """The results in the order of their cases' ids, repeats in order."""
    place = {case_id: i for i, case_id in enumerate(cases)}
    return sorted(results, key=lambda result: (place[result.case.id], result.repeat))


def rescore(
    folder: RunFolder,
    essays: Mapping[str, Essay],
    thresholds: Thresholds,
    suite: Suite | None = None,
) -> Run:
    """Score a kept run again without asking again, by its own cases or by the current ones of ``suite``.

    Raises InputError if the documents are not those of the run, an answer is missing, or a question has changed.
    """
    setup = folder.begun.setup
    check_corpus(setup, essays)
    results, begun = folder.results(), folder.begun
    if suite is not None:
        results = list(_under(results, suite))
        named = setup.model_copy(update={"suite": suite.name, "suite_sha256": suite.sha256})
        begun = begun.model_copy(update={"setup": named, "cases": ids_of(suite)})
    missing = len(begun.cases) * begun.repeat - len(results)
    if missing:
        raise InputError(f"{folder.path}: {missing} answers are missing.", "Run it again with --resume first.")
    run = finished(begun, [graded(result, essays) for result in in_order(results, begun.cases)], essays, thresholds)
    folder.finish(run)
    return run


def _under(results: Sequence[CaseResult], suite: Suite) -> Iterator[CaseResult]:
    """The kept answers under the suite's present cases; what a judge said by older gold is dropped."""
    by_case: dict[str, list[CaseResult]] = {}
    for result in results:
        by_case.setdefault(result.case.id, []).append(result)
    for case in suite.cases:
        same = [
            r for r in by_case.get(case.id, []) if (r.case.question, r.case.history) == (case.question, case.history)
        ]
        if not same:
            raise InputError(f"Case {case.id} was not asked in this run, or otherwise.", "Run the suite anew.")
        yield from (
            result if result.case == case else result.model_copy(update={"case": case, "judgements": ()})
            for result in same
        )
