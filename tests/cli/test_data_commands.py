"""``assistant data``: what an operator sees, takes out and deletes."""

import json
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from assistant.store import Store
from assistant.types import Answer

Run = Callable[..., Result]
ANSWER = Answer(
    id="a1", question="What is RAG? 🦜", standalone_question="What is RAG?", answer="Looking up.", model="extractive",
    prompt_sha256="", index_fingerprint="",
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "kept" / "store.sqlite3"
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", f"sqlite:///{found}")
    return found


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{file}")) as opened:
        for owner in ("ann", "ben"):
            opened.keep(owner, None, None, ANSWER)
            opened.feedback(owner, "a1", "up", comment="Good.")
        yield opened


def counts(store: Store) -> tuple[int, int]:
    found = store.status()
    return found.conversations, found.feedback


def test_status_tells_where_and_how_much_and_makes_nothing(run: Run, file: Path) -> None:
    told = run("data", "status", "--json")
    assert json.loads(told.stdout) == {
        "place": str(file), "bytes": 0, "conversations": 0, "exchanges": 0, "feedback": 0,
    }  # fmt: skip
    assert not file.parent.exists()


def test_status_for_people(run: Run, store: Store, file: Path) -> None:
    told = run("data", "status").stdout
    assert str(file) in told
    assert "Conversations: 2, with 2 questions" in told
    assert "Conversations are kept: no. What is kept stays 30 days." in told


def test_status_finds_a_damaged_file(run: Run, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database " * 1000)
    told = run("data", "status")
    assert told.exit_code == 1
    assert "damaged" in told.stderr


def test_everything_is_exported_as_json_lines(run: Run, store: Store) -> None:
    lines = [json.loads(line) for line in run("data", "export").stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["conversation"] * 2 + ["feedback"] * 2
    assert {line["owner"] for line in lines} == {"ann", "ben"}
    assert all(Answer.model_validate(line["exchanges"][0]["answer"]) == ANSWER for line in lines[:2])
    assert [line["comment"] for line in lines[2:]] == ["Good.", "Good."]


@pytest.mark.parametrize(("what", "kind"), [("feedback", "feedback"), ("conversations", "conversation")])
def test_one_kind_is_exported_to_a_new_file_for_its_owner_alone(
    run: Run, store: Store, tmp_path: Path, what: str, kind: str
) -> None:
    out = tmp_path / "out.jsonl"
    told = run("data", "export", "--what", what, "--out", out)
    assert told.stdout == ""
    assert [json.loads(line)["kind"] for line in out.read_text(encoding="utf-8").splitlines()] == [kind] * 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = run("data", "export", "--out", out)
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_half_an_export_is_not_left_behind(run: Run, file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database " * 1000)
    assert run("data", "export", "--out", tmp_path / "out.jsonl").exit_code == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_deleting_asks_first_and_takes_one_owners_alone(run: Run, store: Store) -> None:
    assert run("data", "delete", "--owner", "ann", input="n\n").exit_code == 1
    assert counts(store) == (2, 2)
    assert run("data", "delete", "--owner", "ann", input="y\n").stdout.endswith("conversations 1, feedback 1\n")
    assert [each.owner for each in store.every_conversation()] == ["ben"]
    told = run("data", "delete", "--all", "--yes", "--json")
    assert json.loads(told.stdout) == {"conversations": 1, "feedback": 1}
    assert counts(store) == (0, 0)


@pytest.mark.parametrize("arguments", [(), ("--all", "--owner", "ann")])
def test_deleting_has_to_be_told_whose(run: Run, store: Store, arguments: tuple[str, ...]) -> None:
    assert run("data", "delete", "--yes", *arguments).exit_code == 2
    assert counts(store) == (2, 2)


def test_purging_takes_what_is_older_than_the_setting(run: Run, store: Store, file: Path) -> None:
    assert json.loads(run("data", "purge", "--json").stdout) == {"conversations": 0, "feedback": 0}
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE feedback SET updated_at = '2020-02-02 00:00:00.000000' WHERE owner = 'ann'")
    assert json.loads(run("data", "purge", "--json").stdout) == {"conversations": 0, "feedback": 1}
    assert counts(store) == (2, 1)


def test_a_retention_beyond_the_calendar_is_a_sentence(run: Run, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("data", "purge", "--days", "36500").exit_code == 0
    told = run("data", "purge", "--days", "740000")
    assert told.exit_code == 2
    assert "--days can't be more than 36,500" in told.stderr
    monkeypatch.setenv("ASSISTANT_RETENTION_DAYS", "740000")
    told = run("data", "purge")
    assert told.exit_code == 2
    assert "ASSISTANT_RETENTION_DAYS: Input should be less than or equal to 36500." in told.stderr


def test_purging_where_all_is_kept_for_ever_says_so(run: Run, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_RETENTION_DAYS", "0")
    told = run("data", "purge")
    assert "kept for ever" in told.stderr
    assert counts(store) == (2, 2)


def test_an_export_names_what_is_damaged_and_writes_the_rest(run: Run, store: Store, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE messages SET answer = '{' WHERE id = 1")
    told = run("data", "export")
    assert (told.exit_code, len(told.stdout.splitlines())) == (0, 4)
    assert "Left out, because they are damaged: 1 questions of the conversation" in told.stderr
