"""What a user is told, and what is left, when the database can't be used."""

import os
import shutil
import signal
import sqlite3
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from lengths import length
from store_samples import answer, bytes_of, keeper, url_of

from assistant.errors import (
    ConfigurationError,
    DamagedConversation,
    StoreDamaged,
    StoreUnavailable,
    UnknownConversation,
)
from assistant.store import Removed, Store

SMALL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
"""


def test_reading_and_deleting_make_no_file(in_file: Store, file: Path) -> None:
    in_file.check()
    assert in_file.conversations("ann") == ()
    assert list(in_file.every_feedback()) == []
    assert list(in_file.every_conversation()) == []
    assert in_file.forget("ann") == in_file.purge(1) == Removed()
    assert in_file.status().bytes == 0
    for use in (in_file.history, in_file.conversation, in_file.delete):
        with pytest.raises(UnknownConversation):
            use("ann", "0" * 32)
    assert not file.parent.exists()


def test_file_and_folder_are_for_their_owner_alone(in_file: Store, file: Path) -> None:
    in_file.feedback("ann", "a1", "up")
    with in_file._database.reading():  # while SQLite's log is there too
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) >= 2
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_is_deleted_stands_nowhere_any_more(in_file: Store, file: Path) -> None:
    text = "a secret only this question holds"
    known = in_file.keep("ann", None, None, answer(text))
    in_file.feedback("ann", "a1", "up", comment=text)
    in_file.keep("ann", None, None, answer())
    assert text.encode() in bytes_of(file.parent)
    in_file.delete("ann", known)
    in_file.forget("ann")
    assert text.encode() not in bytes_of(file.parent)


@pytest.mark.slow
def test_a_locked_file_is_reported_to_everyone_in_time_and_can_be_read(in_file: Store, file: Path) -> None:
    in_file.feedback("ann", "before", "up")

    def refused(n: int) -> float:
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="busy"):
            in_file.feedback("ann", f"a{n}", "up")
        return time.monotonic() - begun

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(20) as threads:
            assert max(threads.map(refused, range(20))) < 20  # one after the other it would be 40
        assert [each.answer_id for each in in_file.every_feedback()] == ["before"]
        other.execute("ROLLBACK")
    assert in_file.feedback("ann", "after", "up").new


@pytest.mark.slow
def test_a_file_locked_before_it_was_ever_opened_is_reported(in_file: Store, file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="busy"):
            in_file.feedback("ann", "a1", "up")
        other.execute("ROLLBACK")
    assert in_file.feedback("ann", "a1", "up").new


@pytest.mark.slow
def test_a_full_disk_is_named_and_loses_nothing(file: Path) -> None:
    url = url_of(file)
    with keeper(url, 0, 10_000, SMALL_DISK) as process:
        said, error = process.communicate()
    acknowledged = [f"answer-{n}" for n in said.split()]
    assert "StoreFull" in error
    assert "Free space" in error
    with closing(Store(url)) as store:
        assert sorted(each.answer_id for each in store.every_feedback()) == sorted(acknowledged)
        assert len(acknowledged) > 20
        assert store.feedback("ann", "with room again", "up").new


def test_a_file_that_is_no_database_is_named_with_the_repair(in_file: Store, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"This was a letter to my aunt. " * 200)
    for use in (in_file.check, in_file.status, lambda: in_file.feedback("ann", "a1", "up")):
        with pytest.raises(StoreDamaged, match="Move it away") as told:
            use()
        assert str(file) in str(told.value)
        assert str(file.parent) not in f"{told.value.message} {told.value.remedy}"
    assert file.read_bytes().startswith(b"This was a letter")


def test_a_file_damaged_inside_is_found(in_file: Store, file: Path) -> None:
    for n in range(200):
        in_file.feedback("ann", f"a{n}", "up", comment="worth keeping" * 20)
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + os.urandom(len(whole) - 8192))
    with pytest.raises(StoreDamaged, match="recover"):
        in_file.status()


def test_a_database_moved_away_under_a_running_server_is_made_anew(in_file: Store, file: Path) -> None:
    in_file.feedback("ann", "a1", "up")
    shutil.rmtree(file.parent)
    assert in_file.conversations("ann") == ()
    assert in_file.feedback("ann", "a1", "up").new
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("change", ["UPDATE meta SET value = '99'", "DELETE FROM meta"])
def test_a_database_of_another_shape_is_left_alone(in_file: Store, file: Path, change: str) -> None:
    in_file.feedback("ann", "a1", "up")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute(change)
    with closing(Store(url_of(file))) as newer:
        for use in (newer.check, lambda: newer.feedback("ann", "a2", "up")):
            with pytest.raises(StoreUnavailable, match="shape"):
                use()


def test_a_database_of_another_program_is_left_alone(in_file: Store, file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE feedback (stars INTEGER)")
    with pytest.raises(StoreUnavailable, match="another program"):
        in_file.feedback("ann", "a1", "up")
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("feedback",)]


def test_a_folder_that_cant_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with closing(Store(url_of(tmp_path / "taken" / "store.sqlite3"))) as store:
        for use in (store.check, lambda: store.feedback("ann", "a1", "up")):
            with pytest.raises(StoreUnavailable, match="permission"):
                use()


@pytest.mark.slow
def test_no_acknowledged_feedback_is_lost_to_a_kill(file: Path) -> None:
    url, acknowledged, sent_again = url_of(file), set(), 0
    kills = length(8, 50)
    for round_ in range(kills):
        first = max(0, len(acknowledged) - 2)  # the last ones are sent again, as after a lost reply
        with keeper(url, first, 1_000_000) as process:
            assert process.stdout is not None
            for _ in range(3 + 5 * (round_ % 8)):
                acknowledged.add(int(process.stdout.readline()))
            process.send_signal(signal.SIGKILL)
            acknowledged |= {int(line) for line in process.stdout.read().split()}
        sent_again += round_ > 0
    with closing(Store(url)) as store:
        kept = [int(each.answer_id.removeprefix("answer-")) for each in store.every_feedback()]
        store.status()
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept)) <= len(acknowledged) + kills
    assert sent_again == kills - 1


@pytest.mark.slow
def test_processes_that_begin_at_once_make_one_database(file: Path) -> None:
    processes = [keeper(url_of(file), n * 10, n * 10 + 10) for n in range(4)]
    for process in processes:
        with process:
            said, error = process.communicate()
            assert (process.returncode, len(said.split()), error) == (0, 10, "")
    with closing(Store(url_of(file))) as store:
        assert store.status().feedback == 40


def test_a_server_that_is_away_is_named_without_the_password() -> None:
    with closing(Store("postgresql://ann:hunter2@127.0.0.1:1/kept")) as store:
        with pytest.raises(StoreUnavailable) as told:
            store.feedback("ann", "a1", "up")
        assert "127.0.0.1:1/kept" in str(told.value)
        assert "127.0.0.1" not in f"{told.value.message} {told.value.remedy}"
        assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    ["", "hunter2", "mysql://ann:hunter2@db/kept", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://hunter2/x",
     "sqlite:///kept.db?hunter2=1", "postgresql://ann:hunter2@db:port/kept"],
)  # fmt: skip
def test_an_address_that_cant_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_DATABASE_URL") as refused:
        Store(url)
    assert "hunter2" not in str(refused.value)


def test_postgresql_without_its_driver_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"essay-assistant\[postgres\]"):
        Store("postgresql://db/kept")


DAMAGES = {
    "answer": "UPDATE messages SET answer = '{\"half' WHERE position = 0",
    "other answer": "UPDATE messages SET answer = '[]' WHERE position = 0",
    "time": "UPDATE messages SET created_at = 'yesterday', answer = '{}' WHERE position = 0",
    "no text": "UPDATE messages SET answer = CAST(X'7BFF' AS TEXT) WHERE position = 0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_one_damaged_row_is_left_out_counted_and_stops_nothing_else(in_file: Store, file: Path, damage: str) -> None:
    hurt = in_file.keep("ann", None, None, answer("First?"))
    in_file.keep("ann", hurt, None, answer("Second?"))
    other = in_file.keep("ann", None, None, answer("Other?"))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"{damage} AND conversation_id = '{hurt}'")
        connection.execute(f"UPDATE conversations SET updated_at = 'garbage' WHERE id = '{hurt}'")
    found = in_file.conversation("ann", hurt)
    assert ([each.question for each in found.exchanges], found.damaged) == (["Second?"], 1)
    assert {each.id: each.damaged for each in in_file.every_conversation()} == {hurt: 1, other: 0}
    assert {each.id for each in in_file.conversations("ann")} == {hurt, other}
    with pytest.raises(DamagedConversation, match="can't be read"):
        in_file.history("ann", hurt)
    assert len(in_file.history("ann", other)) == 2


def test_damaged_feedback_is_named_and_the_rest_is_exported(in_file: Store, file: Path) -> None:
    hurt = in_file.feedback("ann", "a", "up").id
    in_file.feedback("ann", "b", "down")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"UPDATE feedback SET created_at = 'garbage' WHERE id = '{hurt}'")
    damaged: list[str] = []
    assert [each.answer_id for each in in_file.every_feedback(damaged)] == ["b"]
    assert damaged == [hurt]
