"""How the rules and the reader do on a suite of situations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.advice.advising import advise
from assistant.advice.reading import read
from assistant.advice.results import Advice
from assistant.advice.situation import Rung, Situation, known
from assistant.advice.suite import Gold
from assistant.types import Essay, Frozen

BEYOND_GOLD = frozenset({"tried_is_all", "foreign_domain", "saving_per_month"})
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
