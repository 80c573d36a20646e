"""What the JSON face takes and gives, as ``/openapi.json`` describes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assistant.types import Kind, RankedPassage, Turn

MAX_PASSAGES = 50
MAX_TURNS = 40
MAX_TURN_CHARS = 20_000


class Taken(BaseModel):
    """A body of a request, or the arguments of a tool: nothing but its fields."""

    model_config = ConfigDict(extra="forbid")


class Said(Turn):
    """An earlier message of the conversation."""

    content: str = Field(max_length=MAX_TURN_CHARS, description="What was said, as text.")


_ASKED = {
    "question": "And on speed?",
    "history": [
        {"role": "user", "content": "What does fine-tuning cost?"},
        {"role": "assistant", "content": "Weeks of work, and upkeep [1]."},
    ],
}


class Ask(Taken, json_schema_extra={"examples": [{"question": "When is fine-tuning worth it?"}, _ASKED]}):
    """A question, and how it is to be answered."""

    question: str = Field(min_length=1, description="The question, in any language's letters.")
    history: list[Said] = Field([], max_length=MAX_TURNS, description="The conversation so far, oldest first.")
    model: str | None = Field(None, max_length=200, description="One of `GET /api/models`; else the default.")
    corpus: str | None = Field(None, max_length=64, description="One of `GET /api/models`; else the default.")
    conversation_id: str | None = Field(
        None, max_length=64, description="The `X-Conversation-Id` of an earlier reply, to go on with it."
    )
    stream: bool = Field(False, description="Answer as server-sent events, as `Accept: text/event-stream` does.")


class SearchReply(BaseModel):
    """The passages nearest to a query, best first."""

    query: str
    passages: list[RankedPassage]


class SourceInfo(BaseModel):
    """A document that answers."""

    id: str
    title: str
    author: str | None
    publisher: str | None
    published: str | None
    url: str | None
    kind: Kind
    sha256: Annotated[str, Field(description="SHA-256 of the text in UTF-8, as hex digits.")]


class Source(SourceInfo):
    """A document with its text."""

    text: Annotated[str, Field(description="The text citations count in, by Unicode code points.")]


class Sources(BaseModel):
    """The documents that answer."""

    sources: list[SourceInfo]


class OfferedModel(BaseModel):
    """A model a question may name."""

    id: str
    default: bool


class Offer(BaseModel):
    """What a caller may choose."""

    models: list[OfferedModel]
    corpora: list[str]
    own_keys: Annotated[bool, Field(description="Whether a request may bring the key of a model of its own.")]
