"""How far the chat-model judge can be believed: its agreement with the deterministic verdict and with itself."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluation.results import Interval, Run
from assistant.evaluation.statistics import kappa, wilson
from assistant.types import Frozen

ENOUGH = 0.9
"""Share of agreement below which the judge is not to be relied on."""


class Agreement(Frozen):
    """How often two raters said the same, and Cohen's kappa; None where chance alone would make them agree always."""

    same: Interval
    kappa: float | None

    @property
    def is_low(self) -> bool:
        """Whether they differ too often."""
        return self.same.share < ENOUGH


class Audit(Frozen):
    """The judge held against the pass verdict (right: passed; partly and wrong: failed), and against itself.

    Each case counts once, with its first answer. ``ungraded`` of ``n`` cases have no grade in one of the judgements
    at least, the first of them for the reason ``why``; an agreement is None where no case can be compared.
    """

    n: int
    ungraded: int
    why: str
    verdict: Agreement | None
    itself: Agreement | None


def audit(run: Run) -> Audit | None:
    """The audit of a run's judge; None for a run without one."""
    if not run.setup.judge:
        return None
    first = [result for result in run.results if result.repeat == 0 and result.judgements]
    verdicts = [(r.judgements[0].grade == "right", r.passed) for r in first if r.judgements[0].grade]
    graded = [tuple(judgement.grade for judgement in result.judgements) for result in first]
    twice = [(grades[0], grades[1]) for grades in graded if len(grades) > 1 and all(grades)]
    reasons = [judgement.reason for result in first for judgement in result.judgements if judgement.grade is None]
    return Audit(
        n=len(first),
        ungraded=sum(not all(grades) for grades in graded),
        why=reasons[0] if reasons else "",
        verdict=_agreement(verdicts),
        itself=_agreement(twice),
    )


def _agreement(pairs: Sequence[tuple[object, object]]) -> Agreement | None:
    if not pairs:
        return None
    return Agreement(same=wilson(sum(a == b for a, b in pairs), len(pairs)), kappa=kappa(pairs))
