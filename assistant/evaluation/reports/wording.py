"""How the reports say figures, names and hashes."""

from __future__ import annotations

from assistant.evaluation.auditing import ENOUGH, Agreement, Audit
from assistant.evaluation.results import CaseResult, Run


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
