"""``/api/ask``, ``/api/advise``, ``/api/search``, ``/api/sources`` and so on: what answers, and out of what.

An answer is one JSON object, or server-sent events. ``/api/themes`` says what each document holds on a subject,
``/api/models`` what may be chosen.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from assistant.advice.deciding import Advice
from assistant.advice.situation import Situation
from assistant.corpus.overview import CitedTheme, Overview
from assistant.types import Answer, Essay
from assistant.web.asking import (
    MAX_PASSAGES,
    Ask,
    Asking,
    Offer,
    OfferedModel,
    SearchReply,
    Source,
    SourceInfo,
    Sources,
    Taken,
    principal_of,
    request_id_of,
)
from assistant.web.catalog import ADDRESS, KEY, MODEL, own_model
from assistant.web.catalog import source as named
from assistant.web.observe.bodies import JsonRoute
from assistant.web.service import MAX_TEXT, Web
from assistant.web.sse import CLIENT_GONE, event_stream, while_connected

EVENTS = "text/event-stream"
_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer.",
        "headers": {
            "X-Conversation-Id": {"schema": {"type": "string"}, "description": "Where conversations are kept."}
        },
    }
}
_OWN_KEY = [
    {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}
    for name, description in (
        (KEY, "The key of a chat model of your own, used for this request alone: never kept, logged or repeated."),
        (MODEL, "Which model the key is for, as in `openai:gpt-4o-mini`."),
        (ADDRESS, "The https address of a public OpenAI-compatible server the key is for; else the provider's own."),
    )
]


IN_WORDS = "We have 200 labelled tickets and the categories change monthly. Should we fine-tune?"
_IN_FIELDS = {
    "fails": ["format"],
    "pass_rate": 0.82,
    "labelled_examples": 2400,
    "changes": "yearly",
    "queries_per_month": 2_000_000,
    "tokens_per_query": 1500,
    "prompt_price": 3.0,
    "tuned_price": 0.6,
    "training_cost": 40_000,
}


class Advise(Taken, json_schema_extra={"examples": [{"text": IN_WORDS}, {"situation": _IN_FIELDS}]}):
    """A case, in words or as fields; a field corrects what was read from the words."""

    text: str | None = Field(None, max_length=MAX_TEXT, description="The case in plain words.")
    situation: Situation | None = Field(
        None, description="What is known of it, costs included; leave out what nobody knows."
    )
    corpus: str | None = Field(None, max_length=64, description="One of `GET /api/models`; else the default.")


def ask_routes(web: Web) -> APIRouter:
    """The route ``POST /api/ask``."""
    routes = APIRouter(route_class=JsonRoute)

    @routes.post("/api/ask", response_model=Answer, responses=_REPLIES, openapi_extra={"parameters": _OWN_KEY})
    async def ask(body: Ask, request: Request) -> Response:
        """Answer a question, with the exact words that bear it out.

        With `"stream": true` or `Accept: text/event-stream` the answer comes as server-sent events: `passages`, then
        `token` by `token`, `citations`, and `done` with the whole answer object, which replaces what was streamed;
        or `error` with a problem. Where a chat model answers, `progress` says what it is doing before its first words
        (`{"doing": "reading"}` or `"writing"`), and `offer` holds the whole extracted answer, to show while it takes
        long. A stream that ends without `done` or `error` was cut off. Comment lines keep the
        connection alive.
        """
        asking = web.desk.in_conversation(asked(body, request, web))
        headers = {"Cache-Control": "no-store"}
        if asking.conversation_id is not None:
            headers["X-Conversation-Id"] = asking.conversation_id
        answering = await web.desk.begin(asking)
        if body.stream or EVENTS in request.headers.get("accept", ""):
            return event_stream(answering, request_id_of(request), headers)
        answer = await while_connected(request, answering)
        if answer is None:
            return Response(status_code=CLIENT_GONE)
        return Response(answer.model_dump_json(), media_type="application/json", headers=headers)

    @routes.post("/api/advise", response_model=Advice)
    async def advise(body: Advise, request: Request) -> Response:
        """Say what to try next in a case, and whether to fine-tune, with the words it rests on.

        Rules decide; no model is asked. `understood` holds the situation that was judged, `phrases` the words it was
        read from, and `break_even` the cumulative costs, exact to the cent. Nothing is kept.
        """
        advice = await web.desk.advised(body.text, body.situation, body.corpus, principal_of(request))
        headers = {"Cache-Control": "no-store"}
        return Response(advice.model_dump_json(), media_type="application/json", headers=headers)

    return routes


def asked(body: Ask, request: Request, web: Web) -> Asking:
    """The question as the desk takes it. Raises Problem for a model of the caller's own that can't be used."""
    return Asking(
        question=body.question,
        history=tuple(body.history),
        model=body.model,
        corpus=body.corpus,
        principal=principal_of(request),
        conversation_id=body.conversation_id,
        own_model=own_model(request, web.settings, web.reach),
    )


def source_routes(web: Web) -> APIRouter:
    """The routes ``/api/sources`` and ``/api/sources/{source_id}``."""
    routes = APIRouter()

    @routes.get("/api/sources")
    def sources(corpus: str | None = None) -> Sources:
        """List the documents that answer."""
        essays = web.shelf.corpus(corpus).essays.values()
        return Sources(sources=[SourceInfo(**_fields(essay)) for essay in essays])

    @routes.get("/api/sources/{source_id}", response_model=Source)
    def source(
        source_id: Annotated[str, Path(max_length=200)],
        if_none_match: Annotated[str | None, Header()] = None,
        corpus: str | None = None,
    ) -> Response:
        """Read one document: the text its citations count in, by Unicode code points."""
        essay = named(web.shelf.corpus(corpus).essays, source_id)
        tag = f'"{essay.sha256}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        known = {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}
        if {"*", tag} & known:
            return Response(status_code=304, headers=headers)
        found = Source(**_fields(essay), text=essay.text)
        return Response(found.model_dump_json(), media_type="application/json", headers=headers)

    return routes


def theme_routes(web: Web) -> APIRouter:
    """The routes ``/api/themes`` and ``/api/themes/{theme_id}``."""
    routes = APIRouter()

    @routes.get("/api/themes")
    def themes(corpus: str | None = None) -> Overview:
        """List what each essay says on each theme, where they agree and differ; a notice says where there is none."""
        return web.shelf.corpus(corpus).overview

    @routes.get("/api/themes/{theme_id}")
    def theme(theme_id: Annotated[str, Path(max_length=200)], corpus: str | None = None) -> CitedTheme:
        """Read what each essay says on one theme, with the exact words."""
        return web.shelf.corpus(corpus).overview.theme(theme_id)

    return routes


def _fields(essay: Essay) -> dict[str, object]:
    return {**essay.model_dump(exclude={"text"}), "sha256": essay.sha256}


def search_routes(web: Web) -> APIRouter:
    """The routes ``/api/search`` and ``/api/models``."""
    routes = APIRouter()

    @routes.get("/api/search")
    async def search(
        request: Request,
        q: Annotated[str, Query(min_length=1, description="What to look for.")],
        k: Annotated[int, Query(ge=1, le=MAX_PASSAGES, description="How many passages.")] = 5,
        corpus: Annotated[str | None, Query(max_length=64, description="One of `GET /api/models`.")] = None,
    ) -> SearchReply:
        """Find the passages nearest to a query, best first."""
        passages = await web.desk.counted(corpus, principal_of(request), lambda assistant: assistant.search(q, k))
        return SearchReply(query=q, passages=list(passages))

    @routes.get("/api/models")
    def models() -> Offer:
        """Tell which models and corpora a question may name."""
        shelf = web.shelf
        offered = [OfferedModel(id=name, default=name == shelf.default_model) for name in shelf.models]
        return Offer(models=offered, corpora=list(shelf.assistants), own_keys=web.settings.own_keys)

    return routes
