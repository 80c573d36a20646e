"""``/docs`` and ``/openapi.json``: the HTTP interface described, with a real answer as the example.

What ``/openapi.json`` says beyond the routes' own types: plain summaries, errors, credentials, examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, JSONResponse

from assistant.advice.advising import advise
from assistant.advice.reading import read
from assistant.answering.stages import Done, Event, Passages, Token
from assistant.errors import Problem
from assistant.types import Answer
from assistant.web.api.ask import IN_WORDS
from assistant.web.api.described import group_of, page_of
from assistant.web.guard.credentials import COOKIE
from assistant.web.observe.problems import MEDIA_TYPE, problem_body
from assistant.web.rendering import base_address, page
from assistant.web.service import Web
from assistant.web.sse import messages_of

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
        operation["responses"].update({code: _error(code) for code in _codes(path, operation)})
        operation["responses"]["default"] = {"description": "Any other error.", **_content()}
        content = operation["responses"].get("200", {}).get("content", {})
        for media_type, example in examples.get(path, {}).items():
            content.setdefault(media_type, {"schema": {"type": "string"}})["example"] = example
    return document


def _operations(document: Described) -> Iterator[tuple[str, Described]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            operation["tags"] = [group_of(path)]
            operation["summary"] = _first_sentence(operation)
            if path.startswith("/api/"):
                yield path, operation
            else:
                operation["responses"].pop("422", None)


def _first_sentence(operation: Described) -> str:
    first, _, _ = str(operation.get("description", operation["summary"])).partition("\n")
    return first.rstrip(".")


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


QUESTION = "What is RAG good for?"


def install_docs(app: FastAPI, web: Web) -> None:
    """Serve the page, and have the app describe itself with examples of what it answers."""

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        """The description as a page; nothing of it comes from another host."""
        base = base_address(web.settings, request)
        with making:
            shown = page_of(document(), base.rstrip("/"))
        return page(request, "docs.html", here="api", groups=shown, about=ABOUT, base=base.rstrip("/"))

    @cache
    def document() -> dict[str, Any]:
        found = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
        found["components"]["securitySchemes"] = SECURITY
        found["security"] = [{name: []} for name in SECURITY] + [{}]
        return described(found, _examples(web))

    making = Lock()

    def openapi(request: Request) -> JSONResponse:
        """In a thread, for the examples are worked out; whoever asks meanwhile waits for the same document."""
        with making:
            found = document()
        root = request.scope.get("root_path", "").rstrip("/")
        return JSONResponse(found | ({"servers": [{"url": root}]} if root else {}))

    app.add_route("/openapi.json", openapi, include_in_schema=False)


ABOUT = (
    "Ask the essays, and check every cited word. A citation's `start` and `end` count Unicode code points of its "
    "source's text, so `text[start:end]` is the quote. Whatever fails is told as `application/problem+json`, with a "
    "`code` for programs, what to do next, and the request's id."
)


def _examples(web: Web) -> dict[str, dict[str, Any]]:
    """Examples by path: a real answer of the corpus that is served, with the lists that would fill pages cut short."""
    assistant = web.shelf.default
    whole = assistant.ask(QUESTION, model="extractive")
    answer = whole.model_copy(update={"passages": whole.passages[:1], "trace": whole.trace[:1]})
    source, reading = next(iter(assistant.essays.values())), read(IN_WORDS)
    first = assistant.overview.model_copy(update={"themes": assistant.overview.themes[:1]})
    advice = advise(reading.situation, assistant.essays.values(), phrases=reading.understood)
    return {
        "/api/ask": {"application/json": answer.model_dump(mode="json"), "text/event-stream": _streamed(answer)},
        "/api/advise": {"application/json": advice.model_dump(mode="json")},
        "/api/search": {
            "application/json": {"query": QUESTION, "passages": [p.model_dump(mode="json") for p in answer.passages]}
        },
        "/api/sources": {
            "application/json": {"sources": [{**source.model_dump(exclude={"text"}), "sha256": source.sha256}]}
        },
        "/api/themes": {"application/json": first.model_dump(mode="json")},
    }


def _streamed(answer: Answer) -> str:
    events: list[Event] = [Passages(answer.passages), Token(answer.answer), Done(answer)]
    return "".join(f"event: {name}\ndata: {data}\n\n" for event in events for name, data in messages_of(event))
