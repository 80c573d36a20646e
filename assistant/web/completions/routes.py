"""``/v1``: the routes any client of OpenAI's chat completions can use."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from assistant.web.api.own_key import own_model
from assistant.web.asking import Asking
from assistant.web.completions.replies import Reply
from assistant.web.completions.requests import ChatRequest, conversation, model_ids, model_name, read_request
from assistant.web.completions.streaming import completion_stream
from assistant.web.context import Web
from assistant.web.ops.limits import peer_of
from assistant.web.permalinks import base_address, permalinks
from assistant.web.principal import principal_of, request_id_of
from assistant.web.streams import CLIENT_GONE, while_connected

OWNER = "essay-assistant"
UNCACHED = {"Cache-Control": "no-store"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ChatRequest.model_json_schema()}},
    }
}


def completion_routes(web: Web) -> APIRouter:
    """The routes ``/v1/chat/completions``, ``/v1/models`` and ``/v1/models/{id}``."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI"])
    created = int(time.time())

    @routes.post("/chat/completions", response_model=None, openapi_extra=_BODY)
    async def complete(request: Request) -> Response:
        """Answer the last message as OpenAI's chat completions do, with citations as annotations."""
        asked = await read_request(request)
        asking = _asking(asked, request, web)
        essays = web.shelf.corpus(asking.corpus).essays
        reply = Reply(asked.model, permalinks(base_address(web.settings, request), essays, asking.corpus))
        if asked.stream:
            events = await web.desk.begin(asking)
            told = request_id_of(request)
            return await completion_stream(events, reply, told, UNCACHED, include_usage=asked.include_usage)
        answer = await while_connected(request, asyncio.create_task(web.desk.answer(asking)))
        if answer is None:
            return Response(status_code=CLIENT_GONE)
        return JSONResponse(reply.whole(answer), headers=UNCACHED)

    @routes.get("/models")
    def models() -> dict[str, Any]:
        """Tell which models a completion may name."""
        return {"object": "list", "data": [_model(name, created) for name in model_ids(web.shelf.models)]}

    @routes.get("/models/{model:path}")
    def model(model: str) -> dict[str, Any]:
        """Tell of one model."""
        model_name(model, web.shelf.models)
        return _model(model, created)

    return routes


def _asking(asked: ChatRequest, request: Request, web: Web) -> Asking:
    """The question as the desk takes it; in no kept conversation, as these clients keep theirs themselves."""
    question, history = conversation(asked.messages)
    return Asking(
        question=question,
        history=history,
        model=model_name(asked.model, web.shelf.models),
        corpus=asked.corpus,
        principal=principal_of(request),
        peer=peer_of(request),
        own_model=own_model(request, web.settings, web.reach),
    )


def _model(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": OWNER}
