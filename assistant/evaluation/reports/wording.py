"""How the reports say figures, names and hashes."""

from __future__ import annotations

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
