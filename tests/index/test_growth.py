"""What must not grow with the documents: what a change costs, what a stopped build loses, what is held in memory."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from index_samples import BREAD, STEAM_ASK, corpus, essay, settings

from assistant.corpus.splitting import split
from assistant.corpus.words import Words
from assistant.index import build, units
from assistant.index.build import build_index, damage
from assistant.index.embedding import Embedder
from assistant.index.exported import Vectors
from assistant.index.passages import Passages
from assistant.index.reader import OpenIndex
from assistant.index.searches import VectorStore
from assistant.retrieval import late
from assistant.retrieval.retriever import HybridRetriever


class Counting(Embedder):
    """Remembers how many texts were encoded, and may be stopped after some calls."""

    def __init__(self, embedder: Embedder, stop_after: int = 1_000_000) -> None:
        super().__init__()
        self._of, self._left = embedder, stop_after
        self.texts: list[str] = []

    def load(self) -> None:  # type: ignore[override]
        pass

    def encode(
        self, texts: Sequence[str], *, query: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        self.texts += texts
        return self._of.encode(texts, query=query, progress=progress)


def test_passages_are_the_same_as_columns(tmp_path: Path) -> None:
    essays = {one.id: one for one in corpus().essays}
    made = Passages.of(essays.values())
    made.save(tmp_path)
    read = Passages.load(tmp_path, essays)
    assert list(read) == [passage for one in essays.values() for passage in split(one)]
    assert [read.rows[passage.id] for passage in read] == list(range(len(read)))
    assert (read[-1], read[1:3]) == (list(read)[-1], tuple(read)[1:3])
    again = Passages.of([*essays.values(), essay("goats", "Goats climb. They jump.")], (read, {"bees", "bread"}))
    assert list(again)[: len(read)] == list(read)


def test_words_of_documents_that_came_and_went_are_those_of_a_count_of_all() -> None:
    old, new = corpus().essays, corpus(bees="Only Larch trees here.", boats="", goats="A goat named Ida.").essays
    changed = Words.of(old).changed([one for one in old if one not in new], [one for one in new if one not in old])
    counted = Words.of(new)
    assert (changed.words, changed.proper, changed.spread) == (counted.words, counted.proper, counted.spread)
    assert changed.parts == counted.parts


def test_words_are_found_as_phrases(built: Path, embedder: Embedder) -> None:
    with OpenIndex(built, embedder) as index:
        assert index.words.has_phrase("Lively Starter")
        assert index.words.has_phrase("tar")
        assert not index.words.has_phrase("starter lively")
        assert not index.words.has_phrase("zeppelin")


def test_a_stopped_build_goes_on_where_it_was(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "EMBEDDED_AT_ONCE", 2)
    stopped, ended = Counting(embedder, stop_after=2), Counting(embedder)
    with pytest.raises(KeyboardInterrupt):
        build_index(settings(tmp_path), corpus(), embedder=stopped)
    (left,) = tmp_path.glob(".computed-*")
    left.write_bytes(left.read_bytes()[:-7])  # it was stopped while it wrote
    folder = build_index(settings(tmp_path), corpus(), embedder=ended)
    with OpenIndex(folder, embedder) as index:
        texts = [unit.text for kind in units.KINDS for unit in index.units(kind)]
        index.check()
        assert len(stopped.texts) == 4
        rest = ended.texts[: index.manifest.embedded]
        assert sorted([*stopped.texts[:3], *rest]) == sorted(texts)
    assert not list(tmp_path.glob(".computed-*"))


def test_one_more_document_costs_its_own_vectors(
    built: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.index.reuse.KEPT_OF_STORE", 0.5)
    added: list[str] = []
    add = VectorStore.add

    def spied(self: VectorStore, kind: units.UnitKind, ids: Sequence[str], vectors: Vectors) -> None:
        added.extend(ids)
        add(self, kind, ids, vectors)

    monkeypatch.setattr(VectorStore, "add", spied)
    counting = Counting(embedder)
    new = build_index(settings(built.parent), corpus(goats="Goats climb steep rocks."), embedder=counting)
    assert {name.split(":")[0] for name in added} == {"goats"}
    with OpenIndex(new, embedder) as index:
        index.check()
        found, _ = index.nearest("passage", index.encode(["climbing goats"])[0], 1)[0]
        assert found.source_id == "goats"
        assert index.words.has_phrase("steep rocks")
        assert list(index.passages) == list(Passages.of(index.essays.values()))
    assert damage(new) is None  # reading it wrote nothing into the copied files
    gone = build_index(settings(built.parent), corpus(), embedder=embedder, force=False)
    with OpenIndex(gone, embedder) as index:
        assert "goats" not in index.essays


def test_sentences_of_many_documents_are_scored_late(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "SENTENCES_INDEXED", 2)
    monkeypatch.setattr(late, "VECTORS_KEPT", 2)
    folder = build_index(settings(tmp_path), corpus(), embedder=embedder)
    with OpenIndex(folder, embedder) as index:
        assert {unit.source_id for unit in index.units("sentence")} == {"bread"}  # a question is tied to it
        retriever = HybridRetriever(index, 3)
        for _ in range(2):
            found = retriever.retrieve("How wide is the entrance for mice?")
            best = found.sentences[0]
            assert "narrow entrance" in best.text
            assert found.passages[0].id == best.passage_id
            texts = [f"{best.section}: {best.text}"]
            vector = retriever.vector_of("How wide is the entrance for mice?")
            assert best.similarity == pytest.approx(float(embedder.encode(texts)[0] @ vector), abs=1e-4)
        ours = retriever.retrieve(STEAM_ASK).sentences[0]
        assert BREAD[ours.start : ours.end].startswith("Steam in the first ten minutes")


def test_the_best_rows_are_those_of_a_stable_sort() -> None:
    from assistant.retrieval.retriever import best_rows

    scores = np.array([1, 3, 2, 3, 2, 2], dtype=np.float32)
    for k in range(8):
        assert best_rows(scores, k) == np.argsort(-scores, kind="stable")[:k].tolist()
