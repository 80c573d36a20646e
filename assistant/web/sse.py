"""Answers as server-sent events, and waiting for a whole answer while its caller is there.

An answer streams as ``passages``, ``token`` by ``token``, ``citations``, then ``done``; or it ends with ``error``.
Where a chat model works, ``progress`` says what it does before its first words; ``offer`` is the extracted answer
meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from assistant.answering.stages import Done, Event, Offered, Passages, Waiting
from assistant.errors import AssistantError, Problem
from assistant.types import Answer
from assistant.web.observe.problems import problem_body, problem_of, unexpected
from assistant.web.service import Answering

CLIENT_GONE = 499
HEARTBEAT_SECONDS = 15
SLOW_READER_SECONDS = 30.0
"""A reader that accepts nothing for this long is disconnected."""
FAREWELL_SECONDS = 4.0
"""How long a stream has to send its last event when the server shuts down."""

FAULT = unexpected()
"""The last event of an answer that failed by a fault of ours."""
log = logging.getLogger(__name__)


class Events(Protocol):
    """The events of an answer; closing them stops its work."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate once."""

    async def aclose(self) -> None:
        """Stop the work."""


class EventStream(EventSourceResponse):
    """Sends ``messages`` made of ``events``, and comment lines while there is none; closes ``events`` at the end.

    It closes them also when the client left before the first message, when nothing has iterated ``messages`` yet.
    """

    def __init__(
        self, messages: AsyncIterator[ServerSentEvent], events: Events, headers: Mapping[str, str] | None = None
    ) -> None:
        """``headers`` go with the reply."""
        super().__init__(
            messages,
            ping=HEARTBEAT_SECONDS,
            send_timeout=SLOW_READER_SECONDS,
            shutdown_event=anyio.Event(),
            shutdown_grace_period=FAREWELL_SECONDS,
            headers=dict(headers or {}),
            sep="\n",
        )
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()


async def while_connected(request: Request, answering: Answering) -> Answer | None:
    """The whole answer, or None once the caller has gone and the work was stopped."""
    making, leaving = asyncio.create_task(answering.whole()), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({making, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await making if making.done() else None
    finally:
        for task in (making, leaving):
            task.cancel()
        await asyncio.gather(making, leaving, return_exceptions=True)
        await answering.aclose()  # a task that is cancelled before its first step closes nothing


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def event_stream(events: Events, request_id: str, headers: Mapping[str, str] | None = None) -> EventStream:
    """The reply that streams the ``events``."""
    return EventStream(_messages(events, request_id), events, headers)


async def _messages(events: Events, request_id: str) -> AsyncIterator[ServerSentEvent]:
    """One message per event; an error is the last message."""
    try:
        async for event in events:
            for name, data in messages_of(event):
                yield ServerSentEvent(data, event=name, sep="\n")
    except AssistantError as error:
        yield _error(problem_of(error), request_id)
    except Exception:
        log.exception("An answer failed")
        yield _error(FAULT, request_id)


def messages_of(event: Event) -> list[tuple[str, str]]:
    """The names and data of the messages for one event."""
    if isinstance(event, Passages):
        return [("passages", _json({"passages": [p.model_dump(mode="json") for p in event.passages]}))]
    if isinstance(event, Done):
        citations = [c.model_dump(mode="json") for c in event.answer.citations]
        return [("citations", _json({"citations": citations})), ("done", event.answer.model_dump_json())]
    if isinstance(event, Waiting):
        return [("progress", _json({"doing": event.doing}))]
    if isinstance(event, Offered):
        return [("offer", event.answer.model_dump_json())]
    return [("token", _json({"text": event.text}))]


def _error(problem: Problem, request_id: str) -> ServerSentEvent:
    return ServerSentEvent(_json(problem_body(problem, request_id)), event="error", sep="\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
