"""Request bodies: how large they may be, and how long they may take to arrive."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.ops.problems import Problem, problem_reply

LINGER_SECONDS = 1.0
LINGER_BYTES = 2_000_000
_CLOSE = {"Connection": "close"}


class BodyCap:
    """Takes in each body before anything looks at it: 413 where it is too large, 408 where it is not there in time.

    Never holds more than ``most`` bytes. Requests without a body pass untouched.
    """

    def __init__(self, app: ASGIApp, most: int, seconds: float) -> None:
        """``most`` bytes in at most ``seconds``."""
        self._app = app
        self._most = most
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, then hand on."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        try:
            declared = headers.get("content-length", "0")
            if not (declared.isascii() and declared.isdigit()):
                raise Problem(400, "bad_request", "Content-Length is no number.", "Leave it to your client.", _CLOSE)
            if len(declared) > 18 or int(declared) > self._most:
                raise too_large(self._most)
            async with asyncio.timeout(self._seconds):
                body = await read_body(receive, self._most)
        except TimeoutError:
            await problem_reply(too_late(self._seconds), Request(scope))(scope, receive, send)
        except Problem as problem:
            await refuse(problem, scope, receive, send)
        else:
            if body is not None:
                await self._app(scope, replayed(body, receive), send)


async def read_body(receive: Receive, most: int | None = None) -> bytes | None:
    """The whole body; None where the caller has gone. Raises Problem 413 past ``most`` bytes."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if most is not None and size > most:
            raise too_large(most)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body in one piece, then whatever comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Reply at once, then take in for a moment what is still on its way, so that the reply is read and not reset."""

    async def hold_open(message: Message) -> None:
        if message["type"] == "http.response.body":
            await send({**message, "more_body": True})
            await _drain(receive)
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    await problem_reply(problem, Request(scope))(scope, receive, hold_open)


async def _drain(receive: Receive) -> None:
    size, until = 0, time.monotonic() + LINGER_SECONDS
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES and time.monotonic() < until:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                size += len(message.get("body", b""))


def too_large(most: int) -> Problem:
    """The body is over the cap."""
    return Problem(413, "body_too_large", f"The body is larger than {most:,} bytes.", "Send less.", _CLOSE)


def too_late(seconds: float) -> Problem:
    """The body took too long."""
    message = f"The body was not here within {seconds:g} seconds."
    return Problem(408, "body_timeout", message, "Send it again, faster.", _CLOSE)
