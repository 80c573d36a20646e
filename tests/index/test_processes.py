"""Several processes on one index folder: killed builders, two builders, full disks, readers who may not write."""

import errno
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from index_samples import BEES, BOATS, BREAD, corpus, settings
from lengths import length

from assistant.errors import IndexBusy, IndexUnavailable
from assistant.index import reader
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.folder import complete_indexes
from assistant.index.opened import ensure_index, index_status
from assistant.index.reader import OpenIndex

Child = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "promoted"),
    [
        ("embed 0", False),
        ("store end", False),
        ("check 0", False),
        ("check end", False),
        ("os.rename 2", False),
        ("shutil.rmtree 1", True),
    ],
)
def test_a_killed_builder_leaves_the_old_index_answering(
    moment: str, promoted: bool, built: Path, embedder: Embedder, child: Child
) -> None:
    for number in range(2 if promoted else 0):  # so that something is pruned after the promotion
        build_index(settings(built.parent), corpus(boats=f"Boat {number} floats."), embedder=embedder)
    older = complete_indexes(built.parent)[0][0]
    killed = child("build", built.parent, moment)
    output = killed.communicate(timeout=60)
    assert killed.returncode == -9, output
    assert index_status(settings(built.parent), corpus(boats="")).current == promoted
    with OpenIndex(older, embedder) as index:
        index.check()
    new = build_index(settings(built.parent), corpus(boats=""), embedder=embedder)
    assert new in [folder for folder, _ in complete_indexes(built.parent)]
    assert new != older
    with OpenIndex(new, embedder) as index:
        index.check()
    if not promoted:
        assert not list(built.parent.glob(".building-*"))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_at_whatever_touch_of_a_file_a_builder_is_killed_every_index_is_whole(
    built: Path, embedder: Embedder, child: Child, tmp_path: Path
) -> None:
    """Kills spread evenly over all that one build does with files, while one reader keeps the old index open."""
    kills = length(5, 50)
    copy = Path(shutil.copytree(built.parent, tmp_path / "counted"))
    touches = int(child("build", copy, "").communicate(timeout=60)[0])
    killed = []
    with OpenIndex(built, embedder) as reader:
        for number in range(kills):
            with child("build", built.parent, f"file {1 + number * touches // kills}") as process:
                process.communicate(timeout=60)
            killed.append(process.returncode == -9)
            reader.check()
            for folder, _ in complete_indexes(built.parent):
                with OpenIndex(folder, embedder) as index:
                    index.check()
                if folder != built:
                    shutil.rmtree(folder)  # the next one has all to do again
    assert killed.count(True) > 0.8 * kills  # a build that goes on where another was killed touches a few files less


def test_a_second_process_hears_that_one_is_building(built: Path, embedder: Embedder, child: Child) -> None:
    builder = child("hold", built.parent)
    assert builder.stdout is not None
    assert builder.stdout.readline() == "holding\n"
    with pytest.raises(IndexBusy):  # and doesn't wait for the end of the other, which waits for us
        build_index(settings(built.parent), corpus(boats=""), embedder=embedder)
    output = builder.communicate("go on\n", timeout=60)
    assert builder.returncode == 0, output
    assert len(complete_indexes(built.parent)) == 2


def test_a_corpus_asked_for_while_another_is_built_waits_for_its_own_index(built: Path, child: Child) -> None:
    builder = child("hold", built.parent)
    assert builder.stdout is not None
    assert builder.stdout.readline() == "holding\n"
    waits = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        other = settings(built.parent, corpus="/elsewhere")
        opened = pool.submit(ensure_index, other, corpus(bees="Bees are a nuisance."), lambda *_: waits.set())
        waits.wait()
        output = builder.communicate("go on\n", timeout=60)
        assert builder.returncode == 0, output
        with opened.result() as index:
            assert index.essays["bees"].text == "Bees are a nuisance."
            assert index.notices == ()


