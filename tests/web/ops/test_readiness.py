"""Whether the server says that it can't answer, and how that is repaired."""

import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from thread_server import under

from assistant import Assistant
from assistant.errors import IndexUnavailable
from assistant.index.reader import OpenIndex
from assistant.settings import bundled_corpus, load_settings
from assistant.web import health
from assistant.web.app import create_app
from assistant.web.catalog import changed
from assistant.web.health import DiskCheck
from assistant.web.server import warm_up


@pytest.fixture
def served(
    index_dir: Path, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Assistant]:
    """An assistant over documents and an index of its own; the model that is loaded already is shared."""
    monkeypatch.setattr(health, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(health, "WAIT_SECONDS", 60.0)  # what is found hangs on no other work of this machine
    shutil.copytree(index_dir, tmp_path / "index")
    shutil.copytree(bundled_corpus(), tmp_path / "corpus")
    chosen = {"index": tmp_path / "index", "corpus": str(tmp_path / "corpus")}
    own = under(assistant, load_settings(database_url=f"sqlite:///{tmp_path}/kept.sqlite3", **chosen))
    warm_up(assistant)
    with OpenIndex(tmp_path / "index" / assistant.index.fingerprint, assistant.index.embedder) as own.index:
        yield own


async def ready(
    assistant: Assistant, happens: Callable[[Assistant], object] = lambda _: None
) -> tuple[int, dict[str, Any]]:
    """Status, and checks by name, of a server under which something ``happens``."""
    app = create_app(assistant)
    happens(assistant)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        reply = await client.get("/readyz", timeout=60)
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.head("/healthz")).status_code == 200
        assert (await client.head("/readyz", timeout=60)).status_code == reply.status_code
    app.state.web.store.close()
    report = reply.json()
    assert report["ready"] == all(check["ok"] for check in report["checks"])
    return reply.status_code, {check["name"]: check for check in report["checks"]}


def vectors(assistant: Assistant) -> Path:
    return assistant.index.folder / assistant.index.manifest.vectors


def remove_vectors(assistant: Assistant) -> None:
    shutil.rmtree(vectors(assistant))


def remove_neighbours(assistant: Assistant) -> None:
    for folder in vectors(assistant).iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


def remove_index(assistant: Assistant) -> None:
    shutil.rmtree(assistant.index.folder)


def truncate(assistant: Assistant) -> None:
    file = assistant.index.folder / "units.json"
    file.write_bytes(file.read_bytes()[:1000])


def flip_a_bit(assistant: Assistant) -> None:
    file = assistant.index.folder / "passages.json"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def empty_database(assistant: Assistant) -> None:
    (vectors(assistant) / "chroma.sqlite3").write_bytes(b"")


async def test_a_server_that_is_well_says_what_it_looked_at(served: Assistant) -> None:
    status, checks = await ready(served)
    assert status == 200
    assert set(checks) == {"index", "documents", "database", "limits", "chat model"}
    assert served.index.fingerprint in checks["index"]["detail"]
    assert "stale" not in checks["documents"]["detail"]


