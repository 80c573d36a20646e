"""Reports of a run: HTML, terminal text, a Markdown comment for pull requests, JUnit XML and JSON.

Text from outside stands in code spans in Markdown, so that it can't add markup or mention people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from assistant.evaluation.chat_judge import audit
from assistant.evaluation.reports import html, summary, terminal
from assistant.evaluation.results import CaseResult, Interval, Run, Sentinel
from assistant.types import Essay

__all__ = ["html", "junit", "markdown", "terminal", "write_all"]

_LISTED = 30
_LONGEST_COMMENT = 60_000  # GitHub refuses a comment beyond 65,536 characters
_SIGNS = {"SHIP": "✅", "UNDECIDED": "❔", "FIX THE PROMPT FIRST": "❌", "CONSIDER FINE-TUNING": "❌", "ERRORS": "❌"}


def markdown(run: Run, baseline: Run | None = None) -> str:
    """The comment's text, under 60,000 characters. Raises NothingMeasured for a run with no results."""
    parts = [_heading(run), _kinds(run, baseline), _judge(run), _flips(run, baseline)]
    parts += [_failures(run), _measures(run, baseline), _sentinels(run)]
    text = "\n".join(line for part in parts for line in part)
    hashes = "\n".join(_hashes(run))
    room = _LONGEST_COMMENT - len(hashes)
    if len(text) > room:
        text = text[:room].rpartition("\n")[0] + "\n</details>\n\nCut here: the HTML report shows the rest.\n"
    return f"{text}\n{hashes}\n"


def _heading(run: Run) -> Iterator[str]:
    share = summary.share(summary.outcomes(run))
    yield f"### {_SIGNS.get(run.verdict or '', '⚪')} {run.verdict or 'Not gated'}: {share.k} of {share.n} passed"
    yield ""
    yield f"{_code(run.setup.suite)} with {_code(run.setup.model)}: **{_interval(share)}**."
    if run.verdict_reason:
        yield _code(run.verdict_reason, longest=1000)
    yield ""


def _kinds(run: Run, baseline: Run | None) -> Iterator[str]:
    before = summary.by_kind(baseline) if baseline else {}
    yield from _row("Kind", "Passed", "Share (95% interval)", *(["Baseline"] if baseline else []))
    yield from _row("---", "---:", "---", *(["---"] if baseline else []))
    for kind, share in summary.by_kind(run).items():
        old = [_interval(before[kind]) if kind in before else "–"] if baseline else []
        yield from _row(_code(kind), f"{share.k}/{share.n}", _interval(share), *old)
    yield ""


def _flips(run: Run, baseline: Run | None) -> Iterator[str]:
    flips = summary.flips(run, baseline)
    for name, sign in (("broken", "🔻"), ("mended", "🔺")):
        ids = [case for case, flip in flips.items() if flip == name]
        if ids:
            yield f"{sign} {len(ids)} {name} since the baseline: {', '.join(map(_code, ids))}"
            yield ""


def _failures(run: Run) -> Iterator[str]:
    failed = summary.failures(run)
    if not failed:
        return
    counted = ", ".join(f"{n} × {reason}" for reason, n in summary.reasons(run).items())
    yield from ("<details>", f"<summary>{len(failed)} failed: {counted}</summary>", "")
    yield from _row("Case", "Why", "Question")
    yield from _row("---", "---", "---")
    for result in failed[:_LISTED]:
        yield from _row(_code(summary.label(result)), summary.why(result), _code(result.case.question))
    if len(failed) > _LISTED:
        yield from ("", f"And {len(failed) - _LISTED} more: see the HTML report.")
    yield from ("", "What to try:", "")
    tried = dict.fromkeys((summary.why(result), result.error or result.advice) for result in failed)
    yield from (f"- {why}: {_code(said, longest=400)}" for why, said in list(tried)[:_LISTED] if said)
    yield from ("", "</details>", "")


