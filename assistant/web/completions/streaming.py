"""An answer in the making as chunks of a chat completion."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent

from assistant.answering.stages import Done, Event, Token
from assistant.errors import AssistantError
from assistant.types import Answer
from assistant.web.completions.errors import withdrawn
from assistant.web.completions.replies import Json, Reply
from assistant.web.desk import Events
from assistant.web.ops.problems import Problem, openai_body, problem_of
from assistant.web.streams import FAULT, stream_of

END = "[DONE]"
log = logging.getLogger(__name__)


async def completion_stream(
    events: Events, reply: Reply, request_id: str, headers: Mapping[str, str], *, include_usage: bool
) -> EventSourceResponse:
    """The reply that streams the ``events``; it stops their work when it ends or the caller goes.

    Raises what they raise before its first event, so that it becomes a status.
    """
    try:
        first = await anext(events)
    except BaseException:
        await events.aclose()
        raise
    return stream_of(_messages(_Streamed(reply, request_id, include_usage=include_usage), first, events), headers)


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
    finally:
        await events.aclose()


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
