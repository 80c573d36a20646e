"""What ``/openapi.json`` says beyond the routes' own types: plain summaries, errors, credentials, examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.web.guard.sessions import COOKIE
from assistant.web.ops.problems import MEDIA_TYPE, Problem, problem_body

Described = dict[str, Any]
SECURITY: Described = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, or the token of a portal."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Who signed in on /login."},
}
PROBLEM: Described = {
    "type": "object",
    "title": "Problem",
    "description": "An error, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "A name for this kind of error."},
        "title": {"type": "string", "description": "What happened."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What happened, and what to do next."},
        "code": {"type": "string", "description": "A stable word for programs."},
        "request_id": {"type": "string", "description": "The request, as the server's log calls it."},
    },
}
ERRORS: Mapping[str, tuple[str, Problem]] = {
    "400": ("The request can't be read.", Problem(400, "invalid_json", "The body is no JSON this server reads.")),
    "401": ("The server wants to know who asks.", Problem(401, "unauthorized", "A key is needed.")),
    "403": ("This caller may not.", Problem(403, "forbidden", "This caller may not ask for this.")),
    "404": ("There is no such thing.", Problem(404, "unknown_source", "No source has this id.")),
    "413": ("The body is too large.", Problem(413, "body_too_large", "The body is larger than this server takes.")),
    "415": ("The body is not JSON.", Problem(415, "unsupported_media_type", "The body is not marked as JSON.")),
    "422": ("A field does not fit.", Problem(422, "invalid_input", "The question is empty.", "Ask something.")),
    "429": ("Too many questions; `Retry-After` tells when.", Problem(429, "rate_limited", "Too many questions.")),
    "503": ("The server is busy, or something it needs is down.", Problem(503, "busy", "Too many questions.")),
    "504": ("The answer took too long.", Problem(504, "timeout", "The answer was not done in time.")),
}
_WITH_BODY, _ASKING = {"400", "413", "415"}, {"429", "504"}
_COUNTED = {"/api/advise", "/api/feedback", "/api/search"}
"""What counts as a question does."""
_ID = "0f3c5a1e9b7d4c2a"


def described(document: Described, examples: Mapping[str, Described]) -> Described:
    """The document with each operation under ``/api/`` told in full. ``examples`` are by path, then media type."""
    schemas = document["components"].setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operation in _operations(document):
        first, _, _ = str(operation.get("description", operation["summary"])).partition("\n")
        operation["summary"] = first.rstrip(".")
        operation["responses"].update({code: _error(code) for code in _codes(path, operation)})
        operation["responses"]["default"] = {"description": "Any other error.", **_content()}
        content = operation["responses"].get("200", {}).get("content", {})
        for media_type, example in examples.get(path, {}).items():
            content.setdefault(media_type, {"schema": {"type": "string"}})["example"] = example
    return document


def _operations(document: Described) -> Iterator[tuple[str, Described]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            if path.startswith("/api/"):
                yield path, operation
            else:
                operation["responses"].pop("422", None)


def _codes(path: str, operation: Described) -> list[str]:
    """The errors an operation may answer with."""
    asks = path == "/api/ask"
    fitting = {"401", "403", "422", "503"} | ({"404"} if "{" in path or asks else set())
    fitting |= {"429"} if path in _COUNTED else set()
    fitting |= (_WITH_BODY if "requestBody" in operation else set()) | (_ASKING if asks else set())
    return sorted(fitting)


def _error(code: str) -> Described:
    description, problem = ERRORS[code]
    return {"description": description, **_content(problem_body(problem, _ID))}


def _content(example: Described | None = None) -> Described:
    shown = {} if example is None else {"example": example}
    return {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, **shown}}}
