"""What a database reports, in words: which of our errors it is, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assistant.store.failures import StoreDamaged, StoreFull, StoreUnavailable
from assistant.store.place import Place

_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHM", "53100")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "57014", "40P01", "40001")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002")
_CLOSED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Raises StoreUnavailable, StoreFull or StoreDamaged for what the database or its folder reports.

    The original is left behind on purpose: a driver's message can repeat the values it was given.
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
    """The error for SQLite's name of an error, or PostgreSQL's SQLSTATE ("" where none came)."""
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
    """Another process holds the database."""
    return StoreUnavailable(
        "The database is busy.", "Try again shortly; if it stays so, end the program that holds it locked.", place
    )


def damaged(place: Place) -> StoreDamaged:
    """The database can't be read."""
    if place.file is None:
        return StoreDamaged("The database is damaged.", "Restore it from a backup.", place)
    return StoreDamaged(
        "The database is damaged, or is no SQLite file.",
        "Move it away and a new one is made; `sqlite3 FILE .recover` saves what can still be read of the old one.",
        place,
    )


def _code(error: BaseException | None) -> str:
    return getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or ""
