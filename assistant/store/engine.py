"""Connections to the database: SQLite as safe as it gets, PostgreSQL with the same patience."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from time import monotonic

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from assistant.store.place import Place

PATIENCE = 2.0
"""Seconds one call may wait for a lock, so that a caller behind other callers is also told within five."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged row survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
)


def engine_of(place: Place) -> Engine:
    """An engine that has not connected yet. Statements it reports never hold the values."""
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
    """Make the empty file and its folder, for this user alone. Raises OSError."""
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
    """A writer takes the lock at once: one that read first could not wait for it."""
    options = connection.get_execution_options()
    left = max(0.0, float(options.get("deadline", monotonic())) - monotonic())
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(left * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")
