"""An index opened for reading: essays, passages, units, nearest vectors and keyword scores."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
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
    MANIFEST,
    PASSAGES,
    REPAIR,
    UNITS,
    check_files,
    no_index,
    read_json,
    read_manifest,
)
from assistant.index.leases import Lease, unleased
from assistant.index.searches import KeywordIndex, VectorStore, public_url
from assistant.index.units import KINDS, Unit, UnitKind
from assistant.types import Essay, Passage

ESSAY_LIST = TypeAdapter(tuple[Essay, ...])
PASSAGE_LIST = TypeAdapter(tuple[Passage, ...])
UNIT_LISTS = TypeAdapter(dict[UnitKind, tuple[Unit, ...]])
SURE = 0.99
"""Least cosine similarity of a canary to itself; leaves room for rounding on another machine."""
PRIVATE = ".essay-assistant-"
JUST_MADE = 60.0
"""Seconds in which a copy may not be leased yet."""
LINKED = 1_000_000
"""Files of vectors that have more bytes are linked: a collection of 600 vectors, which Chroma has surely saved."""


class OpenIndex:
    """One index and its embedder. Safe to share between threads. A context manager.

    Every file is compared with the manifest before Chroma reads it, because damage can end the process. The folder is
    leased until ``close``, so that no build removes it. Raises IndexUnavailable with the repair if a part is missing,
    damaged or built with another model.
    """

    def __init__(
        self, folder: Path, embedder: Embedder, *, chroma_url: str | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Open ``folder``. ``chroma_url`` may hold the password of the server that the index names."""
        self.folder = folder
        self.embedder = embedder
        self.notices = notices
        self._private: PrivateCopy | None = None
        self._vectors: VectorStore | None = None
        while True:
            try:
                self._lease = Lease(folder / MANIFEST)
            except OSError as error:
                raise no_index(folder, error) from None
            try:
                self._read(chroma_url)
                return
            except IndexUnavailable as error:
                replaced = not self._lease.current()
                self.close()
                if not replaced:
                    raise repairable(error, folder) from error.__cause__
                # a build put another index into its place, which is whole
            except BaseException:
                self.close()
                raise

    def _read(self, chroma_url: str | None) -> None:
        self.manifest = read_manifest(self.folder)
        self._refuse_other_model()
        check_files(self.folder, self.manifest)
        self.essays: dict[str, Essay] = {essay.id: essay for essay in read_json(self.folder / ESSAYS, ESSAY_LIST)}
        self.passages: tuple[Passage, ...] = read_json(self.folder / PASSAGES, PASSAGE_LIST)
        self._units = read_json(self.folder / UNITS, UNIT_LISTS)
        self._by_id = {kind: {unit.id: unit for unit in units} for kind, units in self._units.items()}
        self._keywords = {
            kind: KeywordIndex.load(self.folder / KEYWORDS / kind, len(units)) for kind, units in self._units.items()
        }
        self._vectors = self._open_vectors(chroma_url)
        self.check_vectors()

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
        found = self._store.nearest(kind, vector, min(k, len(self._units[kind])))
        return [(self._by_id[kind][key], similarity) for key, similarity in found]

    def keyword_scores(self, kind: UnitKind, query: str) -> NDArray[np.float32]:
        """BM25 score of each unit of the kind, shape (len(units(kind)),)."""
        return self._keywords[kind].scores(query)

    def vectors_of(self, kind: UnitKind, ids: Sequence[str]) -> NDArray[np.float32]:
        """Stored vectors of units, shape (len(ids), dimensions)."""
        return self._store.vectors_of(kind, ids)

    def check(self) -> None:
        """Embed the canaries anew and compare. Raises IndexUnavailable if one is not what is stored."""
        rows = [encode_unit_texts(self.embedder, canary.kind, [canary.text])[0] for canary in self.manifest.canaries]
        self._expect_canaries(np.array(rows))

    def check_vectors(self) -> None:
        """Look whether all vectors are there and can be searched, without embedding. Raises IndexUnavailable."""
        if any(self._store.count(kind) != self.manifest.counts[kind] for kind in KINDS):
            raise IndexUnavailable(f"Vectors of the index {self.folder.name} are missing.", REPAIR)
        try:
            rows = np.load(self.folder / CANARIES, allow_pickle=False)
        except (OSError, ValueError):
            raise IndexUnavailable(f"{self.folder / CANARIES} is missing or damaged.", REPAIR) from None
        self._expect_canaries(rows)

    def close(self) -> None:
        """Close the vectors, remove what was copied of them and release the folder."""
        if self._vectors is not None:
            self._vectors.close()
        if self._private is not None:
            self._private.remove()
        self._lease.close()

    @property
    def _store(self) -> VectorStore:
        if self._vectors is None:
            raise IndexUnavailable(f"The index {self.folder.name} is not open.")
        return self._vectors

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
        self._private = PrivateCopy(self.folder / self.manifest.vectors, self.manifest.vector_files)
        return VectorStore.in_folder(self._private.folder)

    def _expect_canaries(self, rows: NDArray[np.float32]) -> None:
        """Compare stored vectors with ``rows``, and search each, which also makes Chroma read its files."""
        for canary, row in zip(self.manifest.canaries, rows, strict=True):
            stored = self._store.vectors_of(canary.kind, [canary.unit_id])[0]
            found = self._store.nearest(canary.kind, row, 1)
            if not (float(stored @ row) >= SURE and found and found[0][0] in self._by_id[canary.kind]):
                raise IndexUnavailable(f"The index {self.folder.name} does not find its own texts.", REPAIR)


