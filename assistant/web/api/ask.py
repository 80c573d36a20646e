"""``POST /api/ask``: a question, answered as one JSON object or as server-sent events."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from assistant.advice.results import Advice
from assistant.advice.situation import Situation
from assistant.types import Answer
from assistant.web.asking import Asking, principal_of, request_id_of
from assistant.web.observe.bodies import JsonRoute
from assistant.web.own_model import ADDRESS, KEY, MODEL, own_model
from assistant.web.schemas import Ask, Taken
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
        or `error` with a problem. A stream that ends without `done` or `error` was cut off. Comment lines keep the
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