def _measures(run: Run, baseline: Run | None) -> Iterator[str]:
    before = {measure.name: summary.number(measure.mean) for measure in summary.measures(baseline)} if baseline else {}
    yield from ("<details>", "<summary>Measures and time</summary>", "")
    yield from _row("Measure", "Mean", "Cases", *(["Baseline"] if baseline else []))
    yield from _row("---", "---:", "---:", *(["---:"] if baseline else []))
    for measure in summary.measures(run):
        old = [before.get(measure.name, "–")] if baseline else []
        yield from _row(_code(measure.name), summary.number(measure.mean), str(measure.n), *old)
    yield ""
    yield from _row("Stage", "Median", "95% stay below")
    yield from _row("---", "---:", "---:")
    for stage in summary.latencies(run):
        yield from _row(_code(stage.stage), summary.milliseconds(stage.p50), summary.milliseconds(stage.p95))
    yield from ("", "</details>", "")


def _sentinels(run: Run) -> Iterator[str]:
    broken = [sentinel.name for sentinel in run.sentinels if sentinel.lets_through]
    if broken:
        yield f"⚠️ **The suite is broken**: it lets pass {', '.join(map(_code, broken))}."
        yield ""


def _judge(run: Run) -> Iterator[str]:
    found = audit(run)
    if found is None:
        return
    yield from (f"Judge {_code(run.setup.judge)}, no part of the verdict:", "")
    yield from (f"- {said}" for said in summary.audited(found))
    if found.why:
        yield f"- {_code(found.why, longest=400)}"
    yield ""


def _hashes(run: Run) -> Iterator[str]:
    yield from ("<details>", f"<summary>Run {_code(run.id)}: what was measured</summary>", "")
    yield from (f"- {_code(name)}: {_code(value, longest=200)}" for name, value in summary.hashes(run).items())
    yield from ("", "</details>")


def _row(*cells: str) -> Iterable[str]:
    return ["| " + " | ".join(cells) + " |"]


def _interval(share: Interval) -> str:
    return f"{summary.percent(share.share)} [{summary.percent(share.low)}, {summary.percent(share.high)}]"


def _code(text: str, longest: int = 90) -> str:
    """Text from outside as a code span on one line: no markup, mention, link or end of the table cell in it."""
    flat = " ".join(text.split())
    flat = flat if len(flat) <= longest else flat[: longest - 1] + "…"
    fence = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    margin = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{margin}{flat}{margin}{fence}".replace("|", "\\|") if flat else "–"


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run: Run) -> str:
    """The XML text: a suite named for the question set, a test case for each result and each sentinel.

    A failed case is a failure, a case that could not be asked an error. Raises NothingMeasured for an empty run.
    """
    summary.outcomes(run)
    suite = TestSuite(_xml(run.setup.suite))
    suite.timestamp = run.started_at.isoformat()
    named = {"run": run.id, "verdict": run.verdict or "not gated", "verdict reason": run.verdict_reason}
    for name, value in (named | summary.hashes(run)).items():
        suite.add_property(_xml(name), _xml(value))
    cases = [_case(result, run.setup.suite) for result in run.results]
    suite.add_testcases([*cases, *(_sentinel(sentinel, run.setup.suite) for sentinel in run.sentinels)])
    report = JUnitXml()
    report.add_testsuite(suite)
    xml: bytes = report.tostring()  # type: ignore[no-untyped-call]
    return xml.decode()


def _case(result: CaseResult, suite: str) -> TestCase:
    case = TestCase(_xml(summary.label(result)), _xml(f"{suite}.{result.case.kind}"), round(result.ms / 1000, 4))
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
    shown = {name: "n/a" if s.value is None else summary.number(s.value) for name, s in result.scores.items()}
    return [f"{name} {shown[name]}: {score.reason}" for name, score in result.scores.items()]


def _xml(text: str) -> str:
    """Text without the characters XML can't hold."""
    return _NOT_XML.sub("�", text)


def write_all(run: Run, essays: Mapping[str, Essay], folder: Path, baseline: Run | None = None) -> dict[str, Path]:
    """Writes every report into ``folder``, which is made, and returns their paths by format.

    ``essays`` by id. Raises NothingMeasured for a run with no results, OSError if the folder can't be written.
    """
    reports = {
        "html": ("report.html", html.render(run, essays, baseline)),
        "markdown": ("report.md", markdown(run, baseline)),
        "junit": ("junit.xml", junit(run)),
        "json": ("report.json", run.model_dump_json(indent=2) + "\n"),
        "text": ("summary.txt", terminal.render(run, baseline=baseline)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = {format_: folder / name for format_, (name, _) in reports.items()}
    for format_, path in paths.items():
        path.write_text(reports[format_][1], encoding="utf-8")
    return paths
