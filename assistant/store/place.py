"""Where the database is, from its address."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from assistant.errors import ConfigurationError

_REMEDY = "Write sqlite:////folder/file.sqlite3 or postgresql://user:password@host/database, or unset it."
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE = {"sqlite", "sqlite+pysqlite"}


@dataclass(frozen=True)
class Place:
    """A database: ``file`` where it is SQLite's, else a server at ``url``. ``str()`` names it without credentials."""

    url: URL
    file: Path | None

    def __str__(self) -> str:
        """As a sentence names it."""
        if self.file is not None:
            return str(self.file)
        port = f":{self.url.port}" if self.url.port else ""
        return f"PostgreSQL at {self.url.host or 'its local socket'}{port}/{self.url.database or ''}"


def place_of(address: str) -> Place:
    """The place a SQLAlchemy address names. Raises ConfigurationError, which never repeats the address."""
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
