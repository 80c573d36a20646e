"""The database as the store uses it: made when first needed, one transaction per call, bounded waits."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

from sqlalchemy import Connection, inspect, select, text

from assistant.store import tables
from assistant.store.engine import PATIENCE, engine_of, new_file
from assistant.store.failures import StoreUnavailable
from assistant.store.place import place_of
from assistant.store.translation import busy, failure, translated

_LOCK_OF_CREATION = 7_240_311  # any number, the same in every process


class Database:
    """Transactions on one database. Safe to share between threads."""

    def __init__(self, address: str) -> None:
        """Nothing is opened yet. Raises ConfigurationError for an address that can't be used."""
        self.place = place_of(address)
        self._engine = engine_of(self.place)
        self._turn = threading.Lock()  # SQLite's own waiting is by polling, and unfair
        self._seen: tuple[int, int] | None = None

    def close(self) -> None:
        """Let go of pooled connections."""
        self._engine.dispose()

    @property
    def exists(self) -> bool:
        """Whether there is something to read; a server's database always counts."""
        return self.place.file is None or self.place.file.exists()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block ends. Makes the database. Raises StoreUnavailable."""
        deadline = monotonic() + PATIENCE
        with translated(self.place), self._alone(deadline):
            self._ready(deadline)
            with self._begun(deadline, writing=True) as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state throughout; there has to be a database. Raises StoreUnavailable."""
        deadline = monotonic() + PATIENCE
        with translated(self.place):
            if self._file_id() != self._seen:
                with self._alone(deadline):
                    self._ready(deadline)
            with self._begun(deadline, writing=False) as connection:
                yield connection

    def check(self) -> None:
        """Whether it can be read and, as far as permissions tell, written. Raises StoreUnavailable."""
        file = self.place.file
        if file is not None:
            nearest = next(path for path in (file, *file.parents) if path.exists())
            if not os.access(nearest, os.W_OK) or (nearest != file and not nearest.is_dir()):
                raise failure("SQLITE_READONLY", self.place)
        if self.exists:
            with self.reading() as connection:
                connection.execute(select(tables.meta.c.value)).all()

    def scrub(self) -> None:
        """Empty SQLite's log, where the text of deleted rows still stands. Raises StoreUnavailable."""
        if self.place.file is None or not self.exists:
            return
        with translated(self.place), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _begun(self, deadline: float, *, writing: bool) -> Iterator[Connection]:
        engine = self._engine.execution_options(deadline=deadline, writing=writing)
        with engine.begin() as connection:
            yield connection

    @contextmanager
    def _alone(self, deadline: float) -> Iterator[None]:
        """The only writer of this process, where the database has room for one at a time."""
        if self.place.file is None and self._seen is not None:
            yield
            return
        if not self._turn.acquire(timeout=max(0.0, deadline - monotonic())):
            raise busy(self.place)
        try:
            yield
        finally:
            self._turn.release()

    def _file_id(self) -> tuple[int, int] | None:
        """What changes when the file is deleted or replaced under a running server."""
        if self.place.file is None:
            return (0, 0)
        try:
            found = self.place.file.stat()
        except FileNotFoundError:
            return None
        return (found.st_dev, found.st_ino)

    def _ready(self, deadline: float) -> None:
        """Have file, tables and version row be there, made by whoever comes first."""
        found = self._file_id()
        if found is not None and found == self._seen:
            return
        if self.place.file is not None and found is None:
            new_file(self.place.file)
        with self._begun(deadline, writing=True) as connection:
            if self.place.file is None:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_OF_CREATION})"))
            self._have_tables(connection)
        self._seen = self._file_id()

    def _have_tables(self, connection: Connection) -> None:
        present = set(inspect(connection).get_table_names())
        if tables.meta.name not in present:
            if present & set(tables.metadata.tables):
                raise StoreUnavailable(
                    "The database holds tables of another program.",
                    "Give the assistant a database of its own: set ASSISTANT_DATABASE_URL.",
                    self.place,
                )
            tables.metadata.create_all(connection)
            connection.execute(tables.meta.insert().values(name="schema", value=str(tables.SCHEMA_VERSION)))
        version = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == "schema"))
        if version != str(tables.SCHEMA_VERSION):
            raise StoreUnavailable(
                f"The database has shape {version}; this version knows {tables.SCHEMA_VERSION}.",
                "Install the version of essay-assistant that made it, or set ASSISTANT_DATABASE_URL to another.",
                self.place,
            )


def size_of(file: Path) -> int:
    """Bytes of a SQLite database on disk, its log included."""
    parts = (file, Path(f"{file}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
