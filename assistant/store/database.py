"""Connections to SQLite or PostgreSQL: created on first use, one transaction per call, bounded waits.

Errors of the driver become errors of ours that name the remedy and never the values of a statement.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from assistant.errors import ConfigurationError, StoreDamaged, StoreFull, StoreUnavailable
from assistant.store import records

_REMEDY = "Write sqlite:////folder/file.sqlite3 or postgresql://user:password@host/database, or unset it."
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE = {"sqlite", "sqlite+pysqlite"}


@dataclass(frozen=True)
class Place:
    """The location of a database: a SQLite ``file``, else a server at ``url``. ``str()`` omits credentials."""

    url: URL
    file: Path | None

    def __str__(self) -> str:
        """The location without credentials, for messages."""
        if self.file is not None:
            return str(self.file)
        port = f":{self.url.port}" if self.url.port else ""
        return f"PostgreSQL at {self.url.host or 'its local socket'}{port}/{self.url.database or ''}"

    @property
    def size(self) -> int | None:
        """Bytes of a SQLite database on disk, its log included; None for a server."""
        if self.file is None:
            return None
        return sum(part.stat().st_size for part in (self.file, Path(f"{self.file}-wal")) if part.exists())


def place_of(address: str) -> Place:
    """Parse a SQLAlchemy address. Raises ConfigurationError, which omits the address because it may hold a password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ConfigurationError("ASSISTANT_DATABASE_URL is no database address.", _REMEDY) from None
    if url.drivername in _SQLITE:
        return Place(url, _file_of(url))
    if url.drivername not in _POSTGRES:
        raise ConfigurationError("ASSISTANT_DATABASE_URL names neither SQLite nor PostgreSQL.", _REMEDY)
    if find_spec("psycopg") is None:
        raise ConfigurationError(
            "PostgreSQL needs a driver that isn't installed.", "Run: pip install 'essay-assistant[postgres]'"
        )
    return Place(url.set(drivername="postgresql+psycopg"), None)


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:") or url.query:
        raise ConfigurationError("ASSISTANT_DATABASE_URL names no plain file for SQLite.", _REMEDY)
    return Path(url.database).expanduser().absolute()


_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHM", "53100")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "57014", "40P01", "40001")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002")
_CLOSED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Turn errors of the database or its folder into StoreUnavailable, StoreFull or StoreDamaged.

    The original error is not chained, because a driver's message can repeat the values of a statement.
    """
    try:
        yield
    except DBAPIError as error:
        raise failure(_code(error.orig), place) from None
    except sqlite3.Error as error:  # from a connection taken past SQLAlchemy
        raise failure(_code(error), place) from None
    except SQLAlchemyError:
        raise busy(place) from None
    except OSError as error:
        raise failure("SQLITE_FULL" if error.errno in {ENOSPC, EDQUOT} else "SQLITE_CANTOPEN", place) from None


def failure(code: str, place: Place) -> StoreUnavailable:
    """The error for a SQLite error name or a PostgreSQL SQLSTATE ("" if the driver gave none)."""
    if code.startswith(_FULL):
        return StoreFull(
            "There is no room to write to the database.",
            "Nothing kept before is lost. Free space on its disk, then try again.",
            place,
        )
    if code.startswith(_BUSY):
        return busy(place)
    if code.startswith(_DAMAGED):
        return damaged(place)
    if code.startswith(_CLOSED):
        return StoreUnavailable(
            "The database can't be opened for writing.",
            "Give this user write permission on the file and its folder, or set ASSISTANT_DATABASE_URL.",
            place,
        )
    return StoreUnavailable(
        f"The database doesn't answer as it should{f', with {code}' if code else ''}.",
        "Check that it runs and that ASSISTANT_DATABASE_URL is right.",
        place,
    )


def busy(place: Place) -> StoreUnavailable:
    """The error for a database that another process has locked."""
    return StoreUnavailable(
        "The database is busy.", "Try again shortly; if it stays so, end the program that holds it locked.", place
    )


def damaged(place: Place) -> StoreDamaged:
    """The error for a database that can't be read."""
    if place.file is None:
        return StoreDamaged("The database is damaged.", "Restore it from a backup.", place)
    return StoreDamaged(
        "The database is damaged, or is no SQLite file.",
        "Move it away and a new one is made; `sqlite3 FILE .recover` saves what can still be read of the old one.",
        place,
    )


