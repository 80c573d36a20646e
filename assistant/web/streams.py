"""What the streams of answers have in common, whichever face sends them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request

from assistant.types import Answer
from assistant.web.ops.problems import unexpected

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
