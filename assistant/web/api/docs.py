"""``/docs`` and ``/openapi.json``: the HTTP interface described, with a real answer as the example."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, JSONResponse
from starlette.staticfiles import StaticFiles

from assistant.advice.advising import advise
from assistant.advice.reading import read
from assistant.answering.stages import Done, Event, Passages, Token
from assistant.types import Answer
from assistant.web.api.advise import IN_WORDS
from assistant.web.api.described import SECURITY, described
from assistant.web.api.events import said
from assistant.web.context import Web
from assistant.web.pages.templates import render

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
QUESTION = "What is RAG good for?"


def install_docs(app: FastAPI, web: Web) -> None:
    """Serve the page, and have the app describe itself with examples of what it answers."""

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        """The description as a page; nothing of it comes from another host."""
        page = render("docs.html", root=request.scope.get("root_path", ""))
        page.headers["Content-Security-Policy"] = POLICY
        return page

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
    app.mount("/docs/parts", StaticFiles(directory=_swagger()))


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
    }


def _streamed(answer: Answer) -> str:
    events: list[Event] = [Passages(answer.passages), Token(answer.answer), Done(answer)]
    return "".join(f"event: {name}\ndata: {data}\n\n" for event in events for name, data in said(event))


def _swagger() -> Path:
    """The folder with Swagger UI that the package fastapi-offline brings."""
    spec = find_spec("fastapi_offline")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - a dependency of ours
    return Path(spec.origin).with_name("static")