def flip_vectors(assistant: Assistant) -> None:
    file = max(vectors(assistant).rglob("data_level0.bin"), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    for number in range(40):
        data[number * len(data) // 40] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [remove_vectors, remove_neighbours, remove_index, truncate, flip_a_bit, flip_vectors, empty_database],
)
async def test_an_index_damaged_under_a_running_server_is_told_with_the_repair_and_answers_on(
    served: Assistant, damage: Callable[[Assistant], None]
) -> None:
    status, checks = await ready(served, damage)
    assert status == 503
    assert not checks["index"]["ok"]
    assert "assistant index build" in checks["index"]["repair"]
    assert checks["database"]["ok"]
    assert served.ask("What is RAG good for?").citations


async def test_another_process_that_opens_the_index_changes_nothing(
    served: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = DiskCheck()
    disk.check(served.index.folder)
    with OpenIndex(served.index.folder, served.index.embedder) as other:
        other.check()
    monkeypatch.setattr(health, "check_files", None)  # nothing is even read again
    disk.check(served.index.folder)
    os.utime(served.index.folder / "units.json")
    with pytest.raises(TypeError):
        disk.check(served.index.folder)


async def test_a_database_that_is_locked_is_a_fault_while_it_is_locked(served: Assistant, tmp_path: Path) -> None:
    app = create_app(served)
    app.state.web.store.feedback("ann", "a1", "up")
    with closing(sqlite3.connect(tmp_path / "kept.sqlite3", isolation_level=None)) as other:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            assert (await client.get("/readyz", timeout=60)).status_code == 200
            other.execute("BEGIN IMMEDIATE")
            locked = await client.get("/readyz", timeout=60)
            other.execute("ROLLBACK")
            assert (await client.get("/readyz", timeout=60)).status_code == 200
    app.state.web.store.close()
    assert locked.status_code == 503
    assert [c["name"] for c in locked.json()["checks"] if not c["ok"]] == ["database"]


async def test_documents_that_changed_are_told_and_the_old_index_answers(served: Assistant, tmp_path: Path) -> None:
    essay = tmp_path / "corpus" / "pan-framework.md"
    status, checks = await ready(served, lambda _: essay.write_text(f"{essay.read_text()}\n\nOne more sentence.\n"))
    assert status == 200
    assert "stale: pan-framework changed" in checks["documents"]["detail"]
    assert "assistant index build" in checks["documents"]["detail"]
    cited = served.ask("What is RAG good for?").citations
    assert all(served.essays[c.source_id].text[c.start : c.end] == c.quote for c in cited)
    assert cited


async def test_a_check_that_takes_long_holds_up_no_report_and_is_a_fault_only_once_it_hangs(
    served: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "WAIT_SECONDS", 0.2)
    release = threading.Event()
    monkeypatch.setattr(DiskCheck, "check", lambda *_: release.wait())
    status, checks = await ready(served)
    assert status == 200
    assert "looking again" in checks["index"]["detail"]
    monkeypatch.setattr(health, "HUNG_SECONDS", 0.1)
    status, checks = await ready(served)
    release.set()
    assert status == 503
    assert re.search(r"not ended after \d+ seconds", checks["index"]["detail"])  # the seconds are the machine's


async def test_what_is_found_too_late_for_one_report_is_in_the_next(
    served: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "WAIT_SECONDS", 0.2)
    reported, looked = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        if looked.is_set():
            time.sleep(60)  # the second look finds nothing in time either
        reported.wait()
        looked.set()
        raise IndexUnavailable("It is damaged.", "Build it.")

    monkeypatch.setattr(DiskCheck, "check", slow)
    app = create_app(served)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        assert (await client.get("/readyz", timeout=60)).status_code == 200
        reported.set()
        while "It is damaged." not in (reply := await client.get("/readyz", timeout=60)).text:
            assert reply.status_code == 200
    app.state.web.store.close()
    assert reply.status_code == 503


async def test_who_gave_no_key_is_told_what_is_not_well_but_no_path_document_or_model(
    served: Assistant, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"no database" * 500)
    settings = {"api_keys": "alice:alices-key-0123456789", "database_url": f"sqlite:///{damaged}"}
    app = create_app(under(served, changed(served.settings, **settings)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        stranger = await client.get("/readyz", timeout=60)
        known = await client.get("/readyz", timeout=60, headers={"Authorization": "Bearer alices-key-0123456789"})
    app.state.web.store.close()
    assert stranger.status_code == known.status_code == 503
    assert str(damaged) in known.text
    assert str(damaged) not in stranger.text
    assert {c["detail"] for c in stranger.json()["checks"]} == {""}
    assert [c["ok"] for c in stranger.json()["checks"]] == [c["ok"] for c in known.json()["checks"]]


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", False), ("127.0.0.1", True)])
async def test_an_open_server_tells_what_it_found_on_its_own_machine_alone(
    served: Assistant, tmp_path: Path, host: str, told: bool
) -> None:
    database = tmp_path / "damaged.sqlite3"
    database.write_bytes(b"no database" * 500)
    settings = {"host": host, "allow_public": True, "database_url": f"sqlite:///{database}"}
    app = create_app(under(served, changed(served.settings, **settings)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        reply = await client.get("/readyz", timeout=60)
    app.state.web.store.close()
    assert reply.status_code == 503
    assert (str(tmp_path) in reply.text, served.index.fingerprint in reply.text) == (told, told)
    assert [c["name"] for c in reply.json()["checks"] if not c["ok"]] == ["database"]
