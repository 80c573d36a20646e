"""Conversations and feedback in a SQL database. Conversations are kept only if a setting says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, Table, func, select, text

from assistant.store import records, talks
from assistant.store.database import Database, damaged
from assistant.store.records import Conversation, Exchange, Feedback, Headline, Rating, Recorded, Removed, Status
from assistant.types import Answer, Turn

__all__ = [
    "Conversation",
    "Exchange",
    "Feedback",
    "Headline",
    "Rating",
    "Recorded",
    "Removed",
    "Status",
    "Store",
]
PAGE = 100
Row = TypeVar("Row", Conversation, Feedback | str)


class Store:
    """Reads and writes conversations and feedback. Blocking; safe to share between threads.

    The database is opened on first use, and created by the first write. Each call ends within 5 seconds and may raise
    StoreUnavailable (StoreFull, StoreDamaged). The creator closes it.
    """

    def __init__(self, url: str) -> None:
        """``url`` as ``Settings.database`` gives it. Raises ConfigurationError for one that can't be used."""
        self._database = Database(url)

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()

    def check(self) -> None:
        """Check that the database can be used, for readiness. Raises StoreUnavailable with the repair."""
        self._database.check()

    def feedback(
        self,
        owner: str,
        answer_id: str,
        rating: Rating,
        *,
        comment: str | None = None,
        question: str | None = None,
        answer: str | None = None,
        key: str | None = None,
    ) -> Recorded:
        """Store a rating. A call with the same ``key`` (None: the answer's id) updates the row.

        Raises KeyReused for a ``key`` that was used with another ``answer_id``.
        """
        content: talks.Content = {"comment": comment, "question": question, "answer": answer}
        known_by = f"answer:{answer_id}" if key is None else f"key:{key}"
        with self._database.writing() as connection:
            return talks.record(connection, owner, known_by, answer_id, rating, content)

    def end_session(self, session: str, until: int) -> None:
        """Note that a session was ended, for as long as it would have lasted: ``until``, in Unix seconds."""
        with self._database.writing() as connection:
            talks.end_session(connection, session, until, int(time.time()))

    def ended_sessions(self) -> frozenset[str]:
        """The sessions that were ended."""
        if not self._database.exists:
            return frozenset()
        with self._database.reading() as connection:
            return talks.ended_sessions(connection)

    @staticmethod
    def new_id() -> str:
        """An id for a new conversation, for callers that send it before the answer is complete."""
        return talks.new_id()

    def keep(
        self, owner: str, conversation_id: str | None, corpus: str | None, answer: Answer, *, new: bool = False
    ) -> str:
        """Append an answer and its question to a conversation and return the conversation's id.

        ``conversation_id`` None starts a conversation; so does ``new`` with an id of ``new_id``, unless a concurrent
        answer has started it. Raises UnknownConversation.
        """
        new = new or conversation_id is None
        conversation_id = conversation_id or talks.new_id()
        with self._database.writing() as connection:
            if new:
                talks.begin(connection, owner, conversation_id, corpus)
            talks.add(connection, owner, conversation_id, answer)
        return conversation_id

    def history(self, owner: str, conversation_id: str, *, exchanges: int = 20) -> tuple[Turn, ...]:
        """The turns of the last ``exchanges`` questions, oldest first.

        Raises UnknownConversation, and DamagedConversation where one of them can't be read.
        """
        self._know_some()
        with self._database.reading() as connection:
            return talks.turns(connection, owner, conversation_id, exchanges)

    def conversation(self, owner: str, conversation_id: str) -> Conversation:
        """One whole conversation. Raises UnknownConversation."""
        self._know_some()
        with self._database.reading() as connection:
            return talks.whole(connection, owner, conversation_id)

    def conversations(self, owner: str) -> tuple[Headline, ...]:
        """An owner's conversations, most recently used first, at most 200."""
        if not self._database.exists:
            return ()
        with self._database.reading() as connection:
            return talks.headlines(connection, owner)

    def delete(self, owner: str, conversation_id: str) -> None:
        """Delete one conversation, also from the write-ahead log. Raises UnknownConversation."""
        self._know_some()
        with self._database.writing() as connection:
            talks.remove(connection, owner, conversation_id)
        self._database.scrub()

    def forget(self, owner: str | None) -> Removed:
        """Delete all rows of an owner; None: of every owner."""
        return self._removed(
            lambda connection: Removed(
                conversations=talks.remove_all(connection, owner), feedback=talks.remove_all_ratings(connection, owner)
            )
        )

    def purge(self, days: int, now: datetime | None = None) -> Removed:
        """Delete exchanges and feedback older than ``days``; 0 keeps everything."""
        if not days:
            return Removed()
        moment = (now or datetime.now(UTC)) - timedelta(days=days)
        return self._removed(
            lambda connection: Removed(
                conversations=talks.remove_older(connection, moment),
                feedback=talks.remove_older_ratings(connection, moment),
            )
        )

    def every_conversation(self) -> Iterator[Conversation]:
        """All conversations of all owners, ordered by id, for the operator."""
        return self._pages(talks.page)

    def every_feedback(self, damaged: list[str] | None = None) -> Iterator[Feedback]:
        """All feedback of all owners, ordered by id, for the operator. Ids of damaged rows go to ``damaged``."""
        for found in self._pages(talks.ratings_page):
            if isinstance(found, Feedback):
                yield found
            elif damaged is not None:
                damaged.append(found)

    def status(self) -> Status:
        """Row counts and location. Reads a whole SQLite file to find damage, and raises StoreDamaged."""
        place = self._database.place
        if not self._database.exists:
            return Status(place=str(place))
        with self._database.reading() as connection:
            if place.file is not None and connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
                raise damaged(place)
            return Status(
                place=str(place),
                bytes=place.size,
                conversations=_count(connection, records.conversations),
                exchanges=_count(connection, records.messages),
                feedback=_count(connection, records.feedback),
            )

    def _know_some(self) -> None:
        if not self._database.exists:
            raise talks.unknown()

    def _removed(self, remove: Callable[[Connection], Removed]) -> Removed:
        if not self._database.exists:
            return Removed()
        with self._database.writing() as connection:
            removed = remove(connection)
        self._database.scrub()
        return removed

    def _pages(self, page: Callable[[Connection, str, int], list[Row]]) -> Iterator[Row]:
        """Rows in pages of one transaction each, so that a slow consumer blocks no writer."""
        after = ""
        while self._database.exists:
            with self._database.reading() as connection:
                rows = page(connection, after, PAGE)
            if not rows:
                return
            yield from rows
            after = rows[-1] if isinstance(rows[-1], str) else rows[-1].id


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
