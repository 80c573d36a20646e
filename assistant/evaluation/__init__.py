"""Evaluation: run suites of questions, score the answers, and decide whether to ship.

For a notebook or a test: ``from assistant.evaluation import compare, gate, load_suite, run_suite, wilson``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.evaluation.cases import load_suite
    from assistant.evaluation.comparing import compare
    from assistant.evaluation.gating import gate
    from assistant.evaluation.runs import run_suite
    from assistant.evaluation.statistics import wilson

__all__ = ["compare", "gate", "load_suite", "run_suite", "wilson"]

_HOMES = {
    "compare": "comparing",
    "gate": "gating",
    "load_suite": "cases",
    "run_suite": "runs",
    "wilson": "statistics",
}


def __getattr__(name: str) -> Any:
    """Import a function when it is first asked for: a run brings the retrieval stack with it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"assistant.evaluation.{_HOMES[name]}"), name)
