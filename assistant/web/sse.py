"""What the streams of answers have in common, whichever face sends them.

An answer in the making as server-sent events: passages, token, citations, done, error.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request

from assistant.answering.stages import Done, Event, Passages
from assistant.errors import AssistantError
from assistant.types import Answer
from assistant.web.observe.problems import Problem, problem_body, problem_of, unexpected
from assistant.web.service import Events

CLIENT_GONE = 499
HEARTBEAT_SECONDS = 15
SLOW_READER_SECONDS = 30.0
"""A reader that takes nothing for so long is let go."""
FAREWELL_SECONDS = 4.0
"""When the server ends, a stream has so long to say so."""

FAULT = unexpected()
"""What an answer that failed by a fault of ours ends with."""


def stream_of(messages: AsyncIterator[ServerSentEvent], headers: Mapping[str, str]) -> EventSourceResponse:
    """The reply that sends the ``messages`` as they come, and comment lines while none does."""
    return EventSourceResponse(
        messages,
        ping=HEARTBEAT_SECONDS,
        send_timeout=SLOW_READER_SECONDS,
        shutdown_event=anyio.Event(),
        shutdown_grace_period=FAREWELL_SECONDS,
        headers=dict(headers),
        sep="\n",
    )


async def while_connected(request: Request, answering: asyncio.Task[Answer]) -> Answer | None:
    """The answer, or None where the caller has gone and the work was stopped."""
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await answering if answering.done() else None
    finally:
        for task in (answering, leaving):
            task.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


log = logging.getLogger(__name__)


def event_stream(events: Events, request_id: str, headers: Mapping[str, str] | None = None) -> EventSourceResponse:
    """The reply that streams the ``events``; it stops their work when it ends or the caller goes."""
    return stream_of(_messages(events, request_id), headers or {})


async def _messages(events: Events, request_id: str) -> AsyncIterator[ServerSentEvent]:
    """One message per event; an error is the last message."""
    try:
        async for event in events:
            for name, data in said(event):
                yield ServerSentEvent(data, event=name, sep="\n")
    except AssistantError as error:
        yield _error(problem_of(error), request_id)
    except Exception:
        log.exception("An answer failed")
        yield _error(FAULT, request_id)
    finally:
        await events.aclose()


def said(event: Event) -> list[tuple[str, str]]:
    """The names and data of the messages for one event."""
    if isinstance(event, Passages):
        return [("passages", _json({"passages": [p.model_dump(mode="json") for p in event.passages]}))]
    if isinstance(event, Done):
        citations = [c.model_dump(mode="json") for c in event.answer.citations]
        return [("citations", _json({"citations": citations})), ("done", event.answer.model_dump_json())]
    return [("token", _json({"text": event.text}))]


def _error(problem: Problem, request_id: str) -> ServerSentEvent:
    return ServerSentEvent(_json(problem_body(problem, request_id)), event="error", sep="\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
