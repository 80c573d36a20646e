"""A run as JUnit XML, which CI systems list case by case."""

from __future__ import annotations

import re

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from assistant.evaluation.reports import summary, wording
from assistant.evaluation.results import CaseResult, Run, Sentinel

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run) -> str:
    """The XML text: a suite named for the question set, a test case for each result and each sentinel.

    A failed case is a failure, a case that could not be asked an error. Raises NothingMeasured for an empty run.
    """
    summary.outcomes(run)
    suite = TestSuite(_xml(run.setup.suite))
    suite.timestamp = run.started_at.isoformat()
    named = {"run": run.id, "verdict": run.verdict or "not gated", "verdict reason": run.verdict_reason}
    for name, value in (named | wording.hashes(run)).items():
        suite.add_property(_xml(name), _xml(value))
    cases = [_case(result, run.setup.suite) for result in run.results]
    suite.add_testcases([*cases, *(_sentinel(sentinel, run.setup.suite) for sentinel in run.sentinels)])
    report = JUnitXml()
    report.add_testsuite(suite)
    xml: bytes = report.tostring()  # type: ignore[no-untyped-call]
    return xml.decode()


def _case(result: CaseResult, suite: str) -> TestCase:
    case = TestCase(_xml(wording.label(result)), _xml(f"{suite}.{result.case.kind}"), round(result.ms / 1000, 4))
    case.system_out = _xml(_told(result))
    if result.error is not None:
        case.result = [Error(_xml(result.error), "error")]
    elif not result.passed:
        failure = Failure(_xml(summary.why(result)), _xml(summary.why(result)))
        failure.text = _xml("\n".join([result.advice or "", *_scores(result)]).strip())
        case.result = [failure]
    return case


def _sentinel(sentinel: Sentinel, suite: str) -> TestCase:
    case = TestCase(_xml(f"sentinel: {sentinel.name}"), _xml(f"{suite}.sentinels"), 0.0)
    if sentinel.lets_through:
        told = f"The suite lets {sentinel.name} pass: {sentinel.passed.k} of {sentinel.passed.n} cases."
        case.result = [Failure(_xml(told), "broken suite")]
    return case


def _told(result: CaseResult) -> str:
    return f"Question: {result.case.question}\nAnswer: {result.answer.answer if result.answer else 'none'}"


def _scores(result: CaseResult) -> list[str]:
    shown = {name: "n/a" if s.value is None else wording.number(s.value) for name, s in result.scores.items()}
    return [f"{name} {shown[name]}: {score.reason}" for name, score in result.scores.items()]


def _xml(text: str) -> str:
    """Text without the characters XML can't hold."""
    return _NOT_XML.sub("�", text)
