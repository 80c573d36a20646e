"""Rows of feedback: each function works inside a transaction of the caller's."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from assistant.store.failures import KeyReused
from assistant.store.records import Feedback, Rating, Recorded
from assistant.store.tables import feedback

Content = dict[str, str | None]


def record(connection: Connection, owner: str, key: str, answer_id: str, rating: Rating, content: Content) -> Recorded:
    """Insert, or bring up to date, the one row of ``owner`` and ``key``. Raises KeyReused."""
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


def page(connection: Connection, after: str, size: int) -> list[Feedback]:
    """The next ``size`` of all owners in the order of their ids."""
    fields = [feedback.c[name] for name in Feedback.model_fields]
    rows = connection.execute(select(*fields).where(feedback.c.id > after).order_by(feedback.c.id).limit(size))
    return [Feedback.model_validate(dict(row)) for row in rows.mappings()]


def remove_all(connection: Connection, owner: str | None) -> int:
    """Delete an owner's feedback, or everybody's (None). How many."""
    chosen = delete(feedback)
    return connection.execute(chosen if owner is None else chosen.where(feedback.c.owner == owner)).rowcount


def remove_older(connection: Connection, moment: datetime) -> int:
    """Delete what was last changed before ``moment``. How many."""
    return connection.execute(delete(feedback).where(feedback.c.updated_at < moment)).rowcount
