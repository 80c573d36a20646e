"""``POST /api/advise``: a case in, the framework's cited verdict out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from assistant.advice.results import Advice
from assistant.advice.situation import Situation
from assistant.web.api.schemas import Taken
from assistant.web.asking import principal_of
from assistant.web.service import MAX_TEXT, Web

IN_WORDS = "We have 200 labelled tickets and the categories change monthly. Should we fine-tune?"
_IN_FIELDS = {
    "fails": ["format"],
    "pass_rate": 0.82,
    "labelled_examples": 2400,
    "changes": "yearly",
    "queries_per_month": 2_000_000,
    "tokens_per_query": 1500,
    "prompt_price": 3.0,
    "tuned_price": 0.6,
    "training_cost": 40_000,
}


class Advise(Taken, json_schema_extra={"examples": [{"text": IN_WORDS}, {"situation": _IN_FIELDS}]}):
    """A case, in words or as fields; a field corrects what was read from the words."""

    text: str | None = Field(None, max_length=MAX_TEXT, description="The case in plain words.")
    situation: Situation | None = Field(
        None, description="What is known of it, costs included; leave out what nobody knows."
    )
    corpus: str | None = Field(None, max_length=64, description="One of `GET /api/models`; else the default.")


def advise_routes(web: Web) -> APIRouter:
    """The route ``POST /api/advise``."""
    routes = APIRouter()

    @routes.post("/api/advise", response_model=Advice)
    async def advise(body: Advise, request: Request) -> Response:
        """Say what to try next in a case, and whether to fine-tune, with the words it rests on.

        Rules decide; no model is asked. `understood` holds the situation that was judged, `phrases` the words it was
        read from, and `break_even` the cumulative costs, exact to the cent. Nothing is kept.
        """
        advice = await web.desk.advised(body.text, body.situation, body.corpus, principal_of(request))
        headers = {"Cache-Control": "no-store"}
        return Response(advice.model_dump_json(), media_type="application/json", headers=headers)

    return routes
