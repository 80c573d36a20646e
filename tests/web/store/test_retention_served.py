"""A real server keeps to the retention setting."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
from serving import serving

from assistant.store import Store


def test_a_server_that_starts_deletes_what_is_too_old(index_dir: Path, folder: Path) -> None:
    url = f"sqlite:///{folder}/store.sqlite3"
    with closing(Store(url)) as store:
        store.feedback("ann", "old", "up")
        store.feedback("ann", "new", "up")
        with closing(sqlite3.connect(folder / "store.sqlite3")) as other, other:
            other.execute("UPDATE feedback SET updated_at = '2020-02-02 00:00:00.000000' WHERE answer_id = 'old'")
        with serving(database_url=url, retention_days="7") as (process, address):
            assert httpx.get(f"{address}healthz", timeout=60).status_code == 200
        assert [each.answer_id for each in store.every_feedback()] == ["new"]
    (told,) = [line for line in process.log() if line["event"] == "purged"]
    assert (told["feedback"], told["level"]) == (1, "info")