def encode_unit_texts(
    embedder: Embedder, kind: UnitKind, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Vectors of units' texts. Questions are embedded as queries, because they are compared with queries."""
    return embedder.encode(texts, query=kind == "question", progress=progress)


class PrivateCopy:
    """Chroma's folder for one reader, because Chroma writes into its database whenever it opens one.

    There is no read-only mode: chroma-core/chroma#1438. It also writes the files of a collection too small for it to
    have saved. Large files of vectors it opens for writing and leaves alone, so these are linked, where writing is
    allowed, and the rest is copied. Raises IndexUnavailable where there is no room.
    """

    def __init__(self, vectors: Path, names: Iterable[str]) -> None:
        """``names`` are the files under ``vectors``."""
        tried: list[str] = []
        for place in _places(vectors.parent.parent):
            try:
                _sweep(Path(place))
                self.folder = Path(tempfile.mkdtemp(prefix=PRIVATE, dir=place))
                lease = Lease(self.folder)
            except OSError:
                continue
            self._remove = weakref.finalize(self, _remove_of, self.folder, lease, os.getpid())
            try:
                self._fill(vectors.resolve(), names)
                return
            except OSError as error:
                self._remove()
                tried.append(f"{place}: {error.strerror}")
        raise IndexUnavailable(
            f"There is no room for a copy of the database of the vectors ({'; '.join(tried) or 'no folder for it'}).",
            "Free disk space there, or set TMPDIR to a folder with room.",
        )

    def remove(self) -> None:
        """Delete it. Safe to call again."""
        self._remove()

    def _fill(self, vectors: Path, names: Iterable[str]) -> None:
        for name in names:
            file, own = vectors / name, self.folder / name
            own.parent.mkdir(exist_ok=True)
            if "/" in name and file.stat().st_size > LINKED and os.access(file, os.W_OK):
                own.symlink_to(file)
            else:
                shutil.copyfile(file, own)


def _places(index_dir: Path) -> Iterator[str]:
    """Folders for a private copy, the best first; readers write beside the index only where nothing else is left."""
    with suppress(OSError):
        yield tempfile.gettempdir()
    yield from ("/dev/shm", str(index_dir))  # noqa: S108


def _remove_of(folder: Path, lease: Lease, process: int) -> None:
    """Delete the folder unless this is a fork of the process that made it."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
        lease.close()


def _sweep(place: Path) -> None:
    """Delete the copies of processes that were killed."""
    for folder in place.glob(f"{PRIVATE}*"):
        with suppress(OSError), unleased(folder) as free:
            stat = folder.stat()
            if free and stat.st_uid == os.getuid() and time.time() - stat.st_mtime > JUST_MADE:
                shutil.rmtree(folder, ignore_errors=True)


def repairable(error: IndexUnavailable, folder: Path) -> IndexUnavailable:
    """The error with a remedy that can work here: a build needs leave to write, and room beside the old index."""
    if error.remedy != REPAIR:
        return error
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if not os.access(folder.parent, os.W_OK):
        return IndexUnavailable(error.message, f"Set ASSISTANT_INDEX to a folder you may write to. {REPAIR}")
    if shutil.disk_usage(folder.parent).free < size:
        return IndexUnavailable(error.message, f"Free {size // 1_000_000 + 1} MB of disk space. {REPAIR}")
    return error
