import errno
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from index_samples import corpus, flip_bits, settings

from assistant.errors import IndexUnavailable
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.opened import ensure_index, open_index
from assistant.index.reader import OpenIndex
from assistant.index.weights import ModelIdentity

PARTS = ["manifest.json", "essays.json", "passages.json", "units.json", "canaries.npy", "keywords/sentence"]


def vectors(index: Path) -> Path:
    return next(path for path in index.iterdir() if path.name.startswith(index.name))


def cut(path: Path) -> None:
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def delete(path: Path) -> None:
    path.unlink() if path.is_file() else shutil.rmtree(path)


@pytest.mark.parametrize("harm", [cut, delete])
@pytest.mark.parametrize("part", PARTS)
def test_a_damaged_part_is_named_with_the_repair(part: str, harm: object, built: Path, embedder: Embedder) -> None:
    harm(built / part)  # type: ignore[operator]
    with pytest.raises(IndexUnavailable, match="Run: assistant index build") as caught:
        OpenIndex(built, embedder)
    assert Path(part).name in str(caught.value) or part == "manifest.json"


def test_vectors_deleted_after_the_build_are_noticed(built: Path, embedder: Embedder) -> None:
    for segment in vectors(built).iterdir():
        if segment.is_dir():
            shutil.rmtree(segment)
    with pytest.raises(IndexUnavailable, match="--force"):
        OpenIndex(built, embedder)


@pytest.mark.parametrize("harm", [cut, delete])
def test_a_damaged_vector_database_is_noticed_and_repaired_by_force(
    harm: object, built: Path, embedder: Embedder
) -> None:
    harm(vectors(built) / "chroma.sqlite3")  # type: ignore[operator]
    with pytest.raises(IndexUnavailable, match="--force"):
        OpenIndex(built, embedder)
    build_index(settings(built.parent), corpus(), embedder=embedder, force=True)
    with OpenIndex(built, embedder) as index:
        index.check()


@pytest.mark.parametrize("name", ["data_level0.bin", "link_lists.bin", "length.bin", "header.bin", "chroma.sqlite3"])
def test_flipped_bits_are_found_before_chroma_reads_them(name: str, built: Path, embedder: Embedder) -> None:
    """Chroma would end the process with SIGSEGV for some of them."""
    flip_bits(built, name)
    with pytest.raises(IndexUnavailable, match=rf"{name} is not as it was built\. Run: assistant index build --force"):
        OpenIndex(built, embedder)


def test_reading_changes_no_file_of_the_index(built: Path, embedder: Embedder) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in built.rglob("*") if path.is_file()}
    with OpenIndex(built, embedder) as index:
        index.check()
        assert index.nearest("sentence", index.encode(["honey"])[0], 3)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in built.rglob("*") if path.is_file()} == before


def test_an_open_index_answers_though_its_folder_is_removed(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as index:
        shutil.rmtree(built)
        index.check()
        assert index.nearest("question", index.encode(["crackling loaves"])[0], 1)


def test_without_room_for_a_copy_in_one_folder_another_is_taken(
    built: Path, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    copyfile = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        if everywhere or target.is_relative_to(tmp_path / "full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        copyfile(source, target)

    everywhere = False
    monkeypatch.setattr(shutil, "copyfile", full)
    with OpenIndex(built, embedder) as index:
        index.check()
    assert list((tmp_path / "full").iterdir()) == []
    everywhere = True
    with pytest.raises(IndexUnavailable, match=r"no room for a copy.*full: No space.*TMPDIR"):
        OpenIndex(built, embedder)


def test_the_advice_names_what_can_work(built: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    flip_bits(built, "length.bin")
    usage = shutil.disk_usage(built)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    with pytest.raises(IndexUnavailable, match=r"Free \d+ MB of disk space\. Run: assistant index build --force"):
        OpenIndex(built, embedder)


def test_a_missing_vector_folder_is_not_made_anew(built: Path, embedder: Embedder) -> None:
    gone = vectors(built)
    shutil.rmtree(gone)
    with pytest.raises(IndexUnavailable, match="missing"):
        OpenIndex(built, embedder)
    assert not gone.exists()


def test_a_damaged_current_index_is_reported_not_hidden(built: Path) -> None:
    cut(built / "essays.json")
    with pytest.raises(IndexUnavailable, match=r"essays.json.*--force"):
        ensure_index(settings(built.parent), corpus())


def test_an_index_that_is_not_there_names_the_command(tmp_path: Path, embedder: Embedder) -> None:
    with pytest.raises(IndexUnavailable, match=r"There is no index.*assistant index build"):
        open_index(settings(tmp_path), "0123456789abcdef", embedder=embedder)


class OtherModel(Embedder):
    identity = ModelIdentity(name="some/other-model", weights_sha256="0" * 64)  # type: ignore[assignment]


def test_an_index_of_another_model_is_refused(built: Path) -> None:
    with pytest.raises(IndexUnavailable, match=r"some/other-model.*Run: assistant index build"):
        OpenIndex(built, OtherModel())


@pytest.mark.parametrize("version", [1, 99])
def test_an_index_of_another_version_is_refused_by_name_and_left_alone(
    version: int, built: Path, embedder: Embedder
) -> None:
    manifest = json.loads((built / "manifest.json").read_bytes())
    manifest["content"] = {"schema_version": version, "of another": "form"}
    (built / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IndexUnavailable, match=r"built by another version\. Run: assistant index build$"):
        OpenIndex(built, embedder)
    other = built.rename(built.with_name("0123456789abcdef"))
    with ensure_index(settings(built.parent), corpus()) as index:
        assert (index.notices, index.manifest.reused) == ((), 0)
    assert other.is_dir()


def test_the_old_text_stays_with_the_old_index(built: Path, embedder: Embedder) -> None:
    build_index(settings(built.parent), corpus(boats="Boats are made of steel now."), embedder=embedder)
    with OpenIndex(built, embedder) as old:
        assert "Larch planks" in old.essays["boats"].text
        assert old.essays["boats"].author == "Writer of boats"
        for unit in old.units("passage"):
            assert old.essays[unit.source_id].text[unit.start : unit.end] in unit.text


def test_asking_for_more_than_there_is_gives_all_best_first(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as index:
        found = index.nearest("passage", index.encode(["boats"])[0], 1000)
        assert {unit.id for unit, _ in found} == {unit.id for unit in index.units("passage")}
        similarities = [similarity for _, similarity in found]
        assert similarities == sorted(similarities, reverse=True)
        exact = index.vectors_of("passage", [found[0][0].id])[0] @ index.encode(["boats"])[0]
        assert similarities[0] == pytest.approx(float(exact), abs=1e-5)


def test_one_index_opened_twice_answers_twice(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as one:
        with OpenIndex(built, embedder) as two:
            two.check()
        one.check()


def test_a_vector_nobody_stored_is_missed(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as index, pytest.raises(IndexUnavailable, match="1 vectors"):
        index.vectors_of("passage", ["no such passage"])