def _code(error: BaseException | None) -> str:
    return getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or ""


PATIENCE = 2.0
"""Seconds one call may wait for a lock, so that even a call queued behind others ends within five."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged row survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
)


def engine_of(place: Place) -> Engine:
    """An engine that connects on first use. Its error messages never contain parameter values."""
    if place.file is not None:
        return _sqlite(place.file)
    milliseconds = int(PATIENCE * 1000)
    return create_engine(
        place.url,
        hide_parameters=True,
        pool_size=10,
        pool_timeout=PATIENCE,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 2,  # whole seconds; the driver takes less for none
            "options": f"-c lock_timeout={milliseconds} -c statement_timeout={2 * milliseconds}",
        },
    )


def new_file(file: Path) -> None:
    """Create the empty file and its folder with access for this user only. Raises OSError."""
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _sqlite(file: Path) -> Engine:
    address = f"{file.as_uri()}?mode=rw"  # never makes a file: that is new_file's, which sets its permissions

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the write lock at once: SQLite refuses to wait when a reading transaction turns into a writing one."""
    options = connection.get_execution_options()
    left = max(0.0, float(options.get("deadline", monotonic())) - monotonic())
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(left * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


_LOCK_OF_CREATION = 7_240_311  # any number, the same in every process


class Database:
    """Transactions on one database. Safe to share between threads."""

    def __init__(self, address: str) -> None:
        """Parse the address; connect later. Raises ConfigurationError for an unusable address."""
        self.place = place_of(address)
        self._engine = engine_of(self.place)
        self._turn = threading.Lock()  # SQLite's own waiting is by polling, and unfair
        self._seen: tuple[int, int] | None = None

    def close(self) -> None:
        """Close pooled connections."""
        self._engine.dispose()

    @property
    def exists(self) -> bool:
        """Whether the SQLite file exists; always True for a server."""
        return self.place.file is None or self.place.file.exists()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction, on disk when the block ends. Creates the database. Raises StoreUnavailable."""
        deadline = monotonic() + PATIENCE
        with translated(self.place), self._alone(deadline):
            self._ready(deadline)
            with self._begun(deadline, writing=True) as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction with one consistent snapshot. The database has to exist. Raises StoreUnavailable."""
        deadline = monotonic() + PATIENCE
        with translated(self.place):
            if self._file_id() != self._seen:
                with self._alone(deadline):
                    self._ready(deadline)
            with self._begun(deadline, writing=False) as connection:
                yield connection

    def check(self) -> None:
        """Check that the database can be read and written to now. Raises StoreUnavailable."""
        file = self.place.file
        if file is not None:
            nearest = next(path for path in (file, *file.parents) if path.exists())
            if not os.access(nearest, os.W_OK) or (nearest != file and not nearest.is_dir()):
                raise failure("SQLITE_READONLY", self.place)
        if self.exists:
            with self.reading() as connection:
                connection.execute(select(records.meta.c.value)).all()
            if file is not None:  # whoever holds the lock of a SQLite file keeps everybody from writing
                with translated(self.place), self._begun(monotonic() + PATIENCE, writing=True):
                    pass

    def scrub(self) -> None:
        """Truncate SQLite's write-ahead log, which still holds deleted rows. Raises StoreUnavailable."""
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
        """Serialize writers of this process for SQLite, whose own waiting polls and is unfair."""
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
        """Device and inode, which change if the file is deleted or replaced under a running server."""
        if self.place.file is None:
            return (0, 0)
        try:
            found = self.place.file.stat()
        except FileNotFoundError:
            return None
        return (found.st_dev, found.st_ino)

    def _ready(self, deadline: float) -> None:
        """Create file, tables and version row if another process has not done so yet."""
        found = self._file_id()
        if found is not None and found == self._seen:
            return
        if self.place.file is not None and found is None:
            new_file(self.place.file)
        with self._begun(deadline, writing=True) as connection:
            if self.place.file is None:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_OF_CREATION})"))
            records.have_tables(connection, self.place)
        self._seen = self._file_id()
