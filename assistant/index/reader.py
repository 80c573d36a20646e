"""An index opened for reading: essays, passages, units, nearest vectors and keyword scores."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from assistant.errors import IndexUnavailable
from assistant.index.embedding import Embedder
from assistant.index.folder import (
    CANARIES,
    ESSAYS,
    KEYWORDS,
    PASSAGES,
    REPAIR,
    UNITS,
    Canary,
    check_files,
    read_json,
    read_manifest,
)
from assistant.index.searches import KeywordIndex, VectorStore, public_url
from assistant.index.units import KINDS, Unit, UnitKind
from assistant.types import Essay, Passage

ESSAY_LIST = TypeAdapter(tuple[Essay, ...])
PASSAGE_LIST = TypeAdapter(tuple[Passage, ...])
UNIT_LISTS = TypeAdapter(dict[UnitKind, tuple[Unit, ...]])
SURE = 0.99
"""Least cosine similarity of a canary to itself; leaves room for rounding on another machine."""


class OpenIndex:
    """One index and its embedder. Safe to share between threads. A context manager.

    Raises IndexUnavailable with the repair if a part is missing, damaged or built with another model.
    """

    def __init__(
        self, folder: Path, embedder: Embedder, *, chroma_url: str | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Open ``folder``. ``chroma_url`` may hold the password of the server that the index names."""
        self.folder = folder
        self.embedder = embedder
        self.notices = notices
        self.manifest = read_manifest(folder)
        self._refuse_other_model()
        check_files(folder, self.manifest)
        self.essays: dict[str, Essay] = {essay.id: essay for essay in read_json(folder / ESSAYS, ESSAY_LIST)}
        self.passages: tuple[Passage, ...] = read_json(folder / PASSAGES, PASSAGE_LIST)
        self._units = read_json(folder / UNITS, UNIT_LISTS)
        self._by_id = {kind: {unit.id: unit for unit in units} for kind, units in self._units.items()}
        self._keywords = {
            kind: KeywordIndex.load(folder / KEYWORDS / kind, len(units)) for kind, units in self._units.items()
        }
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        try:
            self._vectors = self._open_vectors(chroma_url)
            self._expect_canaries(np.load(folder / CANARIES, allow_pickle=False))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> OpenIndex:
        """The index itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the index."""
        self.close()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of this index, its folder's name."""
        return self.manifest.fingerprint

    def units(self, kind: UnitKind) -> tuple[Unit, ...]:
        """All units of a kind. ``keyword_scores`` has the same order."""
        return self._units[kind]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of questions, shape (len(texts), dimensions)."""
        return self.embedder.encode(texts, query=True)

    def nearest(self, kind: UnitKind, vector: NDArray[np.float32], k: int) -> list[tuple[Unit, float]]:
        """At most ``k`` units with their cosine similarity to ``vector`` (shape (dimensions,)), best first."""
        if not self._units[kind]:
            return []
        found = self._vectors.nearest(kind, vector, min(k, len(self._units[kind])))
        return [(self._by_id[kind][key], similarity) for key, similarity in found]

    def keyword_scores(self, kind: UnitKind, query: str) -> NDArray[np.float32]:
        """BM25 score of each unit of the kind, shape (len(units(kind)),)."""
        return self._keywords[kind].scores(query)

    def vectors_of(self, kind: UnitKind, ids: Sequence[str]) -> NDArray[np.float32]:
        """Stored vectors of units, shape (len(ids), dimensions)."""
        return self._vectors.vectors_of(kind, ids)

    def check(self) -> None:
        """Embed the canaries anew and search them. Raises IndexUnavailable if one is not found."""
        rows = [encode_unit_texts(self.embedder, canary.kind, [canary.text])[0] for canary in self.manifest.canaries]
        self._expect_canaries(np.array(rows))

    def close(self) -> None:
        """Close the vectors and remove the private copy, if there is one."""
        if hasattr(self, "_vectors"):
            self._vectors.close()
        if self._copy is not None:
            self._copy.cleanup()

    def _refuse_other_model(self) -> None:
        made_by, ours = self.manifest.content, self.embedder.identity
        if made_by.weights_sha256 != ours.weights_sha256:
            raise IndexUnavailable(
                f"The index {self.folder.name} was built with {made_by.model}, not with {ours.name} as set now.",
                "Run: assistant index build",
            )

    def _open_vectors(self, chroma_url: str | None) -> VectorStore:
        address = self.manifest.content.chroma
        if address is not None:
            same = chroma_url is not None and public_url(chroma_url) == address  # then it may carry a password
            return VectorStore.on_server(chroma_url if chroma_url and same else address, self.manifest.vectors)
        folder = self.folder / self.manifest.vectors
        if not folder.is_dir():
            raise IndexUnavailable(f"The vectors in {folder} are missing.", REPAIR)
        if not os.access(folder, os.W_OK):  # Chroma has no read-only mode: chroma-core/chroma#1438
            self._copy = tempfile.TemporaryDirectory(prefix="essay-assistant-")
            folder = _writable_copy(folder, Path(self._copy.name) / "vectors")
        return VectorStore.in_folder(folder)

    def _expect_canaries(self, rows: NDArray[np.float32]) -> None:
        if any(self._vectors.count(kind) != self.manifest.counts[kind] for kind in KINDS):
            raise IndexUnavailable(f"Vectors of the index {self.folder.name} are missing.", REPAIR)
        if not all(map(self._comes_back, self.manifest.canaries, rows)):
            raise IndexUnavailable(f"The index {self.folder.name} does not find its own texts.", REPAIR)

    def _comes_back(self, canary: Canary, row: NDArray[np.float32]) -> bool:
        found = self._vectors.nearest(canary.kind, row, 1)
        return bool(found) and found[0][0] == canary.unit_id and found[0][1] >= SURE


def encode_unit_texts(
    embedder: Embedder, kind: UnitKind, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Vectors of units' texts. Questions are embedded as queries, because they are compared with queries."""
    return embedder.encode(texts, query=kind == "question", progress=progress)


def _writable_copy(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to, copy_function=shutil.copyfile)
    for path in (to, *to.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return to
