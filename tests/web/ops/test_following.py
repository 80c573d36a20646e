"""A running server changes to documents that were added, without a question that fails."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from assistant import Assistant
from assistant.corpus.loading import corpus_stamp, load_corpus
from assistant.errors import IndexBusy, IndexUnavailable
from assistant.index.build import build_index
from assistant.index.folder import MANIFEST, build_lock
from assistant.index.leases import unleased
from assistant.settings import Settings, load_settings
from assistant.web import following
from assistant.web.app import create_app
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.following import Follower, build_apart

POLICY = "# Remote work\n\nEverybody may work from home three days a week.\n"
TEA = "# Tea kitchen\n\nThe tea kitchen opens at seven in the morning.\n"
ASKED = "When does the tea kitchen open?"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "policy.md").write_text(POLICY)
    places = {"index": tmp_path / "index", "database_url": f"sqlite:///{tmp_path}/kept.sqlite3"}
    return load_settings(corpus=str(tmp_path / "docs"), rate_limit="", **places)


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Shelf, Follower]]:
    """A shelf, and a follower that looks when it is told to."""
    stamps = {DEFAULT: corpus_stamp(settings)}
    shelf = Shelf({DEFAULT: Assistant(settings)})
    try:
        yield shelf, Follower(shelf, stamps)
    finally:
        shelf.default.close()


def add(settings: Settings) -> None:
    (settings.corpus_dirs[0] / "tea.md").write_text(TEA)


async def test_added_documents_are_served_and_no_question_fails_meanwhile(settings: Settings) -> None:
    with opened(settings) as (shelf, follower):
        app = create_app(shelf)
        transport = httpx.ASGITransport(app)
        follower.look(DEFAULT)
        before = shelf.default
        add(settings)
        done = threading.Event()

        def look() -> None:
            try:
                follower.look(DEFAULT)  # sees the change, which may go on
                follower.look(DEFAULT)  # sees that it stands still
            finally:
                done.set()

        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            looking = threading.Thread(target=look)
            looking.start()
            replies = []
            while not done.is_set():
                replies.append(await client.post("/api/ask", json={"question": "How many days may I work from home?"}))
            looking.join()
            assert {reply.status_code for reply in replies} == {200}
            assert all(reply.json()["citations"] for reply in replies)
            assert "tea" in {each["id"] for each in (await client.get("/api/sources")).json()["sources"]}
            assert "seven" in (await client.post("/api/ask", json={"question": ASKED})).json()["answer"]
            assert (await client.get("/read/tea")).status_code == 200
        assert before.ask("How many days may I work from home?").citations  # whoever has it yet can use it
        folder = before.index.folder
        with unleased(folder / MANIFEST) as free:
            assert not free
        del before
        gc.collect()
        with unleased(folder / MANIFEST) as free:
            assert free
        app.state.web.store.close()


def test_while_somebody_builds_the_server_waits_and_then_takes_what_was_built(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "build_apart", None)
    with opened(settings) as (shelf, follower):
        add(settings)
        with build_lock(settings.index_dir, 0):
            follower.look(DEFAULT)
            follower.look(DEFAULT)
        assert "tea" not in shelf.default.essays
        build_index(settings, load_corpus(settings), embedder=shelf.default.index.embedder)
        follower.look(DEFAULT)
        assert "tea" in shelf.default.essays


def test_what_was_opened_from_an_older_index_is_changed_for_the_new_one(settings: Settings) -> None:
    Assistant(settings).close()
    add(settings)
    with build_lock(settings.index_dir, 0), opened(settings) as (shelf, follower):
        assert shelf.default.index.notices
        assert "being rebuilt" in shelf.default.ask("How many days may I work from home?").notices[0]
        follower.look(DEFAULT)
        assert "tea" not in shelf.default.essays
    with opened(settings) as (shelf, follower):
        assert not shelf.default.index.notices


def test_documents_that_can_not_be_served_leave_the_old_ones_answering(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fails(*_: object) -> None:
        tried.append("build")
        raise IndexUnavailable("The disk is full.", "Free disk space.")

    monkeypatch.setattr(following, "build_apart", fails)
    with opened(settings) as (shelf, follower):
        add(settings)
        for _ in range(4):
            follower.look(DEFAULT)
        assert tried == ["build"]
        assert "three days" in shelf.default.ask("How many days may I work from home?").answer


def test_a_build_apart_beside_another_one_is_none(settings: Settings) -> None:
    settings.index_dir.mkdir()
    with build_lock(settings.index_dir, 0), pytest.raises(IndexBusy):
        build_apart(settings, threading.Event())


def test_a_build_apart_ends_with_the_server(settings: Settings) -> None:
    ended = threading.Event()
    ended.set()
    with pytest.raises(IndexBusy):
        build_apart(settings, ended)


def test_a_build_apart_that_fails_says_why(settings: Settings) -> None:
    settings.index_dir.write_text("no folder")
    with pytest.raises(IndexUnavailable, match=r"can't be written.*ASSISTANT_INDEX"):
        build_apart(settings, threading.Event())
