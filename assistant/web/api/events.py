"""An answer in the making as server-sent events: passages, token, citations, done, error."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent

from assistant.answering.stages import Done, Event, Passages
from assistant.errors import AssistantError
from assistant.web.desk import Events
from assistant.web.ops.problems import Problem, problem_body, problem_of
from assistant.web.streams import FAULT, stream_of

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
