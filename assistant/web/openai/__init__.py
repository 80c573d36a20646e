"""``/v1``: the routes any client of OpenAI's chat completions can use.

Answers as chat completions, whole, or in chunks while they are made.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from sse_starlette import ServerSentEvent
from starlette.responses import JSONResponse, Response

from assistant.answering.stages import Done, Event, Token
from assistant.errors import AssistantError, Problem
from assistant.types import Answer, Citation, Claim
from assistant.web.asking import Asking, principal_of, request_id_of
from assistant.web.catalog import own_model
from assistant.web.observe.problems import openai_body, problem_of
from assistant.web.openai.requests import ChatRequest, conversation, model_ids, model_name, read_request, withdrawn
from assistant.web.rendering import Permalink, base_address, permalinks
from assistant.web.service import Web
from assistant.web.sse import CLIENT_GONE, FAULT, Events, EventStream, while_connected

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One completion: all of its chunks carry the same id and time."""

    model: str
    link: Permalink
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer) -> Json:
        """The reply to a request that does not stream."""
        cited = url_citations(answer, self.link)
        message = {
            "role": "assistant",
            "content": answer.answer,
            "refusal": None,
            "annotations": cited,
            # LangChain's ChatOpenAI drops annotations, but keeps this under additional_kwargs.
            "parsed": {"annotations": cited},
        }
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        about = {"system_fingerprint": answer.index_fingerprint, "answer_object": answer.model_dump(mode="json")}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage(answer), **about}

    def begun(self) -> Json:
        """The first chunk: who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def said(self, text: str) -> Json:
        """A chunk of the answer's text."""
        return self._chunk({"content": text})

    def cited(self, answer: Answer) -> Json:
        """The chunk behind the text: its annotations, and the whole answer object."""
        about = {"system_fingerprint": answer.index_fingerprint, "answer_object": answer.model_dump(mode="json")}
        return {**self._chunk({"annotations": url_citations(answer, self.link)}), **about}

    def finished(self) -> Json:
        """The chunk that ends the text."""
        return self._chunk({}, "stop")

    def used(self, answer: Answer) -> Json:
        """The chunk of token counts, for those who ask for it."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage(answer)}

    def _head(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}


def url_citations(answer: Answer, link: Permalink) -> list[Json]:
    """One ``url_citation`` for each sentence and each citation that bears it out."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    return [
        _annotation(claim, by_marker[marker], link)
        for claim in answer.claims
        for marker in claim.markers
        if marker in by_marker
    ]


def usage(answer: Answer) -> Json:
    """Token counts of the chat model; zeros where none was asked."""
    counted = answer.usage
    return {
        "prompt_tokens": counted.input_tokens,
        "completion_tokens": counted.output_tokens,
        "total_tokens": counted.input_tokens + counted.output_tokens,
        "prompt_tokens_details": {"cached_tokens": counted.cached_input_tokens},
    }


def _annotation(claim: Claim, citation: Citation, link: Permalink) -> Json:
    """``start_index:end_index`` (code points, end exclusive) is the sentence in the reply; ``start:end`` is the quote
    in the source's text."""
    cited: Mapping[str, Any] = citation.model_dump(
        mode="json", include={"marker", "source_id", "section", "quote", "start", "end", "status"}
    )
    place = {"start_index": claim.start, "end_index": claim.end, "title": citation.title, "url": link(citation)}
    return {"type": "url_citation", "url_citation": {**place, **cited}}


END = "[DONE]"
log = logging.getLogger(__name__)


async def completion_stream(
    events: Events, reply: Reply, request_id: str, headers: Mapping[str, str], *, include_usage: bool
) -> EventStream:
    """The reply that streams the ``events``. Raises what they raise before the first, so that it becomes a status."""
    first = await anext(aiter(events))
    streamed = _Streamed(reply, request_id, include_usage=include_usage)
    return EventStream(_messages(streamed, first, events), events, headers)


async def _messages(streamed: _Streamed, first: Event, events: Events) -> AsyncIterator[ServerSentEvent]:
    """The chunks, then ``[DONE]``; an error is the last message, and no ``[DONE]`` follows."""
    try:
        yield _message(streamed.reply.begun())
        for chunk in streamed.chunks(first):
            yield _message(chunk)
        async for event in events:
            for chunk in streamed.chunks(event):
                yield _message(chunk)
        yield ServerSentEvent(END, sep="\n")
    except _Withdrawn as error:
        yield _message(streamed.error(withdrawn(), answer_object=error.answer.model_dump(mode="json")))
    except AssistantError as error:
        yield _message(streamed.error(problem_of(error)))
    except Exception:
        log.exception("An answer failed")
        yield _message(streamed.error(FAULT))


class _Withdrawn(Exception):
    """The final answer does not begin with what was streamed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class _Streamed:
    """What was sent so far of one completion."""

    def __init__(self, reply: Reply, request_id: str, *, include_usage: bool) -> None:
        self.reply = reply
        self._request_id = request_id
        self._include_usage = include_usage
        self._text = ""

    def chunks(self, event: Event) -> list[Json]:
        """The chunks for an event. Raises _Withdrawn where the text sent can't become the answer's."""
        if isinstance(event, Token):
            self._text += event.text
            return [self.reply.said(event.text)]
        return self._last(event.answer) if isinstance(event, Done) else []

    def _last(self, answer: Answer) -> list[Json]:
        if not answer.answer.startswith(self._text):
            raise _Withdrawn(answer)
        rest = answer.answer[len(self._text) :]
        said = [self.reply.said(rest)] if rest else []
        used = [self.reply.used(answer)] if self._include_usage else []
        return [*said, self.reply.cited(answer), self.reply.finished(), *used]

    def error(self, problem: Problem, **more: Any) -> Json:
        """The message of an error in the middle; clients raise on it, with the object under ``error`` as its body."""
        body = openai_body(problem, self._request_id)
        return {**body, "error": {**body["error"], **more}}


def _message(data: Json) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data, ensure_ascii=False), sep="\n")


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
        asked = read_request(request)
        asking = _asking(asked, request, web)
        answering = await web.desk.begin(asking)
        essays = web.shelf.cited(asking.corpus)
        reply = Reply(asked.model, permalinks(base_address(web.settings, request), essays, asking.corpus))
        if asked.stream:
            request_id = request_id_of(request)
            return await completion_stream(answering, reply, request_id, UNCACHED, include_usage=asked.include_usage)
        answer = await while_connected(request, answering)
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
        own_model=own_model(request, web.settings, web.reach),
    )


def _model(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": OWNER}
