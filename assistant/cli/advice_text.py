"""An advice in a terminal: what was understood, the verdict with its cited reasons, checklists, break-even, sources.

Cumulative costs drawn in characters: a line for each option, its uncertainty shaded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from assistant.advice.breakeven import NAMES, BreakEven, Curve, Month, Option
from assistant.cli.rendering import source_line
from assistant.cli.terminal import note, say, styled, table, wrapped

WIDTH, HEIGHT, MARGIN = 66, 15, 10
MARKS: dict[Option, str] = {"prompting": "p", "cached": "c", "fine-tuning": "f"}
COLORS: dict[Option, str] = {"prompting": "yellow", "cached": "cyan", "fine-tuning": "magenta"}
SHADE = {True: "░", False: "."}
_UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
Cell = tuple[str, Option | None]
"""A character and the option whose color it has."""


def plot(found: BreakEven, *, rich: bool) -> list[list[Cell]]:
    """Rows of cells, at most 80 wide: the curves over the months, with axes. ``rich``: shades instead of dots."""
    top = max(float(month.high) for curve in found.curves for month in curve.months) or 1.0
    grid: list[list[Cell]] = [[(" ", None)] * WIDTH for _ in range(HEIGHT)]
    for curve in found.curves:
        _shade(grid, curve, top, SHADE[rich])
    for curve in found.curves:
        for column in range(WIDTH):
            grid[_row(_at(curve, column).dollars, top)][column] = (MARKS[curve.option], curve.option)
    return [*_with_axis(grid, top), *_months(found.costs.horizon_months), _legend(found)]


def _shade(grid: list[list[Cell]], curve: Curve, top: float, shade: str) -> None:
    for column in range(WIDTH):
        point = _at(curve, column)
        for row in range(_row(point.high, top), _row(point.low, top) + 1):
            if grid[row][column][0] == " ":
                grid[row][column] = (shade, curve.option)


class _Point:
    """Dollars between two months."""

    def __init__(self, before: Month, after: Month, part: float) -> None:
        self.dollars, self.low, self.high = (
            float(a) + (float(b) - float(a)) * part
            for a, b in ((before.dollars, after.dollars), (before.low, after.low), (before.high, after.high))
        )


def _at(curve: Curve, column: int) -> _Point:
    exact = column / (WIDTH - 1) * (len(curve.months) - 1)
    before = min(int(exact), len(curve.months) - 1)
    after = min(before + 1, len(curve.months) - 1)
    return _Point(curve.months[before], curve.months[after], exact - before)


def _row(dollars: float, top: float) -> int:
    return HEIGHT - 1 - min(HEIGHT - 1, max(0, round(dollars / top * (HEIGHT - 1))))


def _with_axis(grid: list[list[Cell]], top: float) -> list[list[Cell]]:
    named = {0: top, HEIGHT // 2: top / 2, HEIGHT - 1: 0.0}
    rows = []
    for at, row in enumerate(grid):
        label = short(named[at]) if at in named else ""
        rows.append([*_plain(f"{label:>{MARGIN}} |"), *row])
    return rows


def _months(horizon: int) -> list[list[Cell]]:
    axis = [" "] * (WIDTH + 4)
    for part in range(5):
        month = round(horizon * part / 4)
        at = min(round(month / horizon * (WIDTH - 1)), WIDTH - 1)
        axis[at : at + len(str(month))] = str(month)
    line = " " * (MARGIN + 1) + "+" + "-" * WIDTH
    return [_plain(line), _plain((" " * (MARGIN + 2) + "".join(axis)).rstrip()), _plain(f"{'months':>{MARGIN + 8}}")]


def _legend(found: BreakEven) -> list[Cell]:
    cells = _plain(" " * (MARGIN + 2))
    for curve in found.curves:
        cells += [(MARKS[curve.option], curve.option), *_plain(f" {NAMES[curve.option]}   ")]
    return cells


def _plain(text: str) -> list[Cell]:
    return [(character, None) for character in text]


def short(dollars: float) -> str:
    """``$1.2M`` for 1,200,000."""
    for size, unit in _UNITS:
        if dollars >= size:
            return f"${dollars / size:.3g}{unit}"
    return f"${dollars:.0f}"


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
    """The curves in characters, and some months to the cent."""

    rich = styled(sys.stdout)
    say()
    for row in plot(found, rich=rich):
        say(_drawn(row) if rich else "".join(character for character, _ in row).rstrip())
    say()
    months = [month for month in MONTHS if month <= found.costs.horizon_months]
    rows = [[str(month), *(f"{curve.months[month].dollars:,.2f}" for curve in found.curves)] for month in months]
    table(["month", *(f"{curve.option}, $" for curve in found.curves)], rows)


def _read_from(name: str, advice: Advice) -> str:
    """The words of the text a field was read from, in quotes."""
    words = dict.fromkeys(phrase.text for phrase in advice.phrases if phrase.field == name)
    return "".join(f" “{text}”" for text in words)


def _drawn(row: Sequence[Cell]) -> str:
    """A row of the plot with colors."""
    from rich.console import Console
    from rich.text import Text

    text = Text()
    for character, option in row:
        text.append(character, style=COLORS[option] if option else "")
    console = Console(width=100, highlight=False, markup=False, emoji=False, force_terminal=True)
    with console.capture() as drawn:
        console.print(text)
    return drawn.get().rstrip("\n")


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
