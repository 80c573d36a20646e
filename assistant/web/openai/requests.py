"""A request for a chat completion, read as a question with its history.

What only tunes a chat model (temperature, max_tokens, seed…) and what only instructs one (system, developer and tool
messages) is accepted and has no effect; what would make the reply something other than one cited answer is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request

from assistant.errors import Problem, RefusedField
from assistant.retrieval.lexicon import STOPWORDS
from assistant.types import Turn
from assistant.web.observe.bodies import json_of

BROKEN_OFF = "withdrawn"


def withdrawn() -> Problem:
    """What was streamed is not the answer: the chat model failed behind its first sentences."""
    return Problem(
        502,
        BROKEN_OFF,
        "The chat model broke off, and what was streamed so far is withdrawn.",
        'The whole answer is in this error\'s "answer_object"; ask without "stream" to get it as a reply.',
    )


DEFAULT_MODEL = "essay-assistant"
MAX_TURNS = 40
"""Earlier messages that are looked at, the newest; clients send whole conversations, however long."""
_WITHOUT_EFFECT = frozenset({"system", "developer", "tool", "function"})
"""Roles of messages that clients send as a matter of course. They reach neither the rules nor a chat model."""


class Part(BaseModel):
    """A piece of a message; only text can be read."""

    type: str
    text: str | None = None


class Message(BaseModel):
    """A message of the conversation."""

    role: str
    content: str | list[Part] | None = None


class StreamOptions(BaseModel):
    """What a stream may hold beside the answer."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """What of a request is used, or looked at to refuse it."""

    model: Annotated[str, Field(description="One of GET /v1/models.")] = DEFAULT_MODEL
    messages: Annotated[list[Message], Field(min_length=1, description="The last is the question, from the user.")]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(description="Nothing but 1.")] = None
    corpus: Annotated[str | None, Field(description="One of the corpora of GET /api/models.")] = None
    tool_choice: Any = None
    response_format: Any = None

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with a chunk of token counts."""
        return self.stream_options is not None and self.stream_options.include_usage


def read_request(request: Request) -> ChatRequest:
    """The request's body. Raises Problem 400 for what can't be used, without repeating it."""
    try:
        asked = ChatRequest.model_validate(json_of(request))
    except ValidationError as error:
        raise _refused(error) from None
    _refuse_other_replies(asked)
    return asked


def conversation(messages: Sequence[Message]) -> tuple[str, tuple[Turn, ...]]:
    """The question (the last message) and the turns before it, oldest first. Raises RefusedField."""
    turns = [
        Turn(role=_speaker(message, where), content=_text(message, where))
        for where, message in ((f"messages[{place}]", message) for place, message in enumerate(messages))
        if message.role not in _WITHOUT_EFFECT
    ]
    said = [turn for turn in turns if turn.content or turn.role == "user"]  # a call of tools has no text
    if not said or said[-1].role != "user":
        raise RefusedField("messages", "The last message is not the user's.", "End with the question, as role user.")
    return said[-1].content, tuple(said[:-1][-MAX_TURNS:])


_ORDER = re.compile(
    r"\b(?:generate|create|write|give|provide|suggest|make|summari[sz]e|name|come up with|categori[sz]\w+|craft"
    r"|reply with|return)\b.{0,200}?\b(?:(?P<tags>tags|follow-?up questions)|title|headline)\b",
    re.IGNORECASE | re.DOTALL,
)
_OF_THE_TALK = re.compile(
    r"\b(?:conversation|dialog(?:ue)?|discussion|session|chat(?! (?:model|page|bot|window)))\b|<chat_history>",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"^[\s>*#-]*\**(?:user|human|me)\**\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_TITLE_WORDS, _TAGS = 6, 3
_MOST_READ = 4_000


def label(messages: Sequence[Message]) -> str | None:
    """A short plain text where a front end asks for a title or tags of a conversation; None for a question.

    Front ends send such orders of themselves, with the conversation before or inside them. They are recognised by
    both, and answered from the user's first words alone.
    """
    said = [_plain_text(message) for message in messages if message.role == "user"]
    orders = [_plain_text(m) for m in messages if m.role in ("system", "developer")]
    if not said:
        return None
    spoken = _SPOKEN.findall(said[-1])
    order = next((o for o in (said[-1], *(orders if spoken else ())) if _is_order(o)), None)
    if order is None or not (spoken or len(said) > 1):
        return None
    words = re.findall(r"[^\W_][\w'’.-]*[^\W_]|[^\W_]", spoken[0] if spoken else said[0])
    ordered = _ORDER.search(order[:_MOST_READ])
    if ordered is not None and ordered["tags"]:
        return ", ".join(dict.fromkeys(_content(words)[:_TAGS])) or "general"
    return " ".join(words[:_TITLE_WORDS])


def _content(words: Sequence[str]) -> list[str]:
    return [word.lower() for word in words if word.lower() not in STOPWORDS]


def _is_order(text: str) -> bool:
    head = text[:_MOST_READ]
    if text.rstrip().endswith("?"):
        return False
    return _ORDER.search(head) is not None and _OF_THE_TALK.search(head) is not None


def _plain_text(message: Message) -> str:
    parts = message.content if isinstance(message.content, list) else [Part(type="text", text=message.content)]
    return "\n".join(part.text or "" for part in parts)


def model_name(model: str, offered: Sequence[str]) -> str | None:
    """The name behind ``essay-assistant/NAME``; None for the default. Raises RefusedField (404, model_not_found)."""
    if model == DEFAULT_MODEL:
        return None
    prefix, _, name = model.partition("/")
    if prefix != DEFAULT_MODEL or name not in offered:
        raise RefusedField(
            "model",
            "No model has this id.",
            f"There are: {', '.join(model_ids(offered))}.",
            status=404,
            code="model_not_found",
        )
    return name


def model_ids(offered: Sequence[str]) -> list[str]:
    """The ids of the models: the default, then each by its name."""
    return [DEFAULT_MODEL, *(f"{DEFAULT_MODEL}/{name}" for name in offered)]


def _text(message: Message, where: str) -> str:
    if not isinstance(message.content, list):
        return message.content or ""
    if any(part.type != "text" for part in message.content):
        raise RefusedField(
            f"{where}.content",
            "This assistant reads text alone, no images, sound or files.",
            "Send parts of type text.",
        )
    return "\n".join(part.text or "" for part in message.content)


def _speaker(message: Message, where: str) -> Literal["user", "assistant"]:
    if message.role == "user":
        return "user"
    if message.role == "assistant":
        return "assistant"
    raise RefusedField(f"{where}.role", "A message has an unknown role.", "Use user or assistant.")


def _refuse_other_replies(asked: ChatRequest) -> None:
    if asked.n not in (None, 1):
        raise RefusedField("n", "There is one answer to a question.", "Leave n out, or send 1.")
    if not (asked.tool_choice is None or asked.tool_choice in ("auto", "none")):
        raise RefusedField("tool_choice", "This assistant calls no tools.", "Leave tool_choice out.")
    form = asked.response_format.get("type") if isinstance(asked.response_format, Mapping) else asked.response_format
    if form not in (None, "text"):
        raise RefusedField(
            "response_format",
            "Answers are text with citations.",
            'Leave response_format out; "answer_object" in the reply is the answer as JSON.',
        )


def _refused(error: ValidationError) -> RefusedField:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = first["loc"]
    param = str(place[0]) if place and str(place[0]) in ChatRequest.model_fields else "body"
    return RefusedField(param, f"The request can't be read: {first['msg']}.", "See /docs for its fields.")
