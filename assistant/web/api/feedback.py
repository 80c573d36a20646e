"""``POST /api/feedback``: what a reader thought of an answer. Nothing is kept but what its sender submits."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from assistant.store import Rating
from assistant.web.asking import principal_of
from assistant.web.observe.bodies import JsonRoute
from assistant.web.schemas import Taken
from assistant.web.service import Web

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
