"""``POST /api/ask``: a question, answered as one JSON object or as server-sent events."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from assistant.types import Answer
from assistant.web.api.schemas import Ask
from assistant.web.asking import Asking, principal_of, request_id_of
from assistant.web.own_model import ADDRESS, KEY, MODEL, own_model
from assistant.web.service import Web
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


def ask_routes(web: Web) -> APIRouter:
    """The route ``POST /api/ask``."""
    routes = APIRouter()

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
