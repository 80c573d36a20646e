"""Cumulative costs drawn in characters: a line for each option, its uncertainty shaded."""

from __future__ import annotations

from assistant.advice.breakeven import NAMES, BreakEven, Curve, Month, Option

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
