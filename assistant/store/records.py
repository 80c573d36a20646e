"""What the store gives back. Times are in UTC.

The tables, and the version of their shape.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import DateTime as PlainDateTime

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


SCHEMA_VERSION = 1
metadata = MetaData()


class DateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite gives it back without its zone."""

    impl = PlainDateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as SQLAlchemy calls it
        """With its zone again."""
        moment: datetime | None = value
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("corpus", Text),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Index("conversations_of_owner", "owner", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False, index=True),
    UniqueConstraint("conversation_id", "position"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("answer_id", Text, nullable=False),
    Column("rating", String(4), nullable=False),
    Column("comment", Text),
    Column("question", Text),
    Column("answer", Text),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False, index=True),
    UniqueConstraint("owner", "key"),
)
