"""JSON as it comes from outside, read strictly, once for all routes that take it."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.web.ops.bodies import read_body, replayed
from assistant.web.ops.problems import Problem, problem_reply

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
