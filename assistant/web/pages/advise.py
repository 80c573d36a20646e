"""``/advise``: should we fine-tune? A case in, by words or by questions, and the framework's cited verdict out.

It needs no script: the form's answers make up the page's address, which is all that holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import QueryParams

from assistant.advice.reading import Reading
from assistant.advice.results import Advice, Reason
from assistant.advice.rules import rulebook
from assistant.advice.situation import RUNGS, Situation
from assistant.answering.assistant import Assistant
from assistant.errors import AssistantError
from assistant.types import Citation, Essay
from assistant.web.asking import principal_of
from assistant.web.catalog import DEFAULT
from assistant.web.observe.problems import problem_of
from assistant.web.pages.case_form import GROUPS, MAX_TEXT, Form, asks, form_of, unread
from assistant.web.pages.cost_plot import plot_of
from assistant.web.rendering import reader_address, render
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
            return _page(web, form, corpus, None)
        try:
            form, advice = await web.desk.counted(corpus, principal_of(request), partial(_judged, query))
        except AssistantError as error:
            problem = problem_of(error)
            page = _page(web, form, corpus, None, notice=str(error), status=problem.status)
            page.headers.update(problem.headers)
            return page
        return _page(web, form, corpus, advice)

    return routes


def _judged(query: QueryParams, assistant: Assistant) -> tuple[Form, Advice | None]:
    """The form with its text read, and the verdict; None where nothing is known."""
    form = form_of(query)
    case = Reading(situation=form.situation, understood=form.phrases)
    return form, verdict(assistant, case) if form.known else None


def _corpus(web: Web, name: str | None) -> str | None:
    return name if name in web.shelf.assistants and name != DEFAULT else None


def _page(
    web: Web, form: Form, corpus: str | None, advice: Advice | None, *, notice: str = "", status: int = 200
) -> HTMLResponse:
    essays = web.shelf.corpus(corpus).essays
    cited = _cited(advice, essays, corpus) if advice else {}
    found = advice.break_even if advice else None
    page = render(
        "advise.html",
        status if status != 200 or not form.errors else 422,
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
    page.headers["Cache-Control"] = "no-store"
    return page


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
