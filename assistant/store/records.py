"""What the store gives back. Times are in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from assistant.types import Answer, Frozen

Rating = Literal["up", "down"]


class Headline(Frozen):
    """A conversation as a list shows it; ``title`` is its first question."""

    id: str
    title: str
    corpus: str | None
    created_at: datetime
    updated_at: datetime
    exchanges: int


class Exchange(Frozen):
    """A question as it was asked, and the whole answer."""

    question: str
    answer: Answer
    created_at: datetime


class Conversation(Frozen):
    """A conversation in full, oldest question first."""

    id: str
    owner: str
    corpus: str | None
    created_at: datetime
    updated_at: datetime
    exchanges: tuple[Exchange, ...]


class Feedback(Frozen):
    """A rating as its sender submitted it; ``question`` and ``answer`` only where they were sent along."""

    id: str
    owner: str
    answer_id: str
    rating: Rating
    comment: str | None = None
    question: str | None = None
    answer: str | None = None
    created_at: datetime
    updated_at: datetime


class Recorded(Frozen):
    """What became of feedback: its id, and whether it is new (else: the same again, or changed)."""

    id: str
    new: bool


class Removed(Frozen):
    """How much was deleted."""

    conversations: int = 0
    feedback: int = 0


class Status(Frozen):
    """How much is kept and where; ``bytes`` is known of a file only, and 0 where there is none yet."""

    place: str
    bytes: int | None = 0
    conversations: int = 0
    exchanges: int = 0
    feedback: int = 0
