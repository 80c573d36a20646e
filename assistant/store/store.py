"""The store: the one door to what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection, Table, func, select, text

from assistant.store import records, talks
from assistant.store.database import Database, damaged, size_of
from assistant.store.records import Conversation, Feedback, Headline, Rating, Recorded, Removed, Status
from assistant.types import Answer, Turn

PAGE = 100
Row = TypeVar("Row", Conversation, Feedback)


class Store:
    """Conversations and feedback in a SQL database. Blocking and safe to share between threads.

    Nothing is opened or created before it is needed; reading never creates the database. Each call ends within 5 s.
    Each may raise StoreUnavailable (StoreFull, StoreDamaged). Closing is for the one who made it.
    """

    def __init__(self, url: str) -> None:
        """``url`` as ``Settings.database`` gives it. Raises ConfigurationError for one that can't be used."""
        self._database = Database(url)

    def close(self) -> None:
        """Let go of the database's connections."""
        self._database.close()

    def check(self) -> None:
        """Whether the database can be used, for readiness. Raises StoreUnavailable with the repair."""
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
        """Keep a rating. The same ``key`` (None: the answer's id) makes one row, whose content the last call decides.

        Raises KeyReused where the key came before with another ``answer_id``.
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
        """An id for a new conversation, for a caller who has to tell it before the answer is there."""
        return talks.new_id()

    def keep(
        self, owner: str, conversation_id: str | None, corpus: str | None, answer: Answer, *, new: bool = False
    ) -> str:
        """Add an answer and its question to a conversation; its id.

        None, or ``new`` with an id of ``new_id``, begins one, unless another answer just did. Raises
        UnknownConversation.
        """
        new = new or conversation_id is None
        conversation_id = conversation_id or talks.new_id()
        with self._database.writing() as connection:
            if new:
                talks.begin(connection, owner, conversation_id, corpus)
            talks.add(connection, owner, conversation_id, answer)
        return conversation_id

    def history(self, owner: str, conversation_id: str, *, exchanges: int = 20) -> tuple[Turn, ...]:
        """The turns of the last ``exchanges`` questions, oldest first. Raises UnknownConversation."""
        self._know_some()
        with self._database.reading() as connection:
            return talks.turns(connection, owner, conversation_id, exchanges)

    def conversation(self, owner: str, conversation_id: str) -> Conversation:
        """One conversation in full. Raises UnknownConversation."""
        self._know_some()
        with self._read() as connection:
            return talks.whole(connection, owner, conversation_id)

    def conversations(self, owner: str) -> tuple[Headline, ...]:
        """An owner's, the last used first, at most 200."""
        if not self._database.exists:
            return ()
        with self._database.reading() as connection:
            return talks.headlines(connection, owner)

    def delete(self, owner: str, conversation_id: str) -> None:
        """Delete one conversation for good. Raises UnknownConversation."""
        self._know_some()
        with self._database.writing() as connection:
            talks.remove(connection, owner, conversation_id)
        self._database.scrub()

    def forget(self, owner: str | None) -> Removed:
        """Delete everything kept under an owner; None: under all of them."""
        return self._removed(
            lambda connection: Removed(
                conversations=talks.remove_all(connection, owner), feedback=talks.remove_all_ratings(connection, owner)
            )
        )

    def purge(self, days: int, now: datetime | None = None) -> Removed:
        """Delete questions asked, and feedback last changed, more than ``days`` ago (0: nothing)."""
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
        """All conversations of all owners, in the order of their ids, for the operator."""
        return self._pages(talks.page)

    def every_feedback(self) -> Iterator[Feedback]:
        """All feedback of all owners, in the order of their ids, for the operator."""
        return self._pages(talks.ratings_page)

    def status(self) -> Status:
        """How much is kept, and where. Reads the whole of a SQLite file to find damage (StoreDamaged)."""
        place = self._database.place
        if not self._database.exists:
            return Status(place=str(place))
        with self._database.reading() as connection:
            if place.file is not None and connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
                raise damaged(place)
            return Status(
                place=str(place),
                bytes=None if place.file is None else size_of(place.file),
                conversations=_count(connection, records.conversations),
                exchanges=_count(connection, records.messages),
                feedback=_count(connection, records.feedback),
            )

    def _know_some(self) -> None:
        if not self._database.exists:
            raise talks.unknown()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        try:
            with self._database.reading() as connection:
                yield connection
        except ValidationError:  # what it says could repeat what was kept
            raise damaged(self._database.place) from None

    def _removed(self, remove: Callable[[Connection], Removed]) -> Removed:
        if not self._database.exists:
            return Removed()
        with self._database.writing() as connection:
            removed = remove(connection)
        self._database.scrub()
        return removed

    def _pages(self, page: Callable[[Connection, str, int], list[Row]]) -> Iterator[Row]:
        """Row by row, each page in a transaction of its own, so that nobody waits for a slow reader."""
        after = ""
        while self._database.exists:
            with self._read() as connection:
                rows = page(connection, after, PAGE)
            if not rows:
                return
            yield from rows
            after = rows[-1].id


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
