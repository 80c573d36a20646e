"""Scoring a kept run again, without asking again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assistant.errors import InputError
from assistant.evaluation.grading import finished, graded
from assistant.evaluation.keeping import RunFolder
from assistant.evaluation.loading import Suite
from assistant.evaluation.results import CaseResult, Run
from assistant.evaluation.runs import ids_of, in_order
from assistant.evaluation.setups import check_corpus
from assistant.evaluation.thresholds import Thresholds
from assistant.types import Essay


def rescore(
    folder: RunFolder,
    essays: Mapping[str, Essay],
    thresholds: Thresholds,
    suite: Suite | None = None,
) -> Run:
    """A kept run scored again without asking again, by its own cases or by the newer ones of ``suite``.

    Raises InputError where the documents are not those of the run, an answer is missing, or a question has changed.
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
