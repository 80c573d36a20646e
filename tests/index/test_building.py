import hashlib
from pathlib import Path

import pytest
from index_samples import BEES, corpus, flip_bits, settings

from assistant.errors import IndexBusy, IndexUnavailable
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.folder import build_lock, complete_indexes, promote
from assistant.index.opened import ensure_index, index_status, open_index
from assistant.index.reader import OpenIndex
from assistant.index.weights import BUNDLED_SHA256

EXTRA = BEES + "\nA swarm in May is worth a load of hay, beekeepers say.\n"


def snapshot(folder: Path) -> dict[str, str]:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_built_index_answers(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as index:
        vector = index.encode(["What makes the crust crispy?"])[0]
        unit, similarity = index.nearest("sentence", vector, 3)[0]
        assert "crisp crust" in index.essays[unit.source_id].text[unit.start : unit.end]
        assert 0.3 < similarity < 1
        scores = index.keyword_scores("passage", "honey in winter")
        assert "honey" in index.units("passage")[scores.argmax()].text


def test_building_what_is_there_already_changes_nothing(built: Path, embedder: Embedder) -> None:
    before = snapshot(built)
    assert build_index(settings(built.parent), corpus(), embedder=embedder) == built
    assert snapshot(built) == before


def test_only_changed_documents_are_embedded_again(built: Path, embedder: Embedder) -> None:
    told: list[tuple[str, int, int]] = []
    new = build_index(settings(built.parent), corpus(bees=EXTRA), lambda *step: told.append(step), embedder=embedder)
    with OpenIndex(new, embedder) as index:
        changed = {unit.text for kind in ("passage", "sentence") for unit in index.units(kind) if "swarm" in unit.text}
        assert index.manifest.embedded == len(changed) == 2
        assert index.manifest.embedded + index.manifest.reused == sum(index.manifest.counts.values())
        index.check()
        text = index.units("sentence")[-1].text
        assert index.nearest("sentence", embedder.encode([text])[0], 1)[0][1] > 0.999
    assert told[:3] == [("load", 0, 1), ("load", 1, 1), ("embed", 0, 2)]
    assert told[-1][0] == "check"


def test_force_embeds_everything_again(built: Path, embedder: Embedder) -> None:
    build_index(settings(built.parent), corpus(), embedder=embedder, force=True)
    with OpenIndex(built, embedder) as index:
        assert index.manifest.reused == 0
        assert index.manifest.embedded == sum(index.manifest.counts.values())


def test_a_forced_rebuild_leaves_an_open_index_answering(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as old:
        vectors = {old.manifest.vectors}
        for _ in range(2):
            build_index(settings(built.parent), corpus(), embedder=embedder, force=True)
            old.check()
            with OpenIndex(built, embedder) as new:
                new.check()
                vectors.add(new.manifest.vectors)
    assert len(vectors) == 3
    build_index(settings(built.parent), corpus(boats=""), embedder=embedder)
    assert not list(built.parent.glob(".building-*"))


def test_where_folders_cannot_be_swapped_the_old_one_is_moved_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.index.folder.sys.platform", "elsewhere")
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    promote(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["new"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["old"]


def test_the_two_newest_older_indexes_are_kept(built: Path, embedder: Embedder) -> None:
    made = [built]
    for number in range(3):
        made.append(
            build_index(settings(built.parent), corpus(boats=f"Boat number {number} sails."), embedder=embedder)
        )
    assert [folder for folder, _ in complete_indexes(built.parent)] == made[:0:-1]
    assert not list(built.parent.glob(".building-*"))


def test_nothing_of_a_deleted_document_is_left_after_a_forced_build(built: Path, embedder: Embedder) -> None:
    def holding(words: str) -> list[Path]:
        return [path for path in built.parent.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]

    assert holding("Larch planks")
    new = build_index(settings(built.parent), corpus(boats=""), embedder=embedder)
    assert not [path for path in holding("Larch planks") if new in path.parents]
    build_index(settings(built.parent), corpus(boats=""), embedder=embedder, force=True)
    assert not holding("Larch")


def test_pruning_leaves_other_corpora_their_indexes(built: Path, embedder: Embedder) -> None:
    elsewhere = settings(built.parent, corpus="/elsewhere")
    others = [build_index(elsewhere, corpus(**OTHER, goats=text), embedder=embedder) for text in ("One.", "Two.")]
    for number in range(4):
        build_index(settings(built.parent), corpus(boats=f"Boat number {number} sails."), embedder=embedder)
    left = [folder for folder, _ in complete_indexes(built.parent)]
    assert set(others) < set(left)
    assert len(left) == 5


def test_a_stale_index_says_why_in_plain_words(built: Path) -> None:
    config = settings(built.parent)
    assert index_status(config, corpus()).current
    assert index_status(config, corpus()).reasons == []
    status = index_status(config, corpus(bees=EXTRA, boats="", goats="Goats climb."))
    assert not status.current
    assert status.fingerprint == built.name != status.wanted
    assert status.reasons == ["bees changed", "boats is gone", "goats is new"]
    elsewhere = index_status(settings(built.parent, chroma_url="http://user:secret@localhost:1"), corpus())
    assert elsewhere.reasons == ["the vectors' place differs (local folder, now http://localhost:1)"]


def test_without_an_index_the_status_says_so(tmp_path: Path) -> None:
    status = index_status(settings(tmp_path / "none"), corpus())
    assert (status.current, status.fingerprint) == (False, None)
    assert status.reasons == ["this version has no index of these documents"]
    assert not (tmp_path / "none").exists()


def test_changed_metadata_or_questions_make_the_index_stale(built: Path) -> None:
    config, now = settings(built.parent), corpus()
    retitled = now.model_copy(update={"essays": (*now.essays[:2], now.essays[2].model_copy(update={"author": "X"}))})
    assert index_status(config, retitled).reasons == ["title, author or other data of bread changed"]
    assert index_status(config, now.model_copy(update={"hints": ()})).reasons == ["the questions for bread changed"]


def test_a_second_builder_is_told_at_once(built: Path, embedder: Embedder) -> None:
    with build_lock(built.parent, 0), pytest.raises(IndexBusy, match="Another process"):
        build_index(settings(built.parent), corpus(boats=""), embedder=embedder)


def test_while_another_builds_the_older_index_of_the_same_documents_answers_with_a_notice(built: Path) -> None:
    with build_lock(built.parent, 0), ensure_index(settings(built.parent), corpus(bees=EXTRA, goats="Hi.")) as index:
        assert index.fingerprint == built.name
        assert "being rebuilt" in index.notices[0]
        assert "bees" in index.essays


OTHER = {"bees": "Bees are a nuisance here.", "bread": "Bread is bought.", "boats": "Boats are forbidden."}


@pytest.mark.parametrize(
    ("folder", "texts"),
    [
        ("/elsewhere", OTHER),
        ("/elsewhere", {"bees": EXTRA}),  # the same ids and texts, but of other folders
        (None, OTHER),  # another corpus at the same place, with files of the same names
        (None, {"bees": "", "boats": "", "bread": "", "goats": "Goats climb."}),
        (None, {"boats": ""}),  # what is gone is not quoted any more
    ],
)
def test_no_index_of_another_corpus_answers_while_the_own_one_is_built(
    folder: str | None, texts: dict[str, str], built: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    with build_lock(built.parent, 0), pytest.raises(IndexBusy, match="Wait for it"):
        ensure_index(settings(built.parent, corpus=folder), corpus(**texts), lambda *step: told.append(step), wait=0.2)
    assert told == [("wait", 0, 1)]


def test_the_status_compares_with_no_other_corpus(built: Path) -> None:
    assert index_status(settings(built.parent, corpus="/elsewhere"), corpus(**OTHER)).reasons == [
        "this version has no index of these documents"
    ]
    same = index_status(settings(built.parent, corpus="/elsewhere"), corpus())
    assert same.current  # what is indexed is the same to the letter


def test_without_an_older_index_the_first_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with build_lock(tmp_path, 0), pytest.raises(IndexBusy, match="Wait for it"):
        ensure_index(settings(tmp_path), corpus(), wait=0.2)


def test_the_first_index_is_built_when_needed(built: Path) -> None:
    with ensure_index(settings(built.parent), corpus(boats="")) as index:
        assert set(index.essays) == {"bees", "bread"}
        assert index.notices == ()
    assert BUNDLED_SHA256 in (built.parent / ".weights.json").read_text()
    with ensure_index(settings(built.parent), corpus(boats="")) as again:
        assert again.manifest == index.manifest


def test_an_index_folder_that_cannot_be_made_names_the_setting(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(IndexUnavailable, match=r"can't be written.*ASSISTANT_INDEX"):
        build_index(settings(tmp_path / "taken" / "index"), corpus(), embedder=embedder)


def test_a_damaged_index_is_not_current_and_is_built_anew_with_its_whole_vectors(
    built: Path, embedder: Embedder
) -> None:
    flip_bits(built, "length.bin")
    status = index_status(settings(built.parent), corpus())
    assert not status.current
    assert "length.bin is not as it was built" in status.reasons[0]
    assert build_index(settings(built.parent), corpus(), embedder=embedder) == built
    assert index_status(settings(built.parent), corpus()).current
    with OpenIndex(built, embedder) as index:
        index.check()
        assert index.manifest.reused == 0


def test_a_damaged_older_index_is_not_copied_from(built: Path, embedder: Embedder) -> None:
    (built / "units.json").write_text("{}")
    new = build_index(settings(built.parent), corpus(boats=""), embedder=embedder)
    with open_index(settings(built.parent), new.name, embedder=embedder) as index:
        assert index.manifest.reused == 0
        index.check()


def test_a_corpus_without_questions_can_be_indexed(tmp_path: Path, embedder: Embedder) -> None:
    folder = build_index(settings(tmp_path), corpus(bread=""), embedder=embedder)
    with OpenIndex(folder, embedder) as index:
        assert index.units("question") == ()
        assert index.nearest("question", index.encode(["anything"])[0], 5) == []
        assert index.keyword_scores("question", "anything").shape == (0,)


def test_building_an_index_leaves_no_files_but_its_own(built_once: Path) -> None:
    assert {path.name for path in built_once.parent.iterdir()} == {".lock", built_once.name}
