"""Request bodies: bounded in size and time, and JSON among them parsed once for everything further in."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import Problem
from assistant.web.asking import path_of
from assistant.web.observe.problems import problem_reply

LINGER_SECONDS = 1.0
LINGER_BYTES = 2_000_000
_CLOSE = {"Connection": "close"}
_ONLY_JSON = ("/api/", "/v1/")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Bodies:
    """ASGI middleware: takes in each body before anything looks at it, and parses it if it is JSON.

    413 if it is too large, 408 if it is late, 400 or 422 if it is no JSON that can be used, 415 under /api/ and /v1/
    if it is none at all. Holds at most ``most`` bytes. The value is left in ``scope["state"]["json"]`` (``json_of``).
    """

    def __init__(self, app: ASGIApp, most: int, seconds: float, larger: Mapping[str, int] | None = None) -> None:
        """``most`` bytes in at most ``seconds``; ``larger`` holds the bytes of the paths that take more."""
        self._app = app
        self._most = most
        self._larger = larger or {}
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and check, then pass the request on; one without a body passes untouched."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        most = self._larger.get(path_of(scope), self._most)
        try:
            _expect_length(headers.get("content-length", "0"), most)
            async with asyncio.timeout(self._seconds):
                body = await read_body(receive, most)
        except TimeoutError:
            await problem_reply(too_late(self._seconds), Request(scope))(scope, receive, send)
            return
        except Problem as problem:
            await refuse(problem, scope, receive, send)
            return
        if body is None:
            return
        try:
            _keep_json(scope, headers.get("content-type", ""), body)
        except Problem as problem:
            await problem_reply(problem, Request(scope))(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)


class JsonRoute(APIRoute):
    """A route whose body is the JSON value that ``Bodies`` has parsed: FastAPI would parse it again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler over the parsed value."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await handle(_Parsed(request.scope, request.receive))

        return handler


class _Parsed(Request):
    async def json(self) -> Any:
        return json_of(self)


def json_of(request: Request) -> Any:
    """The JSON value of a request's body. Raises Problem 400 if there is none."""
    try:
        return request.state.json
    except AttributeError:
        raise _no_json() from None


def parse_json_body(body: bytes) -> Any:
    """The JSON value. Raises Problem 400 for what is no JSON in UTF-8 by RFC 8259 (NaN, half a surrogate pair) or is
    too deep or too large a number to hold, 422 for NUL in a text.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise _no_json() from None
    if _NUL.search(body):
        raise Problem(422, "not_text", "The body holds a character that is not text.", "Leave NUL out.")
    return value


def _keep_json(scope: Scope, content_type: str, body: bytes) -> None:
    if not body:
        return
    if _is_json(content_type):
        scope.setdefault("state", {})["json"] = parse_json_body(body)
    elif path_of(scope).startswith(_ONLY_JSON):
        raise Problem(415, "unsupported_media_type", "The body is not marked as JSON.", "Send application/json.")


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _no_json() -> Problem:
    return Problem(400, "invalid_json", "The body is no JSON this server reads.", "Send one JSON object in UTF-8.")


def _expect_length(declared: str, most: int) -> None:
    """Raises Problem 400 for a length that is no number, 413 for one past ``most`` bytes."""
    if not (declared.isascii() and declared.isdigit()):
        raise Problem(400, "bad_request", "Content-Length is no number.", "Leave it to your client.", _CLOSE)
    if len(declared) > 18 or int(declared) > most:
        raise too_large(most)


async def read_body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None if the caller has gone. Raises Problem 413 past ``most`` bytes."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > most:
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
    """Reply at once, then read for a moment what is still on its way: a connection reset would hide the reply."""

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
