"""Statements on conversations and feedback. Each function runs in a transaction of its caller."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from assistant.errors import DamagedConversation, KeyReused, UnknownConversation
from assistant.store.records import (
    Conversation,
    Exchange,
    Feedback,
    Headline,
    Rating,
    Recorded,
    conversations,
    feedback,
    messages,
    meta,
)
from assistant.types import Answer, Turn

LONGEST_LIST = 200
UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
"""Stands for a time that can't be read."""


def new_id() -> str:
    """A random id that can't be guessed: 128 bits as 32 hex digits."""
    return secrets.token_hex(16)


def begin(connection: Connection, owner: str, conversation_id: str, corpus: str | None) -> None:
    """Insert an empty conversation. An existing id is kept; ``add`` checks its owner."""
    now = datetime.now(UTC)
    row = {"id": conversation_id, "owner": owner, "corpus": corpus, "created_at": now, "updated_at": now}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(conversations).values(row).on_conflict_do_nothing(index_elements=["id"]))


def add(connection: Connection, owner: str, conversation_id: str, answer: Answer) -> None:
    """Append a question and its answer. Raises UnknownConversation."""
    now = datetime.now(UTC)
    # The update also holds the row, so that two answers at once take two positions.
    changed = update(conversations).where(*_theirs(owner, conversation_id)).values(updated_at=now)
    if not connection.execute(changed).rowcount:
        raise unknown()
    last = select(func.max(messages.c.position)).where(messages.c.conversation_id == conversation_id)
    position = connection.scalar(last)
    connection.execute(
        insert(messages).values(
            conversation_id=conversation_id,
            position=0 if position is None else position + 1,
            question=answer.question,
            answer=answer.model_dump(mode="json"),
            created_at=now,
        )
    )


def turns(connection: Connection, owner: str, conversation_id: str, exchanges: int) -> tuple[Turn, ...]:
    """The last ``exchanges`` questions with their answers' texts, oldest first.

    Raises UnknownConversation, DamagedConversation.
    """
    _found(connection, owner, conversation_id)
    last = (
        select(messages.c.question, messages.c.answer)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(messages.c.position.desc())
        .limit(exchanges)
    )
    rows = connection.execute(last).all()[::-1]
    if not all(isinstance(answer, dict) and isinstance(answer.get("answer"), str) for _, answer in rows):
        raise DamagedConversation(
            "A part of this conversation can't be read any more.",
            "Start a new one. The export of this one holds what can be read.",
        )
    return tuple(
        turn
        for question, answer in rows
        for turn in (Turn(role="user", content=question), Turn(role="assistant", content=answer["answer"]))
    )


def whole(connection: Connection, owner: str, conversation_id: str) -> Conversation:
    """One conversation with its exchanges. Raises UnknownConversation."""
    return next(_filled(connection, [_found(connection, owner, conversation_id)]))


def headlines(connection: Connection, owner: str) -> tuple[Headline, ...]:
    """An owner's conversations, most recently used first, at most ``LONGEST_LIST``."""
    count, first = func.count().label("exchanges"), func.min(messages.c.position).label("first")
    counted = select(messages.c.conversation_id, count, first).group_by(messages.c.conversation_id).subquery()
    listed = (
        select(conversations, counted.c.exchanges, messages.c.question)
        .join(counted, counted.c.conversation_id == conversations.c.id)
        .join(messages, (messages.c.conversation_id == conversations.c.id) & (messages.c.position == counted.c.first))
        .where(conversations.c.owner == owner)
        .order_by(conversations.c.updated_at.desc(), conversations.c.id)
        .limit(LONGEST_LIST)
    )
    return tuple(
        Headline(
            id=row.id,
            title=row.question,
            corpus=row.corpus,
            created_at=row.created_at or UNKNOWN_TIME,
            updated_at=row.updated_at or UNKNOWN_TIME,
            exchanges=row.exchanges,
        )
        for row in connection.execute(listed)
    )


def page(connection: Connection, after: str, size: int) -> list[Conversation]:
    """The next ``size`` conversations of all owners, ordered by id."""
    wanted = select(conversations).where(conversations.c.id > after).order_by(conversations.c.id).limit(size)
    return list(_filled(connection, connection.execute(wanted).all()))


def remove(connection: Connection, owner: str, conversation_id: str) -> None:
    """Delete one conversation. Raises UnknownConversation."""
    if not connection.execute(delete(conversations).where(*_theirs(owner, conversation_id))).rowcount:
        raise unknown()


def remove_all(connection: Connection, owner: str | None) -> int:
    """Delete an owner's conversations, or all (None). Returns how many."""
    chosen = delete(conversations)
    return connection.execute(chosen if owner is None else chosen.where(conversations.c.owner == owner)).rowcount


def remove_older(connection: Connection, moment: datetime) -> int:
    """Delete exchanges older than ``moment`` and conversations left empty. Returns the number of the latter."""
    connection.execute(delete(messages).where(messages.c.created_at < moment))
    emptied = ~select(messages.c.id).where(messages.c.conversation_id == conversations.c.id).exists()
    # An answer added at this moment is not seen here, but its conversation's row is, as soon as it is no more locked.
    unused = conversations.c.updated_at < moment
    return connection.execute(delete(conversations).where(unused, emptied)).rowcount


