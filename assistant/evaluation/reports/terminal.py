"""The terminal report: verdict, shares, measures, failures and what to try next."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from textwrap import wrap

from assistant.evaluation.chat_judge import audit
from assistant.evaluation.reports import summary
from assistant.evaluation.results import CaseResult, Interval, Run

_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_LISTED = 8
_GAUGE = 24
_NARROWEST = 40


def render(run: Run, width: int = 80, baseline: Run | None = None) -> str:
    """The run in lines of at most ``width`` characters (at least 40). Raises NothingMeasured for an empty run."""
    width = max(width, _NARROWEST)
    parts = [_heading(run), _kinds(run), _measures(run, baseline), _latency(run), _flips(run, baseline)]
    parts += [_failures(run), _sentinels(run), _judge(run), _hashes(run)]
    lines = (line for part in parts for line in part)
    return "\n".join(_cut(line, width) if fixed else _flow(line, width) for fixed, line in lines).rstrip() + "\n"


_Line = tuple[bool, str]  # whether it is a row that is cut (not wrapped) at the width, and its text


def _heading(run: Run) -> Iterator[_Line]:
    share = summary.share(summary.outcomes(run))
    yield False, f"{run.setup.suite} · {_count(share.n, 'case')} · {run.setup.model}"
    yield False, f"{run.verdict or 'NOT GATED'}  {run.verdict_reason}".rstrip()
    yield True, ""
    yield True, f"Passed {share.k} of {share.n}: {_interval(share)}"
    yield True, ""


def _kinds(run: Run) -> Iterator[_Line]:
    kinds = summary.by_kind(run)
    longest = max(len("kind"), *(len(kind) for kind in kinds))
    longest = min(longest, 16)
    yield True, f"{'kind':<{longest}}  passed     0%{' ' * (_GAUGE - 6)}100%   share [95%]"
    for kind, share in kinds.items():
        passed = f"{share.k}/{share.n}"
        name = _cut(_plain(kind), longest)
        yield True, f"{name}{' ' * (longest - _wide(name))}  {passed:>7}    {_gauge(share)}   {_interval(share)}"
    yield True, ""


def _measures(run: Run, baseline: Run | None) -> Iterator[_Line]:
    before = {measure.name: measure.mean for measure in summary.measures(baseline)} if baseline else {}
    found = summary.measures(run)
    if not found:
        return
    yield True, _head("measure", "mean", "cases") + (f"{'baseline':>11}" if before else "")
    for measure in found:
        row = f"{_cut(measure.name, 25):<26}{summary.number(measure.mean):>8}{measure.n:>8}"
        yield True, row + (f"{summary.number(before[measure.name]):>11}" if measure.name in before else "")
    yield True, ""


def _latency(run: Run) -> Iterator[_Line]:
    found = summary.latencies(run)
    if not found:
        return
    yield True, _head("time by stage", "median", "95%")
    for stage in found:
        p50, p95 = summary.milliseconds(stage.p50), summary.milliseconds(stage.p95)
        yield True, f"{_cut(stage.stage, 25):<26}{p50:>8}{p95:>8}"
    used = summary.tokens(run)
    if any(used):
        yield True, "tokens: {:,} in, {:,} out, {:,} cached".format(*used)
    yield True, ""


def _flips(run: Run, baseline: Run | None) -> Iterator[_Line]:
    if baseline is None:
        return
    flips = summary.flips(run, baseline)
    yield (
        False,
        f"Against {baseline.id}: {summary.percent(summary.share(summary.outcomes(baseline)).share)} passed there",
    )
    for name in ("broken", "mended"):
        ids = [case for case, flip in flips.items() if flip == name]
        yield False, f"  {name}: {', '.join(map(_plain, ids)) or 'none'}"
    yield True, ""


def _failures(run: Run) -> Iterator[_Line]:
    """Gathered by reason, each with its advice said once."""
    for reason, n in summary.reasons(run).items():
        found = [result for result in summary.failures(run) if summary.why(result) == reason]
        yield False, f"Failed, {reason}: {n}"
        for said in dict.fromkeys(_advice(result) for result in found):
            yield False, f"  {said}"
        for result in found[:_LISTED]:
            yield True, f"  {_plain(summary.label(result))}  {_plain(result.case.question)}"
        if n > _LISTED:
            yield True, f"  and {n - _LISTED} more: see the HTML report"
        yield True, ""


def _sentinels(run: Run) -> Iterator[_Line]:
    if not run.sentinels:
        return
    broken = [sentinel.name for sentinel in run.sentinels if sentinel.lets_through]
    if broken:
        yield False, f"BROKEN SUITE: it lets pass {', '.join(broken)}. No verdict on it can be trusted."
    shares = " · ".join(f"{_plain(s.name)} {s.passed.k}/{s.passed.n}" for s in run.sentinels)
    yield False, f"Sentinels: {shares}"
    yield True, ""


def _judge(run: Run) -> Iterator[_Line]:
    found = audit(run)
    if found is None:
        return
    yield False, f"Judge {_plain(run.setup.judge)}, no part of the verdict"
    yield from ((False, f"  {said}") for said in summary.audited(found))
    if found.why:
        yield False, f"  → {_plain(found.why)}"
    yield True, ""


def _hashes(run: Run) -> Iterator[_Line]:
    yield False, f"Run {run.id} of {run.started_at:%Y-%m-%d %H:%M}"
    for name, value in summary.hashes(run).items():
        yield False, f"  {_plain(name)}: {_HASH.sub(lambda found: found[0][:12], _plain(value))}"


def _advice(result: CaseResult) -> str:
    said = " ".join(part for part in (result.error, result.advice) if part)
    return f"→ {_plain(said)}" if said else "→ read the answer in the HTML report"


def _gauge(share: Interval) -> str:
    """The interval as a bar from 0 to 1, the share as a dot on it."""
    low, high = (round(edge * (_GAUGE - 1)) for edge in (share.low, share.high))
    dot = round(share.share * (_GAUGE - 1))
    return "".join("●" if i == dot else "─" if low <= i <= high else "·" for i in range(_GAUGE))


def _interval(share: Interval) -> str:
    return f"{summary.percent(share.share):>4} [{summary.percent(share.low)}, {summary.percent(share.high)}]"


def _head(first: str, *others: str) -> str:
    return f"{first:<26}" + "".join(f"{other:>8}" for other in others)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _plain(text: str) -> str:
    """Text from outside on one line, without control characters that could steer the terminal."""
    return "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).strip()


def _wide(text: str) -> int:
    """Columns the text takes: two for a wide character, none for one that combines."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(line: str, width: int) -> str:
    if _wide(line) <= width:
        return line
    kept = line[: width - 1]
    while _wide(kept) > width - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _flow(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return "\n".join(_cut(part, width) for part in wrap(line, width, subsequent_indent=indent)) or ""
