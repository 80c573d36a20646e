"""An advice in a terminal: what was understood, the verdict with its cited reasons, checklists, break-even, sources."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from assistant.cli.rendering import source_line
from assistant.cli.terminal import note, say, table, wrapped

if TYPE_CHECKING:
    from assistant.advice.breakeven import BreakEven
    from assistant.advice.results import Advice, Item, Reason

MONTHS = (0, 3, 6, 12, 24)
NOT_UNDERSTOOD = (
    "Nothing of the text was understood. Say what fails, how many labelled examples there are and what was tried, "
    "or give --set field=value."
)


def show_advice(advice: Advice, *, worded: bool = False) -> None:
    """Everything in an advice, on stdout; its notices on stderr. ``worded``: a text was given to read it from."""
    from assistant.advice.figures import told

    if worded and not advice.phrases:
        more = "" if advice.understood else " What follows holds for any case."
        say(wrapped(NOT_UNDERSTOOD + more))
        say()
    if advice.understood:
        say("Understood (--set field=value corrects it):")
        for name, value in advice.understood.items():
            say(wrapped(f"{name}: {told(name, value)}{_read_from(name, advice)}", "  ", first="- "))
        say()
    ready = {True: "yes", False: "no, not now", None: "not known yet"}[advice.ready_to_fine_tune]
    say(wrapped(f"{advice.headline} (ready to fine-tune: {ready})"))
    _section("Why", (_cited(reason) for reason in advice.reasons))
    _section("Next", advice.next_steps)
    _section("What would change it", advice.would_change)
    others = [reason for reason in advice.for_fine_tuning + advice.against_fine_tuning if reason not in advice.reasons]
    _section("On the other side", (_cited(reason) for reason in others))
    for sides in advice.both_sides:
        _section(f"The essays differ: {sides.title}", (_cited(side) for side in sides.sides))
    _section("Tian Pan's five questions", map(_item, advice.framework))
    _section("DevX's seven patterns", map(_item, advice.readiness))
    gate = advice.gate
    mark = f" [{gate.marker}]" if gate.marker else ""
    _section("Ionut Dumitru's gate", [f"{gate.says}: {gate.text}{mark}"])
    _section("Break-even", [advice.break_even_note])
    if advice.break_even is not None:
        show_break_even(advice.break_even)
    _section("What would help to know", (f"{q.ask} ({q.field}) {q.why}" for q in advice.missing[:5]))
    _sources(advice)


def show_break_even(found: BreakEven) -> None:
    """What each option has cost by the end of some months, to the cent."""
    say()
    months = [month for month in MONTHS if month <= found.costs.horizon_months]
    rows = [[str(month), *(f"{curve.months[month].dollars:,.2f}" for curve in found.curves)] for month in months]
    table(["month", *(f"{curve.option}, $" for curve in found.curves)], rows)


def _read_from(name: str, advice: Advice) -> str:
    """The words of the text a field was read from, in quotes."""
    words = dict.fromkeys(phrase.text for phrase in advice.phrases if phrase.field == name)
    return "".join(f" “{text}”" for text in words)


def _section(title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        say(f"\n{title}:")
        for line in found:
            say(wrapped(line, "  ", first="- "))


def _cited(reason: Reason) -> str:
    return f"{reason.text} [{reason.marker}]"


def _item(item: Item) -> str:
    asked = item.ask if item.ask.endswith("?") else f"{item.ask}:"
    parts = (f"{item.number}. {asked} {item.answer}.", item.text, f"[{item.marker}]")
    return " ".join(part for part in parts if part)


def _sources(advice: Advice) -> None:
    if advice.citations:
        say("\nSources:")
    for citation in advice.citations:
        line = source_line(citation)
        say(wrapped(line, " " * (line.index("]") + 2)))
    sys.stdout.flush()
    for notice in advice.notices:
        note(notice)