def unknown() -> UnknownConversation:
    """One error for another owner's conversation and for a missing one, so that ids can't be probed."""
    return UnknownConversation("There is no such conversation of yours.", "It may have been deleted; start a new one.")


def _theirs(owner: str, conversation_id: str) -> tuple[Any, Any]:
    return conversations.c.id == conversation_id, conversations.c.owner == owner


def _found(connection: Connection, owner: str, conversation_id: str) -> Row[Any]:
    row = connection.execute(select(conversations).where(*_theirs(owner, conversation_id))).one_or_none()
    if row is None:
        raise unknown()
    return row


def _filled(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[Conversation]:
    wanted = (
        select(messages)
        .where(messages.c.conversation_id.in_([row.id for row in rows]))
        .order_by(messages.c.conversation_id, messages.c.position)
    )
    held: dict[str, Iterable[Row[Any]]] = {
        id_: list(found) for id_, found in groupby(connection.execute(wanted), lambda row: str(row.conversation_id))
    }
    for row in rows:
        found = [_exchange(message) for message in held.get(row.id, ())]
        exchanges = tuple(exchange for exchange in found if exchange is not None)
        times = [exchange.created_at for exchange in exchanges] or [UNKNOWN_TIME]
        yield Conversation(
            id=row.id,
            owner=row.owner,
            corpus=row.corpus,
            created_at=row.created_at or times[0],
            updated_at=row.updated_at or times[-1],
            exchanges=exchanges,
            damaged=len(found) - len(exchanges),
        )


def _exchange(row: Row[Any]) -> Exchange | None:
    try:
        return Exchange(question=row.question, answer=row.answer, created_at=row.created_at or UNKNOWN_TIME)
    except ValidationError:
        return None


ENDED = "ended:"


def end_session(connection: Connection, session: str, until: int, now: int) -> None:
    """Note that a session was ended before ``until`` (Unix seconds); drop those that would be over ``now``."""
    ended = meta.c.name.startswith(ENDED, autoescape=True)
    over = [row.name for row in connection.execute(select(meta).where(ended)) if int(row.value) < now]
    connection.execute(delete(meta).where(meta.c.name.in_([*over, ENDED + session])))
    connection.execute(insert(meta).values(name=ENDED + session, value=str(until)))


def ended_sessions(connection: Connection) -> frozenset[str]:
    """The sessions that were ended."""
    names = connection.scalars(select(meta.c.name).where(meta.c.name.startswith(ENDED, autoescape=True)))
    return frozenset(name.removeprefix(ENDED) for name in names)


Content = dict[str, str | None]


def record(connection: Connection, owner: str, key: str, answer_id: str, rating: Rating, content: Content) -> Recorded:
    """Insert or update the row of ``owner`` and ``key``. Raises KeyReused for a key of another answer."""
    now = datetime.now(UTC)
    row = {"id": secrets.token_hex(16), "owner": owner, "key": key, "answer_id": answer_id, "rating": rating}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(feedback).values(**row, **content, created_at=now, updated_at=now)
    made = new.on_conflict_do_nothing(index_elements=["owner", "key"]).returning(feedback.c.id)
    if connection.scalar(made) is not None:
        return Recorded(id=row["id"], new=True)
    mine = (feedback.c.owner == owner) & (feedback.c.key == key)
    found = connection.execute(select(feedback.c.id, feedback.c.answer_id).where(mine).with_for_update()).one()
    if found.answer_id != answer_id:
        raise KeyReused(
            "This idempotency key came with another answer before.", "Send each answer's feedback under its own key."
        )
    connection.execute(update(feedback).where(mine).values(rating=rating, **content, updated_at=now))
    return Recorded(id=found.id, new=False)


def ratings_page(connection: Connection, after: str, size: int) -> list[Feedback | str]:
    """The next ``size`` ratings of all owners, ordered by id; of a damaged one its id."""
    fields = [feedback.c[name] for name in Feedback.model_fields]
    rows = connection.execute(select(*fields).where(feedback.c.id > after).order_by(feedback.c.id).limit(size))
    return [_rating(dict(row)) for row in rows.mappings()]


def _rating(row: dict[str, Any]) -> Feedback | str:
    try:
        return Feedback.model_validate(row)
    except ValidationError:
        return str(row["id"])


def remove_all_ratings(connection: Connection, owner: str | None) -> int:
    """Delete an owner's feedback, or all (None). Returns how many."""
    chosen = delete(feedback)
    return connection.execute(chosen if owner is None else chosen.where(feedback.c.owner == owner)).rowcount


def remove_older_ratings(connection: Connection, moment: datetime) -> int:
    """Delete feedback last changed before ``moment``. Returns how many."""
    return connection.execute(delete(feedback).where(feedback.c.updated_at < moment)).rowcount
