"""How well verification tells faithful sentences from false ones, by kind of fault."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from assistant.answering.bearing import fault, names_of
from assistant.answering.verify import Entailment
from assistant.errors import SuiteError
from assistant.evaluation.results import Interval
from assistant.evaluation.statistics import wilson
from assistant.settings import suites_dir
from assistant.types import Essay, Frozen

Half = Literal["tune", "last"]
FAITHFUL = "faithful"
KEPT, REJECTED = 0.97, 0.95
"""Shares of the faithful sentences to keep, and of the false ones to reject."""


class Sentence(Frozen):
    """A sentence beside the quotes it cites: ``faithful``, or false by one ``kind`` of fault."""

    id: str
    half: Half
    kind: str
    source: str
    sentence: str
    quotes: tuple[str, ...]


class Verdict(Frozen):
    """What verification found: ``fault`` is empty where it keeps the sentence."""

    case: Sentence
    fault: str

    @property
    def right(self) -> bool:
        """Whether a faithful sentence was kept, or a false one rejected."""
        return bool(self.fault) != (self.case.kind == FAITHFUL)


class Result(Frozen):
    """The share of right verdicts by kind, of all faithful sentences and of all false ones."""

    kinds: dict[str, Interval]
    kept: Interval
    rejected: Interval
    wrong: tuple[Verdict, ...]

    @property
    def good(self) -> bool:
        """Whether as many were kept and rejected as should be."""
        return self.kept.k >= KEPT * self.kept.n and self.rejected.k >= REJECTED * self.rejected.n


def load_sentences(path: Path | None = None) -> tuple[Sentence, ...]:
    """The cases of a JSON Lines file, else the built-in ones. Raises SuiteError naming the line."""
    file = path or suites_dir() / "verification.jsonl"
    remedy = f"Write it as {suites_dir() / 'verification.jsonl'} has them."
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{file}: can't be read ({type(error).__name__}).", "Check the path.") from None
    found = []
    for at, line in enumerate(lines, 1):
        try:
            found += [Sentence.model_validate(json.loads(line))] if line.strip() else []
        except (ValidationError, ValueError, RecursionError):
            raise SuiteError(f"{file}, line {at}: is no sentence with its quotes.", remedy) from None
    return tuple(found)


def judged(
    cases: Iterable[Sentence], essays: Mapping[str, Essay], entailment: Entailment | None = None
) -> tuple[Verdict, ...]:
    """Each sentence verified as a chat model's would be; it may name the document it is about."""
    return tuple(_judged(case, essays.get(case.source), entailment) for case in cases)


def _judged(case: Sentence, essay: Essay | None, entailment: Entailment | None) -> Verdict:
    found = fault(case.sentence, case.quotes, names_of(essay) if essay else "")
    if not found and entailment and not entailment.agrees(case.sentence, case.quotes):
        found = "not entailed"
    return Verdict(case=case, fault=found)


def scored(verdicts: Iterable[Verdict]) -> Result:
    """The shares. Raises NothingMeasured without a faithful or without a false sentence."""
    kinds: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        kinds[verdict.case.kind].append(verdict)
    false = [one for kind, every in kinds.items() if kind != FAITHFUL for one in every]
    wrong = [one for every in kinds.values() for one in every if not one.right]
    shares = {kind: _share(kinds[kind]) for kind in sorted(kinds)}
    return Result(kinds=shares, kept=_share(kinds[FAITHFUL]), rejected=_share(false), wrong=tuple(wrong))


def _share(verdicts: list[Verdict]) -> Interval:
    return wilson(sum(one.right for one in verdicts), len(verdicts))
