"""The store's values and the tables they are kept in. Times are in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    Connection,
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
    inspect,
    select,
)
from sqlalchemy import DateTime as PlainDateTime

from assistant.errors import StoreUnavailable
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
    """One question of a conversation with its whole answer."""

    question: str
    answer: Answer
    created_at: datetime


class Conversation(Frozen):
    """A whole conversation, its exchanges oldest first; those whose rows are ``damaged`` are left out and counted."""

    id: str
    owner: str
    corpus: str | None
    created_at: datetime
    updated_at: datetime
    exchanges: tuple[Exchange, ...]
    damaged: int = 0


class Feedback(Frozen):
    """A rating of one answer. ``question`` and ``answer`` are None unless the client sent them."""

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
    """The id of stored feedback. ``new`` is False if it repeats or updates an earlier row."""

    id: str
    new: bool


class Removed(Frozen):
    """Numbers of deleted rows."""

    conversations: int = 0
    feedback: int = 0


class Status(Frozen):
    """Row counts and the database's place. ``bytes`` is None for a server, 0 before the file exists."""

    place: str
    bytes: int | None = 0
    conversations: int = 0
    exchanges: int = 0
    feedback: int = 0


SCHEMA_VERSION = 1
metadata = MetaData()


def _readable(process: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """Read a damaged value as None, which none of these columns holds, so that one row does not stop the others."""

    def read(value: Any) -> Any:
        try:
            return process(value) if process is not None else value
        except (ValueError, TypeError):
            return None

    return read


class Json(TypeDecorator[Any]):
    """JSON; None where it is damaged."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """As JSON's, but for damage."""
        return _readable(super().result_processor(dialect, coltype))


class DateTime(TypeDecorator[datetime]):
    """A time in UTC, timezone-aware also when read from SQLite, which drops the zone; None where it is damaged."""

    impl = PlainDateTime(timezone=True)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """As a time's, but for damage."""
        return _readable(super().result_processor(dialect, coltype))

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as SQLAlchemy calls it
        """The stored time with its zone."""
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
    Column("answer", Json, nullable=False),
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


def have_tables(connection: Connection, place: object) -> None:
    """Create the tables and the version row unless they are there.

    Raises StoreUnavailable for tables of another program or another version; ``place`` is named in it.
    """
    present = set(inspect(connection).get_table_names())
    if meta.name not in present:
        if present & set(metadata.tables):
            raise StoreUnavailable(
                "The database holds tables of another program.",
                "Give the assistant a database of its own: set ASSISTANT_DATABASE_URL.",
                place,
            )
        metadata.create_all(connection)
        connection.execute(meta.insert().values(name="schema", value=str(SCHEMA_VERSION)))
    version = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if version != str(SCHEMA_VERSION):
        raise StoreUnavailable(
            f"The database has shape {version}; this version knows {SCHEMA_VERSION}.",
            "Install the version of essay-assistant that made it, or set ASSISTANT_DATABASE_URL to another.",
            place,
        )
