"""Shadow runs: a candidate model answers the same real questions; only the current model's answers are shown.

Real questions have no gold. Compared are abstentions, cited words, support, length and time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from assistant.errors import NothingMeasured
from assistant.evaluation.answerers import Answerer
from assistant.evaluation.cases import Case
from assistant.evaluation.comparing import Difference, differing
from assistant.evaluation.results import CaseResult
from assistant.evaluation.runs import ask_all
from assistant.types import Answer, Frozen

Show = Callable[[CaseResult], None]


class Pair(Frozen):
    """One question answered twice, with what differs in words."""

    current: CaseResult
    candidate: CaseResult
    differs: tuple[str, ...] = ()


class Shadow(Frozen):
    """All pairs in the order asked, and each measure compared over the questions both answered."""

    current: str
    candidate: str
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]

    @property
    def errors(self) -> tuple[int, int]:
        """Questions without an answer, of the current and of the candidate."""
        return sum(p.current.error is not None for p in self.pairs), sum(
            p.candidate.error is not None for p in self.pairs
        )


def shadow(
    cases: Sequence[Case], current: Answerer, candidate: Answerer, *, concurrency: int = 2, show: Show | None = None
) -> Shadow:
    """Ask both models, the current one first. ``show`` gets the current model's results only.

    Raises NothingMeasured if there is no question, or neither answered any.
    """
    if not cases:
        raise NothingMeasured("There is no question to answer.", "Name a file that holds some.")
    now = _asked(current, cases, concurrency, show)
    then = _asked(candidate, cases, concurrency, None)
    pairs = tuple(_pair(now[case.id], then[case.id]) for case in cases)
    if all(pair.current.error is not None and pair.candidate.error is not None for pair in pairs):
        raise NothingMeasured("Neither model answered a question.", f"The first error: {pairs[0].current.error}")
    return Shadow(current=current.model, candidate=candidate.model, pairs=pairs, differences=_differences(pairs))


def _asked(answerer: Answerer, cases: Sequence[Case], concurrency: int, show: Show | None) -> dict[str, CaseResult]:
    found = {}
    for result in ask_all(answerer, [(case, 0) for case in cases], concurrency):
        found[result.case.id] = result
        if show is not None:
            show(result)
    return found


def _pair(current: CaseResult, candidate: CaseResult) -> Pair:
    return Pair(current=current, candidate=candidate, differs=tuple(_told(current, candidate)))


def _told(current: CaseResult, candidate: CaseResult) -> Iterable[str]:
    if (current.error is None) != (candidate.error is None):
        yield "the candidate failed" if candidate.error else "the current one failed"
    if current.answer is None or candidate.answer is None:
        return
    if current.answer.abstained != candidate.answer.abstained:
        yield "the candidate abstains" if candidate.answer.abstained else "the candidate answers"
    elif not current.answer.abstained and not _cited(current.answer) & _cited(candidate.answer):
        yield "the candidate cites other passages"


def _differences(pairs: Sequence[Pair]) -> tuple[Difference, ...]:
    values: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs:
        before, after = pair.current.answer, pair.candidate.answer
        if before is None or after is None:
            continue
        values["abstained"].append((float(before.abstained), float(after.abstained)))
        values["ms"].append((pair.current.ms, pair.candidate.ms))
        if not before.abstained and not after.abstained:
            values["citations"].append((len(before.citations), len(after.citations)))
            values["words"].append((len(before.answer.split()), len(after.answer.split())))
            values["supported"].append((_supported(before), _supported(after)))
    return differing(values)


def _supported(answer: Answer) -> float:
    return sum(claim.supported for claim in answer.claims) / len(answer.claims) if answer.claims else 0.0


def _cited(answer: Answer) -> set[tuple[str, str]]:
    return {(citation.source_id, citation.section) for citation in answer.citations}
