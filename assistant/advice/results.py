"""What an advice is made of: the same object for the command, the page, the API and the chat."""

from __future__ import annotations

from typing import Any, Literal

from assistant.advice.breakeven import BreakEven
from assistant.advice.deciding import Question
from assistant.advice.reading import Understood
from assistant.advice.rules import Stance
from assistant.advice.situation import Rung
from assistant.types import Citation, Frozen


class Reason(Frozen):
    """One sentence, the rule it comes from, the citation it rests on, and the side it speaks for."""

    rule: str
    text: str
    marker: int
    source_id: str
    stance: Stance


class Item(Frozen):
    """One line of an essay's checklist. ``answer``: yes or no, ready or not ready, or unknown."""

    number: int
    ask: str
    answer: Literal["yes", "no", "ready", "not ready", "unknown"]
    text: str
    marker: int


class Gate(Frozen):
    """What the gate on the measured pass rate says; ``says`` is "unknown" where nothing was measured."""

    pass_rate: float | None
    says: Literal["ship", "consider", "fix the prompt", "no eval, not ready", "unknown"]
    text: str
    marker: int | None = None


class Sides(Frozen):
    """A topic on which the essays differ, with what each says."""

    topic: str
    title: str
    sides: tuple[Reason, ...]


class Advice(Frozen):
    """The verdict on one situation. Every ``marker`` is a number of ``citations``.

    ``ready_to_fine_tune``: True where training is needed and prepared for, False where an essay holds it back,
    None where too little is known. ``understood`` is the situation that was judged, ``phrases`` what of it was read
    from a text. ``break_even`` is None where figures are missing; the note then names them.
    """

    rung: Rung
    title: str
    headline: str
    ready_to_fine_tune: bool | None
    next_steps: tuple[str, ...]
    reasons: tuple[Reason, ...]
    for_fine_tuning: tuple[Reason, ...]
    against_fine_tuning: tuple[Reason, ...]
    would_change: tuple[str, ...]
    both_sides: tuple[Sides, ...]
    framework: tuple[Item, ...]
    readiness: tuple[Item, ...]
    gate: Gate
    break_even: BreakEven | None
    break_even_note: str
    missing: tuple[Question, ...]
    understood: dict[str, Any]
    phrases: tuple[Understood, ...] = ()
    citations: tuple[Citation, ...]
    notices: tuple[str, ...] = ()
