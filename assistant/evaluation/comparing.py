"""Compare two runs case by case: what flipped, whether it is more than chance, and how the set-ups differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from assistant.errors import InputError
from assistant.evaluation.chat_judge import NAME as JUDGE
from assistant.evaluation.gating import passed_cases
from assistant.evaluation.results import CaseResult, Run, Setup
from assistant.evaluation.statistics import bootstrap, holm, mcnemar, permutation
from assistant.types import Frozen

_NAMED = {"suite": "suite", "model": "model", "prompts": "prompts", "corpus": "documents", "judge": "judge"}


def changes(before: Setup, after: Setup) -> tuple[str, ...]:
    """A sentence for each difference; none if the runs were made alike, or an older run does not say."""
    return tuple(_changes(before, after))


def _changes(before: Setup, after: Setup) -> Iterator[str]:
    for field, name in _NAMED.items():
        yield from _told(name, getattr(before, field), getattr(after, field))
    yield from _told("task", before.levers.task, after.levers.task)
    yield from _told("context", before.levers.context, after.levers.context)
    yield from _told("examples", before.levers.examples, after.levers.examples)
    yield from _texts(before.levers.texts, after.levers.texts)
    if before.code_version != after.code_version:
        yield f"The code and its data changed: {before.code_version}, then {after.code_version}."


def _told(name: str, old: str, new: str) -> Iterator[str]:
    if old != new:
        yield f"The {name} changed: {old or 'none'}, then {new or 'none'}."


def _texts(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    if not old or not new:
        return
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"The text {name} is gone."
        elif name not in old:
            yield f"The text {name} is new."
        elif old[name] != new[name]:
            yield f"The text {name} changed: {_short(old[name])}, then {_short(new[name])}."


def _short(text: str) -> str:
    """``version 2, 0a1b2c3d4e5f`` from the whole hash."""
    version, _, digest = text.rpartition(", ")
    return f"{version}, {digest[:12]}"


ALPHA = 0.05
LOWER_IS_BETTER = frozenset({"ms", "cost", "filler"})
NEITHER_IS_BETTER = frozenset({"brevity", "citing", "words", "citations", "abstained"})
"""Shown, but neither direction is a fall by itself."""


class Flip(Frozen):
    """A case that passed in one run and failed in the other; ``why`` is how the failing one failed."""

    case_id: str
    question: str
    why: str


class Difference(Frozen):
    """A measure in both runs over the ``n`` cases where both have it, with the 95% bootstrap interval of the change.

    ``p`` is the paired permutation test's, ``adjusted`` the same after Holm's correction for all measures compared.
    """

    name: str
    n: int
    before: float
    after: float
    low: float
    high: float
    p: float
    adjusted: float = 1.0

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def fell(self) -> bool:
        """Whether it grew significantly worse."""
        if self.name in NEITHER_IS_BETTER:
            return False
        worse = self.change > 0 if self.name in LOWER_IS_BETTER else self.change < 0
        return worse and self.adjusted < ALPHA


class Side(Frozen):
    """One of the runs: what it was made with, cases passed of the shared ones, tokens read, of them cached, written."""

    run: str
    model: str
    task: str
    context: str
    examples: str
    passed: int
    n: int
    tokens: tuple[int, int, int]


class Comparison(Frozen):
    """The run ``after`` held against the run ``before``, over the ``n`` cases both hold.

    ``sides`` are the two as rows of a table, ``changes`` what differs in how they were made.
    """

    before: str
    after: str
    n: int
    passed_before: int
    passed_after: int
    falls: tuple[Flip, ...]
    rises: tuple[Flip, ...]
    mcnemar_p: float
    pass_low: float
    pass_high: float
    differences: tuple[Difference, ...]
    sides: tuple[Side, ...] = ()
    changes: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def fell(self) -> bool:
        """Whether significantly more cases fell than rose."""
        return self.mcnemar_p < ALPHA and len(self.falls) > len(self.rises)


def compare(before: Run, after: Run, repeats: float = 1.0) -> Comparison:
    """The comparison, over cases of the same id and question. Repeats are reduced per case first.

    Raises InputError if the runs share no case.
    """
    first, second = _by_case(before), _by_case(after)
    shared = [i for i in first if i in second and _same(first[i][0], second[i][0])]
    if not shared:
        raise InputError(f"{before.id} and {after.id} share no case.", "Compare runs of the same suite.")
    passed = [passed_cases(run.results, repeats) for run in (before, after)]
    falls = [i for i in shared if passed[0][i] and not passed[1][i]]
    rises = [i for i in shared if passed[1][i] and not passed[0][i]]
    low, high = bootstrap([float(passed[0][i]) for i in shared], [float(passed[1][i]) for i in shared])
    return Comparison(
        before=before.id,
        after=after.id,
        n=len(shared),
        passed_before=sum(passed[0][i] for i in shared),
        passed_after=sum(passed[1][i] for i in shared),
        falls=tuple(_flip(second[i]) for i in falls),
        rises=tuple(_flip(first[i]) for i in rises),
        mcnemar_p=mcnemar(len(falls), len(rises)),
        pass_low=low,
        pass_high=high,
        differences=_differences(first, second, shared),
        sides=(_side(before, passed[0], shared), _side(after, passed[1], shared)),
        changes=changes(before.setup, after.setup),
        notices=tuple(_notices(before, after, len(first.keys() | second.keys()) - len(shared))),
    )


def differing(pairs: Mapping[str, Sequence[tuple[float, float]]]) -> tuple[Difference, ...]:
    """Each measure's paired values compared, with Holm's correction over all of them."""
    made = []
    for name, values in pairs.items():
        before, after = [b for b, _ in values], [a for _, a in values]
        low, high = bootstrap(before, after)
        p = permutation(before, after)
        made.append(
            Difference(name=name, n=len(values), before=fmean(before), after=fmean(after), low=low, high=high, p=p)
        )
    adjusted = holm([one.p for one in made])
    return tuple(one.model_copy(update={"adjusted": p}) for one, p in zip(made, adjusted, strict=True))


def _differences(
    first: Mapping[str, list[CaseResult]], second: Mapping[str, list[CaseResult]], shared: Sequence[str]
) -> tuple[Difference, ...]:
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for case_id in shared:
        before, after = _means(first[case_id]), _means(second[case_id])
        for name in before:
            if name in after:
                pairs[name].append((before[name], after[name]))
    return differing(pairs)


def _side(run: Run, passed: Mapping[str, bool], shared: Sequence[str]) -> Side:
    used = [result.answer.usage for result in run.results if result.answer is not None]
    tokens = (
        sum(u.input_tokens for u in used),
        sum(u.cached_input_tokens for u in used),
        sum(u.output_tokens for u in used),
    )
    levers = run.setup.levers
    return Side(
        run=run.id,
        model=run.setup.model,
        task=levers.task,
        context=levers.context,
        examples=levers.examples,
        passed=sum(passed[i] for i in shared),
        n=len(shared),
        tokens=tokens,
    )


def _means(results: Sequence[CaseResult]) -> dict[str, float]:
    """Each score's mean over a case's repeats, and the milliseconds of its answers.

    The judge's score is left out: it must not decide whether a run fell, nor count in the correction for many tests.
    """
    values: dict[str, list[float]] = defaultdict(list)
    for result in results:
        if result.error is None:
            values["ms"].append(result.ms)
        for name, score in result.scores.items():
            if score.value is not None and name != JUDGE:
                values[name].append(score.value)
    return {name: fmean(each) for name, each in values.items()}


def _by_case(run: Run) -> dict[str, list[CaseResult]]:
    found: dict[str, list[CaseResult]] = defaultdict(list)
    for result in run.results:
        found[result.case.id].append(result)
    return found


def _same(a: CaseResult, b: CaseResult) -> bool:
    return (a.case.question, a.case.answerable) == (b.case.question, b.case.answerable)


def _flip(results: Sequence[CaseResult]) -> Flip:
    failed = next((r for r in results if not r.passed), results[0])
    return Flip(case_id=failed.case.id, question=failed.case.question, why=failed.attribution or "failed")


def _notices(before: Run, after: Run, left_out: int) -> list[str]:
    told = [f"{left_out} cases are in one run only, or ask otherwise, and are left out."] if left_out else []
    if before.setup.corpus_sha256 != after.setup.corpus_sha256:
        told.append("The runs searched different documents.")
    if before.setup.suite_sha256 != after.setup.suite_sha256:
        told.append("The runs used different versions of the suite.")
    return told