@pytest.mark.slow
def test_a_full_disk_is_named_and_the_old_index_answers(built: Path, embedder: Embedder, child: Child) -> None:
    builder = child("full", built.parent, "100000")
    said, errors = builder.communicate(timeout=60)
    assert builder.returncode == 1, errors
    assert said.startswith("IndexUnavailable: ")
    assert "disk space" in said
    assert [folder for folder, _ in complete_indexes(built.parent)] == [built]
    assert not list(built.parent.glob(".building-*"))
    with OpenIndex(built, embedder) as index:
        index.check()


def test_an_index_that_can_not_be_rebuilt_answers_still_and_says_so(
    built: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("assistant.index.build.write_json", full)
    edited = {
        name: text + "One sentence is new.\n" for name, text in (("bees", BEES), ("boats", BOATS), ("bread", BREAD))
    }
    for texts in ({"goats": "Goats climb."}, {"bees": edited["bees"]}, edited):
        with ensure_index(settings(built.parent), corpus(**texts)) as index:
            assert "could not be rebuilt" in index.notices[0]
            assert index.fingerprint == built.name
    with pytest.raises(IndexUnavailable, match=r"can't be written \(No space.*Free disk space"):
        ensure_index(settings(built.parent), corpus(boats=""))  # nothing answers for what is gone


@pytest.fixture
def read_only(built: Path) -> Iterator[Path]:
    """The index in a folder that may be read, not written."""
    paths = [built.parent, *built.parent.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield built
    for path in paths:
        path.chmod(0o755)


@pytest.mark.slow
def test_a_reader_who_may_not_write_searches_a_private_copy(read_only: Path, child: Child) -> None:
    before = {path: path.stat().st_mtime_ns for path in read_only.rglob("*")}
    reading = child("bound", read_only.parent, read_only.name)
    said, errors = reading.communicate(timeout=60)
    assert reading.returncode == 0, said + errors
    assert json.loads(said)["found"]
    assert {path: path.stat().st_mtime_ns for path in read_only.rglob("*")} == before


@pytest.mark.parametrize("end", ["go on\n", "kill"])
def test_no_build_removes_what_another_process_reads(end: str, built: Path, embedder: Embedder, child: Child) -> None:
    reading = child("lease", built.parent, built.name)
    assert reading.stdout is not None
    assert reading.stdout.readline() == "open\n"
    for number in range(4):
        build_index(settings(built.parent), corpus(boats=f"Boat {number} floats."), embedder=embedder)
    assert len(complete_indexes(built.parent)) == 4  # the newest, two older ones, and the one that is read
    assert built.is_dir()
    if end == "kill":
        reading.kill()
        reading.communicate(timeout=60)
    else:
        assert reading.communicate(end, timeout=60)[0] == "fine\n"
    build_index(settings(built.parent), corpus(boats=""), embedder=embedder)
    assert not built.exists()


def test_a_private_copy_goes_with_its_reader(built: Path, child: Child, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    reading = child("lease", built.parent, built.name, env=os.environ | {"TMPDIR": str(tmp_path / "tmp")})
    assert reading.stdout is not None
    assert reading.stdout.readline() == "open\n"
    assert [path.name for path in (tmp_path / "tmp").glob(".essay-assistant-*/*.sqlite3")] == ["chroma.sqlite3"]
    reading.communicate("go on\n", timeout=60)
    assert not list((tmp_path / "tmp").glob(".essay-assistant-*"))


def test_the_next_reader_removes_what_a_killed_one_left_and_nothing_else(
    built: Path, embedder: Embedder, child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(reader, "JUST_MADE", -1.0)
    killed = child("lease", built.parent, built.name, env=os.environ | {"TMPDIR": str(tmp_path / "tmp")})
    assert killed.stdout is not None
    assert killed.stdout.readline() == "open\n"
    (left,) = (tmp_path / "tmp").glob(".essay-assistant-*")
    with OpenIndex(built, embedder):
        assert left.exists()
    killed.kill()
    killed.communicate(timeout=60)
    assert left.exists()
    with OpenIndex(built, embedder):
        assert not left.exists()


def test_opening_and_status_load_no_torch(built: Path, child: Child) -> None:
    said, errors = child("read", built.parent, built.name).communicate(timeout=60)
    report = json.loads(said or errors)
    assert report == {"found": True, "torch": False}
