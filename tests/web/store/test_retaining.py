"""Keeping to the retention setting while serving."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from queue import Queue

import pytest
from anyio import to_thread

from assistant.errors import StoreUnavailable
from assistant.store import Removed, Store
from assistant.web import conversations
from assistant.web.conversations import retaining

SECONDS = 30


class WatchedStore(Store):
    """The store, which also tells what became of each purge."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.purged: Queue[Removed | StoreUnavailable] = Queue()

    def purge(self, days: int, now: datetime | None = None) -> Removed:
        try:
            removed = super().purge(days, now)
        except StoreUnavailable as error:
            self.purged.put(error)
            raise
        self.purged.put(removed)
        return removed

    async def until(self, outcome: Removed | type[StoreUnavailable]) -> None:
        """Wait for a purge with this outcome."""
        while (last := await to_thread.run_sync(self.purged.get, True, SECONDS)) != outcome:
            if isinstance(outcome, type) and isinstance(last, outcome):
                return


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "store.sqlite3"


@pytest.fixture
def watched(file: Path) -> Iterator[WatchedStore]:
    with closing(WatchedStore(f"sqlite:///{file}")) as store:
        yield store


def keep_old(store: Store, file: Path) -> None:
    store.feedback("ann", "old", "up")
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE feedback SET updated_at = '2020-02-02 00:00:00.000000'")


async def test_the_old_is_purged_at_once_and_again_while_serving(watched: WatchedStore, file: Path) -> None:
    keep_old(watched, file)
    async with retaining(watched, 30, every=0.01):
        await watched.until(Removed(feedback=1))
        await to_thread.run_sync(keep_old, watched, file)
        await watched.until(Removed(feedback=1))
    assert list(watched.every_feedback()) == []


async def test_a_clock_that_jumps_ahead_deletes_nothing_the_first_time(
    watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    purged_at: list[int] = []
    purge = watched.purge

    def ahead() -> float:
        looks.append(0.0 if len(looks) < 3 else 40 * 86_400.0)
        return looks[-1]

    def seen(days: int) -> Removed:
        purged_at.append(len(looks))
        return purge(days)

    monkeypatch.setattr(conversations, "ahead", ahead)
    monkeypatch.setattr(watched, "purge", seen)
    async with retaining(watched, 30, every=0.01):
        await watched.until(Removed())
        await watched.until(Removed())
    assert purged_at[:2] == [3, 7]  # of two looks a round, the second round's saw the jump


async def test_a_database_that_cant_be_used_is_tried_again(watched: WatchedStore, file: Path) -> None:
    file.parent.mkdir()
    await to_thread.run_sync(file.write_bytes, b"no database " * 1000)
    async with retaining(watched, 30, every=0.01):
        await watched.until(StoreUnavailable)
        await to_thread.run_sync(file.unlink)
        await watched.until(Removed())
