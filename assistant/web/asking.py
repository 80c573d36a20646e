"""Who asks what: a caller as the guard found it, a question as every web face hands it to the desk.

What the JSON face takes and gives, as ``/openapi.json`` describes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection
from starlette.types import Scope

from assistant.answering.models import ChatModel
from assistant.types import Kind, RankedPassage, Turn

How = Literal["open", "key", "proxy", "portal"]


@dataclass(frozen=True)
class Principal:
    """A caller. ``id`` is stable and no secret: limits, conversations and feedback are kept under it.

    ``how`` it identified itself: not at all (the server is open), by an API key or a session begun with one, by a
    trusted reverse proxy, or by a portal's token. ``address`` is the network address of this request, "" if unknown.
    """

    id: str
    how: How
    portal: str | None = None
    address: str = field(default="", compare=False)


OPEN = Principal(id="local", how="open")


def principal_of(request: HTTPConnection) -> Principal:
    """The caller, which the gate left in ``scope["state"]["principal"]``."""
    found: Principal = getattr(request.state, "principal", OPEN)
    return found


def request_id_of(request: HTTPConnection) -> str:
    """The id of this request, also in the ``X-Request-ID`` of its reply and in each line of the log about it."""
    return str(getattr(request.state, "request_id", ""))


def path_of(scope: Scope) -> str:
    """The path of a request as the routes see it: below the prefix that a proxy serves this server under."""
    return str(scope.get("state", {}).get("path", scope["path"]))


OwnModel = Callable[[], ChatModel]
"""Makes the chat model of a caller's own key. It may resolve the model's address, which takes time; raises Problem."""


@dataclass(frozen=True)
class Asking:
    """A question. ``model`` and ``corpus`` are names the server offers; None: its default.

    ``own_model`` makes a chat model with the caller's own key, which then answers; it is called once the question is
    counted. ``conversation_id`` names the conversation to continue, or, if ``begins``, the new one to begin
    (``Desk.in_conversation``).
    """

    question: str
    history: tuple[Turn, ...] = ()
    model: str | None = None
    corpus: str | None = None
    principal: Principal = field(default=OPEN)
    own_model: OwnModel | None = None
    conversation_id: str | None = None
    begins: bool = False


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
