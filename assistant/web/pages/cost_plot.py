"""The cumulative costs as a picture: where each line, its shade and each crossing lie on an SVG canvas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.advice.breakeven import NAMES, BreakEven, Curve, Option

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 66, 622, 18, 292
_MONTHS = (1, 2, 3, 6, 12, 24)
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A curve: its points and those around its shade, as SVG has them, and its dollars month by month."""

    option: Option
    name: str
    points: str
    shade: str
    dollars: str


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True)
class Crossed:
    """Where fine-tuning has become the cheaper one."""

    x: float
    y: float
    months: float
    against: Option
    label: str


@dataclass(frozen=True)
class Plot:
    """All that is drawn, and what it says in words."""

    lines: tuple[Line, ...]
    crossed: tuple[Crossed, ...]
    months: tuple[Tick, ...]
    dollars: tuple[Tick, ...]
    told: str


def plot_of(found: BreakEven) -> Plot:
    """The picture of a break-even."""
    most = max(float(month.high) for curve in found.curves for month in curve.months)
    step = _step(most)
    canvas = _Canvas(found.costs.horizon_months, step * max(1, math.ceil(most / step - 1e-9)))
    per = next((n for n in _MONTHS if canvas.months / n <= 6), 24)
    return Plot(
        lines=tuple(_line(found, curve, canvas) for curve in found.curves),
        crossed=tuple(_crossings(found, canvas)),
        months=tuple(Tick(canvas.x(n), str(n)) for n in range(0, canvas.months + 1, per)),
        dollars=tuple(Tick(canvas.y(n * step), money(n * step)) for n in range(round(canvas.top / step) + 1)),
        told=" ".join(_told(found)),
    )


def money(dollars: float) -> str:
    """Dollars in few characters: $0, $950, $1.5k, $2M."""
    size, letter = next(((size, letter) for size, letter in _UNITS if dollars >= size), (1.0, ""))
    return f"${dollars / size:.4g}{letter}"


class _Canvas:
    """Months and dollars as places."""

    def __init__(self, months: int, top: float) -> None:
        self.months, self.top = months, top

    def x(self, month: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * month / self.months, 2)

    def y(self, dollars: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * dollars / self.top, 2)

    def points(self, places: Iterable[Point]) -> str:
        return " ".join(f"{self.x(month)},{self.y(dollars)}" for month, dollars in places)


def _line(found: BreakEven, curve: Curve, canvas: _Canvas) -> Line:
    return Line(
        option=curve.option,
        name=NAMES[curve.option].capitalize(),
        points=canvas.points(_places(found, curve, "dollars")),
        shade=canvas.points([*_places(found, curve, "high"), *reversed([*_places(found, curve, "low")])]),
        dollars=" ".join(str(month.dollars) for month in curve.months),
    )


def _places(found: BreakEven, curve: Curve, which: str) -> Iterator[Point]:
    """Months with dollars; where training is done again the line goes straight up."""
    every = found.costs.release_months if curve.option == "fine-tuning" else None
    for month in curve.months:
        spent = float(getattr(month, which))
        if every and month.month and month.month % every == 0:
            yield month.month, spent - float(found.costs.retraining)
        yield month.month, spent


def _crossings(found: BreakEven, canvas: _Canvas) -> Iterator[Crossed]:
    for crossing in found.crossings:
        if crossing.months is not None and crossing.months <= canvas.months:
            spent = float(found.costs.per_month(crossing.against)) * crossing.months
            label = f"{crossing.months:,.1f} months"
            yield Crossed(canvas.x(crossing.months), canvas.y(spent), crossing.months, crossing.against, label)


def _told(found: BreakEven) -> Iterator[str]:
    for curve in found.curves:
        last = curve.months[-1]
        yield f"{NAMES[curve.option].capitalize()}: ${last.dollars:,} after {last.month} months."
    yield from (crossing.sentence for crossing in found.crossings)


def _step(most: float) -> float:
    """A round number of dollars of which five or so make up ``most``."""
    if most <= 0:
        return 1.0
    rough = most / 5.5
    size = float(10 ** math.floor(math.log10(rough)))
    return size * next(n for n in (1, 2, 2.5, 5, 10) if n * size >= rough * 0.999)
