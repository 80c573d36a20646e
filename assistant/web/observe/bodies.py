"""Request bodies: how large they may be, and how long they may take to arrive.

JSON as it comes from outside, read strictly, once for all routes that take it.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.observe.problems import Problem, problem_reply

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


DEEPEST = 64
_LONGEST_NUMBER = 300
_ONLY_JSON = ("/api/", "/v1/")
_WITH_BODY = {"POST", "PUT", "PATCH", "DELETE"}


def parse_json_body(body: bytes) -> object:
    """The JSON value. Raises Problem 400 for what is no JSON by RFC 8259 or can't be kept, 422 for NUL in its text.

    Refused: bytes that are no UTF-8, NaN and Infinity, numbers too large, a name twice in one object, lone
    surrogates, nesting deeper than DEEPEST.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise Problem(
            400, "invalid_json", "The body is no JSON this server reads.", "Send one JSON object in UTF-8."
        ) from None
    _expect_text(value)
    return value


class StrictJson:
    """Lets through only bodies ``parse_json_body`` reads; under /api/ and /v1/ only JSON, elsewhere JSON is checked."""

    def __init__(self, app: ASGIApp) -> None:
        """``app`` gets the body as it came."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then hand on."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_json = _is_json(headers.get("content-type", ""))
        if not is_json and not scope["path"].startswith(_ONLY_JSON):
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        if body is None:
            return
        try:
            if body and not is_json:
                raise Problem(
                    415, "unsupported_media_type", "The body is not marked as JSON.", "Send application/json."
                )
            if body:
                parse_json_body(body)
        except Problem as problem:
            await problem_reply(problem, Request(scope))(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(_: str) -> float:
    raise ValueError("no number")


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("too large")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError("too large")
    return number


def _expect_text(value: object) -> None:
    """Walks without recursion, so that depth is found and not suffered."""
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, str):
            _expect_characters(each)
        elif isinstance(each, (dict, list)):
            if depth > DEEPEST:
                raise Problem(400, "invalid_json", "The body is nested too deeply.", "Send what /docs describes.")
            inner = [*each, *each.values()] if isinstance(each, dict) else each
            waiting.extend((part, depth + 1) for part in inner)


def _expect_characters(text: str) -> None:
    if "\x00" in text:
        raise Problem(422, "not_text", "The body holds a character that is not text.", "Leave NUL out.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Problem(400, "not_text", "The body holds half a character.", "Send whole characters.") from None
