"""Situations with the verdict a careful reader gives, and how the rules do on them.

How the rules and the reader do on a suite of situations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from assistant.advice.advising import advise
from assistant.advice.deciding import Advice
from assistant.advice.reading import read
from assistant.advice.situation import Rung, Situation, known
from assistant.errors import SuiteError
from assistant.settings import suites_dir
from assistant.types import Essay, Frozen

_REMEDY = f"Write it as {suites_dir() / 'situations.jsonl'} has them."


class Verdict(Frozen):
    """The rung wanted, others that do, and those that would be wrong."""

    rung: Rung
    also_ok: tuple[Rung, ...] = ()
    never: tuple[Rung, ...] = Field((), alias="not")


class Gold(Frozen):
    """One situation of a suite."""

    id: str
    title: str
    text: str
    situation: Situation
    verdict: Verdict
    ready_to_fine_tune: bool | None
    reasons: tuple[dict[str, str], ...] = ()
    would_change: tuple[str, ...] = ()
    disagreement: str | None = None

    def accepts(self, rung: Rung) -> bool:
        """Whether a rung is one of those wanted and none of those ruled out."""
        return rung in {self.verdict.rung, *self.verdict.also_ok} and rung not in self.verdict.never


def load_suite(path: Path) -> tuple[Gold, ...]:
    """The situations of a JSON Lines file. Raises SuiteError naming the line and what is wrong with it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: can't be read ({type(error).__name__}).", "Check the path.") from None
    found = tuple(_gold(path, at, line) for at, line in enumerate(lines, 1) if line.strip())
    if not found:
        raise SuiteError(f"{path}: holds no situation.", _REMEDY)
    return found


def _gold(path: Path, at: int, line: str) -> Gold:
    try:
        data: Any = json.loads(line)
        return Gold.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        told = f"{'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}"
    except (ValueError, RecursionError):
        told = "is not JSON"
    raise SuiteError(f"{path}, line {at}: {told}.", _REMEDY)


BEYOND_GOLD = frozenset({"tried_is_all", "foreign_domain", "saving_per_month", "query_price", "tuned_query_price"})
"""Fields the reader knows and a suite's situations need not have."""


class Scored(Frozen):
    """One situation's outcome. ``misses`` is a sentence for each thing that is not as wanted; none: all is well."""

    id: str
    wanted: Rung
    rung: Rung
    text_rung: Rung
    ready: bool | None
    text_ready: bool | None
    read: int
    fields: int
    misses: tuple[str, ...]


def score(suite: Iterable[Gold], essays: Sequence[Essay]) -> tuple[Scored, ...]:
    """Every situation, judged from its fields and again from its text alone.

    From the text a verdict may be less sure than the gold, but not contradict it: readiness may stay unknown.
    """
    return tuple(_score(gold, essays) for gold in suite)


def _score(gold: Gold, essays: Sequence[Essay]) -> Scored:
    reading = read(gold.text)
    judged, from_text = advise(gold.situation, essays), advise(reading.situation, essays)
    misses = [*_judged(gold, judged, "fields", unsure=False), *_judged(gold, from_text, "text", unsure=True)]
    misses += contradictions(reading.situation, gold.situation)
    wanted, said = known(gold.situation), known(reading.situation)
    return Scored(
        id=gold.id,
        wanted=gold.verdict.rung,
        rung=judged.rung,
        text_rung=from_text.rung,
        ready=judged.ready_to_fine_tune,
        text_ready=from_text.ready_to_fine_tune,
        read=sum(name in said for name in wanted),
        fields=len(wanted),
        misses=tuple(misses),
    )


def _judged(gold: Gold, advice: Advice, source: str, *, unsure: bool) -> list[str]:
    ready = advice.ready_to_fine_tune
    misses = []
    if not gold.accepts(advice.rung):
        misses.append(f"from its {source}: {advice.rung}, wanted {gold.verdict.rung}")
    if ready != gold.ready_to_fine_tune and not (unsure and ready is None):
        misses.append(f"from its {source}: ready {ready}, wanted {gold.ready_to_fine_tune}")
    numbers = {citation.marker for citation in advice.citations}
    if not advice.reasons or any(reason.marker not in numbers for reason in advice.reasons):
        misses.append(f"from its {source}: a reason without a citation")
    return misses


def contradictions(read: Situation, gold: Situation) -> list[str]:
    """A sentence for each field read otherwise than the gold has it, or where the gold has nothing.

    A list or a set of owners may be read in part.
    """
    wanted = known(gold)
    found = []
    for name, value in known(read).items():
        if name not in wanted:
            found += [] if name in BEYOND_GOLD else [f"read {name} as {value}, where nothing is known of it"]
        elif not _within(value, wanted[name]):
            found.append(f"read {name} as {value}, it is {wanted[name]}")
    return found


def _within(value: Any, wanted: Any) -> bool:
    if isinstance(value, Mapping):
        return all(wanted.get(key) == one for key, one in value.items())
    return set(value) <= set(wanted) if isinstance(value, list) else bool(value == wanted)
