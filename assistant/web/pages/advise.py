"""``/advise``: should we fine-tune? A case in, by words or by questions, and the framework's cited verdict out.

It needs no script: the form's answers make up the page's address, which is all that holds them. The cumulative costs
come as a picture: where each line, its shade and each crossing lie on an SVG canvas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import QueryParams

from assistant.advice.breakeven import NAMES, BreakEven, Curve, Option
from assistant.advice.deciding import Advice, Reason
from assistant.advice.reading import Reading
from assistant.advice.rules import rulebook
from assistant.advice.situation import RUNGS, Situation
from assistant.answering.assistant import Assistant
from assistant.errors import AssistantError
from assistant.types import Citation, Essay
from assistant.web.asking import principal_of
from assistant.web.catalog import DEFAULT
from assistant.web.observe.problems import problem_of
from assistant.web.pages.case_form import GROUPS, MAX_TEXT, Form, asks, form_of, unread
from assistant.web.rendering import page, reader_address
from assistant.web.service import Web, verdict

EXAMPLES = (
    "We have 200 labelled tickets, the categories change monthly, and the prompt passes 82% of our test set. "
    "Should we fine-tune?",
    "Our support bot makes facts up about our own products. We have tried a better prompt. There is no eval yet.",
    "One task that never changes, 2 million queries a month at 1,500 tokens a query. It is too slow. We have 8,000 "
    "clean labelled examples.",
)


@dataclass(frozen=True)
class Rung:
    """A rung of the ladder as it is drawn."""

    number: int
    title: str
    here: bool
    tried: bool


@dataclass(frozen=True)
class Cited:
    """Cited words and the address they are read at."""

    citation: Citation
    address: str


def advise_routes(web: Web) -> APIRouter:
    """The route ``/advise``."""
    routes = APIRouter()

    @routes.api_route("/advise", methods=["GET", "HEAD"], include_in_schema=False)
    async def advise(request: Request) -> Response:
        query, corpus = request.query_params, _corpus(web, request.query_params.get("corpus"))
        if "was" in query:
            sent = await to_thread.run_sync(form_of, query)
            return RedirectResponse(sent.address(corpus), 303, {"Cache-Control": "no-store"})
        form = await to_thread.run_sync(unread, query)
        if not form.known and not form.readable:
            return _page(request, web, form, corpus, None)
        try:
            form, advice = await web.desk.counted(corpus, principal_of(request), partial(_judged, query))
        except AssistantError as error:
            problem = problem_of(error)
            refused = _page(request, web, form, corpus, None, notice=str(error), status=problem.status)
            refused.headers.update(problem.headers)
            return refused
        return _page(request, web, form, corpus, advice)

    return routes


def _judged(query: QueryParams, assistant: Assistant) -> tuple[Form, Advice | None]:
    """The form with its text read, and the verdict; None where nothing is known."""
    form = form_of(query)
    case = Reading(situation=form.situation, understood=form.phrases)
    return form, verdict(assistant, case) if form.known else None


def _corpus(web: Web, name: str | None) -> str | None:
    return name if name in web.shelf.assistants and name != DEFAULT else None


def _page(
    request: Request,
    web: Web,
    form: Form,
    corpus: str | None,
    advice: Advice | None,
    *,
    notice: str = "",
    status: int = 200,
) -> HTMLResponse:
    essays = web.shelf.cited(corpus)
    cited = _cited(advice, essays, corpus) if advice else {}
    found = advice.break_even if advice else None
    shown = page(
        request,
        "advise.html",
        status if status != 200 or not form.errors else 422,
        here="advice",
        form=form,
        asks=asks(),
        groups=GROUPS,
        corpus=corpus,
        notice=notice,
        advice=advice if cited else None,
        notices=advice.notices if advice else (),
        cited=cited,
        sources=[(essays[name], list(each)) for name, each in groupby(_by_essay(cited), _source)],
        others=_others(advice) if advice else (),
        ladder=ladder(advice, form.situation),
        plot=plot_of(found) if found else None,
        bounds=gate_bounds(),
        open_groups=_open(form, advice),
        examples=EXAMPLES,
        max_text=MAX_TEXT,
    )
    shown.headers["Cache-Control"] = "no-store"
    return shown


def ladder(advice: Advice | None, situation: Situation) -> tuple[Rung, ...]:
    """The rungs from the highest down to the cheapest, as they are seen."""
    here, tried, texts = advice.rung if advice else None, situation.tried or (), rulebook().rungs
    rungs = [Rung(n, texts[rung].title, rung == here, rung in tried) for n, rung in enumerate(RUNGS, 1)]
    return tuple(reversed(rungs))


def gate_bounds() -> tuple[float, float] | None:
    """Below and above which pass rates the gate decides, as its rules have them."""
    tests = [rule.when for rule in rulebook().of("gate") if rule.when]
    low = [test.below for test in tests if test.below is not None]
    high = [test.above for test in tests if test.above is not None]
    return (low[0], high[0]) if low and high else None


def _others(advice: Advice) -> tuple[Reason, ...]:
    """The reasons that speak for the other side."""
    everything = advice.for_fine_tuning + advice.against_fine_tuning
    return tuple(reason for reason in everything if reason not in advice.reasons)


def _cited(advice: Advice, essays: Mapping[str, Essay], corpus: str | None) -> dict[int, Cited]:
    return {
        each.marker: Cited(each, reader_address(essays[each.source_id], each.start, each.end, corpus=corpus))
        for each in advice.citations
    }


def _by_essay(cited: Mapping[int, Cited]) -> list[Cited]:
    """Those of one essay together, the essay that is cited first being the first."""
    order = list(dict.fromkeys(map(_source, cited.values())))
    return sorted(cited.values(), key=lambda each: order.index(_source(each)))


def _source(cited: Cited) -> str:
    return cited.citation.source_id


def _open(form: Form, advice: Advice | None) -> set[str]:
    """The groups that are shown open: those with answers, and those that could still change the verdict."""
    wanted = {*form.typed, *form.errors}
    if advice is None:
        wanted |= set(next(iter(GROUPS.values())))
    return {title for title, names in GROUPS.items() if wanted & set(names)}


WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 72, 622, 44, 300
_MONTHS = (1, 2, 3, 6, 12, 15, 30)
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
    canvas = _Canvas(found.horizon, step * max(1, math.ceil(most / step - 1e-9)))
    per = next((n for n in _MONTHS if canvas.months % n == 0 and canvas.months / n <= 4), canvas.months)
    return Plot(
        lines=tuple(_line(found, curve, canvas) for curve in found.curves),
        crossed=tuple(_crossings(found, canvas)),
        months=tuple(_month(canvas, n) for n in range(0, canvas.months + 1, per)),
        dollars=tuple(Tick(canvas.y(n * step), money(n * step)) for n in range(round(canvas.top / step) + 1)),
        told=" ".join(_told(found)),
    )


def _month(canvas: _Canvas, number: int) -> Tick:
    """A tick of the time axis; the last one names the unit."""
    return Tick(canvas.x(number), f"{number} months" if number == canvas.months else str(number))


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
