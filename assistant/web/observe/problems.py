"""Errors as RFC 9457 problems, and in OpenAI's form under /v1/.

A reply repeats nothing a caller sent, and names no address or path of the server's own: those go to the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from assistant.errors import (
    AssistantError,
    ConfigurationError,
    DamagedConversation,
    IndexUnavailable,
    InputError,
    KeyReused,
    ModelUnavailable,
    Problem,
    StoreFull,
    StoreUnavailable,
    UnknownConversation,
    UnknownSource,
    UnknownTheme,
)
from assistant.web.asking import path_of, request_id_of
from assistant.web.observe.logs import logger
from assistant.web.rendering import page

MEDIA_TYPE = "application/problem+json"
OPENAI = "/v1/"
"""Addresses under it answer with errors of OpenAI's form."""
Problems = Mapping[str, Any]
log = logger(__name__)


_STATUS: tuple[tuple[type[AssistantError], int, str], ...] = (
    (UnknownSource, 404, "unknown_source"),
    (UnknownTheme, 404, "unknown_theme"),
    (UnknownConversation, 404, "unknown_conversation"),
    (DamagedConversation, 409, "conversation_damaged"),
    (KeyReused, 409, "key_reused"),
    (StoreFull, 507, "store_full"),
    (StoreUnavailable, 503, "store_unavailable"),
    (InputError, 422, "invalid_input"),
    (ModelUnavailable, 502, "model_unavailable"),
)
_HTTP = {
    400: ("bad_request", "The request can't be read.", "Send what /docs describes."),
    404: ("not_found", "There is nothing at this address.", "The addresses are listed in /docs."),
    405: ("method_not_allowed", "This address does not take this method.", "The header Allow names those it takes."),
    413: ("body_too_large", "The body is larger than this server takes.", "Send less."),
    415: ("unsupported_media_type", "The body is of a kind this address does not take.", "Send application/json."),
}
_IN_THE_LOG = "Ask again in a moment; whoever runs the server finds the reason and the repair in its log."
_ECHOING = {"union_tag_invalid", "value_error", "assertion_error"}
"""Rules whose sentence may hold what was sent."""
_SHOWN = 3
ELSEWHERE = "Check the address, or go on from one of the pages above."


def problem_of(error: AssistantError) -> Problem:
    """Any of our errors as a problem. What may name an address or a path of the server's own goes to the log."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        log.error("store unavailable", error=str(error))
    for kind, status, code in _STATUS:
        if isinstance(error, kind) and not isinstance(error, ConfigurationError):
            wait = error.retry_after if isinstance(error, ModelUnavailable) else None
            headers = {} if wait is None else {"Retry-After": str(wait)}
            return Problem(status, code, error.message, error.remedy, headers)
    log.error("answer failed", error=str(error))
    if isinstance(error, IndexUnavailable):
        return Problem(503, "index_unavailable", "The index of the documents can't be used now.", _IN_THE_LOG)
    return Problem(500, "failed", "The server can't answer this.", _IN_THE_LOG)


def problem_body(problem: Problem, request_id: str) -> dict[str, Any]:
    """The body of the reply: ``type``, ``title``, ``status``, ``detail``, ``code``, ``request_id``."""
    return {
        "type": f"urn:essay-assistant:problem:{problem.code}",
        "title": problem.message,
        "status": problem.status,
        "detail": str(problem),
        "code": problem.code,
        "request_id": request_id,
    }


def openai_body(problem: Problem, request_id: str) -> dict[str, Any]:
    """The same in OpenAI's form: ``error`` with ``message``, ``type``, ``code``, ``param``; and ``request_id``."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(problem.status, "server_error" if problem.status >= 500 else "invalid_request_error")
    return {
        "error": {
            "message": str(problem),
            "type": kind,
            "code": problem.code,
            "param": getattr(problem, "param", None),
        },
        "request_id": request_id,
    }


def problem_reply(error: AssistantError, request: HTTPConnection) -> Response:
    """The reply that tells an error, in the form the address asked for calls for."""
    problem, request_id = problem_of(error), request_id_of(request)
    headers = {"Cache-Control": "no-store", **problem.headers}
    if _for_a_person(request):
        shown = page(
            request,
            "missing.html",
            problem.status,
            heading=problem.message.rstrip("."),
            remedy=ELSEWHERE if problem.code == "not_found" else problem.remedy,
            essays=[],
            request_id=request_id,
        )
        shown.headers.update(headers)
        return shown
    if path_of(request.scope).startswith(OPENAI):
        return JSONResponse(openai_body(problem, request_id), problem.status, headers)
    return JSONResponse(problem_body(problem, request_id), problem.status, headers, media_type=MEDIA_TYPE)


