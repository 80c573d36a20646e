"""``/api/conversations`` and ``/api/feedback``: what is kept of a caller, for that caller alone.

A kept conversation as Markdown, with its sources and permalinks. Of feedback only what its sender submits is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import AfterValidator, BaseModel, Field
from starlette.responses import Response

from assistant.errors import Problem
from assistant.store import Conversation, Exchange, Headline, Rating
from assistant.types import Answer, Citation, Essay
from assistant.web.asking import Taken, principal_of
from assistant.web.catalog import Shelf
from assistant.web.observe.bodies import JsonRoute
from assistant.web.rendering import base_address, reader_address
from assistant.web.service import Web

_MARKUP = re.compile(r"([\\`*_{}<>#|~!&]|\](?=[(\[:])|\[(?!\d+\]))")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_BULLET = re.compile(r"^(?=[-+=])", re.MULTILINE)
_NUMBER = re.compile(r"^(\d+)(?=[.)])", re.MULTILINE)
CHANGED = "the text has changed since"


def conversation_markdown(conversation: Conversation, shelf: Shelf, base: str) -> str:
    """The whole conversation. ``base`` is the server's address, with a slash at the end.

    What people, models and documents wrote is escaped: a reader's program shows it and follows none of it. A citation
    whose words no longer stand at their place says so instead of linking.
    """
    essays = _essays(conversation, shelf)
    parts = [f"# Conversation of {conversation.created_at:%Y-%m-%d}"]
    for exchange in conversation.exchanges:
        parts.extend(_exchange(exchange, essays, base, conversation.corpus))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is; the marks ``[1]`` stay bare, as no link can come of them."""
    flush = _INDENT.sub("", _MARKUP.sub(r"\\\1", text))
    return _NUMBER.sub(r"\1\\", _BULLET.sub(r"\\", flush))


def _exchange(exchange: Exchange, essays: Mapping[str, Essay], base: str, corpus: str | None) -> Iterator[str]:
    yield f"## {escaped(_line(exchange.question))}"
    yield escaped(exchange.answer.answer)
    sources = [_source(cited, essays.get(cited.source_id), base, corpus) for cited in exchange.answer.citations]
    if sources:
        yield "Sources:"
        yield "\n".join(sources)
    yield _made_by(exchange.answer)


def _source(cited: Citation, essay: Essay | None, base: str, corpus: str | None) -> str:
    label = (essay or cited).label
    link = CHANGED
    if essay is not None and essay.text[cited.start : cited.end] == cited.quote:
        link = f"<{base}{reader_address(essay, cited.start, cited.end, corpus=corpus)}>"
    return f"{cited.marker}. “{escaped(_line(cited.quote))}” ({escaped(_line(label))}; {link})"


def _made_by(answer: Answer) -> str:
    return f"Answered by {escaped(answer.model)}."


def _line(text: str) -> str:
    return " ".join(text.split())


def _essays(conversation: Conversation, shelf: Shelf) -> Mapping[str, Essay]:
    """The documents the answers came from; none where their corpus is no longer offered."""
    try:
        return shelf.corpus(conversation.corpus).essays
    except Problem:
        return {}


Id = Annotated[str, Path(max_length=64, description="The `X-Conversation-Id` of a reply.")]
_NO_STORE = {"Cache-Control": "no-store"}


class Conversations(BaseModel):
    """A caller's conversations, the last used first."""

    conversations: list[Headline]


def conversation_routes(web: Web) -> APIRouter:
    """List, read, export and delete; all are a Problem 404 ``conversations_off`` unless keeping is on."""

    def keeping() -> None:
        if not web.settings.keep_conversations:
            raise Problem(
                404,
                "conversations_off",
                "This server keeps no conversations.",
                "Its operator can turn keeping on with ASSISTANT_KEEP_CONVERSATIONS=true.",
            )

    routes = APIRouter(prefix="/api/conversations", dependencies=[Depends(keeping)])

    @routes.get("")
    def listed(request: Request, response: Response) -> Conversations:
        """List your conversations. Refused where the server can't tell its callers apart."""
        caller = principal_of(request)
        if caller.how == "open":
            raise Problem(
                403,
                "list_needs_identity",
                "This server can't tell its callers apart, so it lists nobody's conversations.",
                "Ask for one by its id, or have the operator set ASSISTANT_API_KEYS.",
            )
        response.headers.update(_NO_STORE)
        return Conversations(conversations=list(web.store.conversations(caller.id)))

    @routes.get("/{conversation_id}", response_model=Conversation)
    def read(conversation_id: Id, request: Request) -> Response:
        """Read one conversation: each question with its whole answer."""
        found = web.store.conversation(principal_of(request).id, conversation_id)
        return Response(found.model_dump_json(), media_type="application/json", headers=_NO_STORE)

    @routes.delete("/{conversation_id}", status_code=204)
    def delete(conversation_id: Id, request: Request) -> None:
        """Delete one conversation for good."""
        web.store.delete(principal_of(request).id, conversation_id)

    @routes.get("/{conversation_id}/export", response_class=Response)
    def export(conversation_id: Id, request: Request, format: Literal["markdown", "json"] = "markdown") -> Response:  # noqa: A002
        """Download one conversation, as Markdown with its sources and links to the cited words, or as JSON."""
        found = web.store.conversation(principal_of(request).id, conversation_id)
        if format == "json":
            return _download(found.model_dump_json(indent=2), "application/json", f"conversation-{found.id}.json")
        written = conversation_markdown(found, web.shelf, base_address(web.settings, request))
        return _download(written, "text/markdown", f"conversation-{found.id}.md")

    return routes


def _download(text: str, media_type: str, name: str) -> Response:
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{media_type}; charset=utf-8", headers=headers)


_EXAMPLE = {"answer_id": "0f3c5a1e9b7d4c2a8e6f1d0b5a493827", "rating": "up", "comment": "Just what I needed."}


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("NUL is no text")
    return text


Words = Annotated[str, AfterValidator(_storable)]


class Submitted(Taken, json_schema_extra={"examples": [_EXAMPLE]}):
    """A rating, and as much beside it as its sender wants kept."""

    answer_id: str = Field(pattern=r"^[0-9a-f]{32}$", description="The `id` of the answer.")
    rating: Rating
    comment: Words | None = Field(None, max_length=4_000, description="What the reader says about it.")
    question: Words | None = Field(None, max_length=20_000, description="The question, if it may be kept.")
    answer: Words | None = Field(None, max_length=50_000, description="The answer's text, if it may be kept.")


class Noted(BaseModel):
    """What was kept."""

    id: str
    answer_id: str
    rating: Rating


def feedback_routes(web: Web) -> APIRouter:
    """The route ``POST /api/feedback``."""
    routes = APIRouter(route_class=JsonRoute)

    @routes.post("/api/feedback", status_code=201, responses={200: {"model": Noted, "description": "Known before"}})
    async def feedback(
        body: Submitted,
        request: Request,
        response: Response,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
    ) -> Noted:
        """Rate an answer: 201 the first time, 200 for the same again or a changed mind.

        Without an `Idempotency-Key` a caller has one rating for each answer.
        """
        principal = principal_of(request)
        await web.desk.count(principal)
        record = partial(
            web.store.feedback,
            principal.id,
            body.answer_id,
            body.rating,
            comment=body.comment,
            question=body.question,
            answer=body.answer,
            key=idempotency_key,
        )
        recorded = await to_thread.run_sync(record)
        response.status_code = 201 if recorded.new else 200
        response.headers["Cache-Control"] = "no-store"
        return Noted(id=recorded.id, answer_id=body.answer_id, rating=body.rating)

    return routes