def _for_a_person(request: HTTPConnection) -> bool:
    """Whether a browser asks for a page, and not a program or a page's script for data."""
    data = path_of(request.scope).startswith((*OURS, "/gradio_api/"))
    return (
        not data and request.scope.get("method") in {"GET", "POST"} and "text/html" in request.headers.get("accept", "")
    )


def unexpected() -> Problem:
    """A fault of ours."""
    return Problem(
        500,
        "internal_error",
        "The server failed on this request.",
        "Try again; if it fails again, tell whoever runs the server the request id.",
    )


def install_problems(app: FastAPI) -> None:
    """Have every error that a route raises told as a problem. What is no AssistantError is ``access.Failures``'s."""

    async def ours(request: Request, error: Exception) -> Response:
        return problem_reply(error if isinstance(error, AssistantError) else unexpected(), request)

    async def http(request: Request, error: Exception) -> Response:
        return problem_reply(_of_http(error) if isinstance(error, HTTPException) else unexpected(), request)

    async def invalid(request: Request, error: Exception) -> Response:
        return problem_reply(_of_input(error) if isinstance(error, RequestValidationError) else unexpected(), request)

    app.add_exception_handler(AssistantError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _of_http(error: HTTPException) -> Problem:
    if error.status_code >= 500:
        return unexpected()
    status = HTTPStatus(error.status_code)
    plain = status.name.lower(), f"{status.phrase}.", "Send what /docs describes."
    code, message, remedy = _HTTP.get(error.status_code, plain)
    return Problem(error.status_code, code, message, remedy, error.headers)


def _of_input(error: RequestValidationError) -> Problem:
    """Names the fields and the rules they break, never what was sent: not even the name of a field we don't know."""
    rules = [_rule(each) for each in error.errors()]
    more = [f"And {len(rules) - _SHOWN} more."] if len(rules) > _SHOWN else []
    remedy = " ".join([*dict.fromkeys(rules[:_SHOWN]), *more])
    return Problem(422, "invalid_request", "The request does not fit.", remedy)


def _rule(error: Mapping[str, Any]) -> str:
    where = [str(part) for part in error["loc"] if part != "body"]
    if error["type"] == "json_invalid":
        return "The body is no JSON."
    if error["type"] == "extra_forbidden":
        return f"There is a field this address does not know{f' in {where[0]}' if where[1:] else ''}; see /docs."
    rule = "not valid" if error["type"] in _ECHOING else str(error["msg"])
    return f"{'.'.join(where) or 'body'}: {rule}."


OURS = ("/api/", "/v1/")
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class Unclaimed(BaseRoute):
    """Stands behind the application's own routes: 405 for a method they do not take, 404 below ``OURS``."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """``routes`` stand before this one."""
        self._routes = list(routes)

    def matches(self, scope: Scope) -> tuple[Match, dict[str, Any]]:
        """Full for what is refused here, none for what may be the page's."""
        mine = scope["type"] == "http" and (path_of(scope).startswith(OURS) or self._match(scope) is Match.PARTIAL)
        return (Match.FULL if mine else Match.NONE), {}

    async def handle(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Raises Problem."""
        taken = [method for method in METHODS if self._match({**scope, "method": method}) is Match.FULL]
        scope.pop("route", None)
        if not taken:
            remedy = "The addresses are listed in /docs."
            raise Problem(404, "not_found", "There is nothing at this address.", remedy)
        allow = ", ".join(taken)
        raise Problem(
            405, "method_not_allowed", "This address does not take this method.", f"Use {allow}.", {"Allow": allow}
        )

    def _match(self, scope: Scope) -> Match:
        found = (route.matches(dict(scope))[0] for route in self._routes)
        return max(found, key=lambda match: match.value, default=Match.NONE)


def shutting_down() -> Problem:
    """What the ``error`` event of a stream says that ends because the server does."""
    return Problem(503, "shutting_down", "The server is ending.", "Ask again in a moment.", {"Retry-After": "5"})


def unauthorized(code: str, message: str, remedy: str) -> Problem:
    """The caller has to say who it is: 401."""
    return Problem(401, code, message, remedy, {"WWW-Authenticate": "Bearer"})


async def send_refusal(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """The reply instead of the application's; a websocket is closed before it opens, which its caller sees as a 403."""
    if scope["type"] != "websocket":
        await response(scope, receive, send)
        return
    # Not the reply itself: uvicorn logs an error for each websocket that is refused with one.
    await receive()  # the wish to connect
    await send({"type": "websocket.close", "code": 1008, "reason": ""})
