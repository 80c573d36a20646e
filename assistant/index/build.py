"""Building an index: beside the old ones, checked, then promoted by one rename. The only writer of indexes.

Clearing away: what dead builders left, and all but the newest older indexes.

Vectors of an older index, so that only changed texts are embedded again.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.corpus.loading import Corpus
from assistant.errors import IndexUnavailable
from assistant.index.embedding import Embedder, open_embedder
from assistant.index.folder import (
    CANARIES,
    ESSAYS,
    KEYWORDS,
    MANIFEST,
    PASSAGES,
    UNITS,
    Canary,
    Content,
    Manifest,
    build_lock,
    complete_indexes,
    content_of,
    file_hashes,
    leave_vectors,
    promote,
    remove,
    sync,
    write_json,
    writing,
)
from assistant.index.keywords import KeywordIndex
from assistant.index.reader import ESSAY_LIST, PASSAGE_LIST, UNIT_LISTS, OpenIndex, encode_unit_texts
from assistant.index.units import KINDS, UnitKind, keyword_texts, make_units
from assistant.index.vectors import VectorStore, public_url
from assistant.settings import Settings

KEPT = 2
"""Older complete indexes that stay beside the new one."""
NOTE = "collections.txt"


def note_collections(staging: Path, chroma_url: str | None, prefix: str) -> None:
    """Writes down, before any is made, which collections on which server belong to this folder. Raises OSError."""
    if chroma_url is not None:
        (staging / NOTE).write_text(f"{public_url(chroma_url)}\n{prefix}\n", encoding="utf-8")


def sweep(settings: Settings) -> None:
    """Removes every unfinished build; whoever holds the lock is the only living builder. Raises OSError."""
    for folder in settings.index_dir.glob(".building-*"):
        discard(folder, settings)


def prune(settings: Settings, keep: Path) -> None:
    """Removes all but ``keep`` and the newest KEPT others. Raises OSError."""
    older = [folder for folder, _ in complete_indexes(settings.index_dir) if folder != keep]
    for folder in older[KEPT:]:
        discard(folder, settings)


def discard(folder: Path, settings: Settings) -> None:
    """Deletes a folder, its collections on the Chroma server first. Raises OSError.

    While that server can't be reached both stay, for the next builder to clear away.
    """
    if not folder.exists():
        return
    note = folder / NOTE
    if note.is_file():
        try:
            _drop_collections(note.read_text(encoding="utf-8"), settings)
        except IndexUnavailable:
            return
    remove(folder)


def _drop_collections(note: str, settings: Settings) -> None:
    address, prefix, *_ = [*note.splitlines(), "", ""]
    if address and prefix:
        same = settings.chroma_url is not None and public_url(settings.chroma_url) == address
        store = VectorStore.on_server(settings.chroma_url if settings.chroma_url and same else address, prefix)
        try:
            store.drop(KINDS)
        finally:
            store.close()


KnownVectors = dict[tuple[UnitKind, str], NDArray[np.float32]]


def known_vectors(settings: Settings, embedder: Embedder) -> KnownVectors:
    """Vectors by kind and exact text, from the newest index of the same model that opens and finds its canaries.

    A vector depends on nothing but model, kind and text, so equal text is reason enough to copy it. An index
    that can't be opened has nothing to give: its texts are embedded again.
    """
    for folder, manifest in complete_indexes(settings.index_dir):
        if manifest.content.weights_sha256 == embedder.identity.weights_sha256:
            try:
                with OpenIndex(folder, embedder, chroma_url=settings.chroma_url) as index:
                    return _vectors(index)
            except IndexUnavailable:
                continue
    return {}


def _vectors(index: OpenIndex) -> KnownVectors:
    known: KnownVectors = {}
    for kind in KINDS:
        units = index.units(kind)
        rows = index.vectors_of(kind, [unit.id for unit in units])
        known.update(zip(((kind, unit.text) for unit in units), rows, strict=True))
    return known


DISTINCT = 0.98


class Progress(Protocol):
    """Told how far a build is. ``stage`` is "load", "embed", "store" or "check"; ``done`` of ``total`` are units."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...  # noqa: D102


def silent(stage: str, done: int, total: int) -> None:
    """A progress nobody watches."""


def build_index(
    settings: Settings,
    corpus: Corpus,
    progress: Progress = silent,
    *,
    embedder: Embedder | None = None,
    force: bool = False,
    wait: float = 0.0,
) -> Path:
    """Builds the index of ``corpus`` and returns its folder; at once where it is there already, unless ``force``.

    Vectors of unchanged texts are copied from the newest index; ``force`` embeds all again. Raises IndexBusy
    where another process has been building for longer than ``wait`` seconds, IndexUnavailable where it can't be
    written or fails its own check (older indexes stay as they are), ConfigurationError for the model.
    """
    embedder = embedder or open_embedder(settings)
    content = content_of(settings, corpus, embedder.identity)
    target = settings.index_dir / content.fingerprint
    with writing(settings.index_dir):
        settings.index_dir.mkdir(parents=True, exist_ok=True)
        with build_lock(settings.index_dir, wait):
            if force or not is_complete(target):
                _Build(settings, corpus, progress, embedder, content).run(target, reuse=not force)
    return target


def is_complete(target: Path) -> bool:
    """Whether an index with a readable manifest stands at ``target``."""
    return any(folder == target for folder, _ in complete_indexes(target.parent))


class _Build:
    """One build, while the lock is held."""

    def __init__(
        self, settings: Settings, corpus: Corpus, progress: Progress, embedder: Embedder, content: Content
    ) -> None:
        self.settings, self.corpus, self.progress = settings, corpus, progress
        self.embedder, self.content = embedder, content
        self.passages, self.units = make_units(corpus)
        self.total = sum(map(len, self.units.values()))
        self.name = f"{content.fingerprint}-{secrets.token_hex(4)}"
        self.staging = settings.index_dir / f".building-{content.fingerprint}-{os.getpid()}"

    def run(self, target: Path, *, reuse: bool) -> None:
        if self.settings.chroma_url:
            VectorStore.on_server(self.settings.chroma_url, self.name).close()  # fail before embedding, not after
        sweep(self.settings)
        try:
            self.staging.mkdir()
            note_collections(self.staging, self.settings.chroma_url, self.name)
            self._write(known_vectors(self.settings, self.embedder) if reuse else {})
            self.embedder.hashes.save()
            sync(self.staging)
            promote(self.staging, target)
            leave_vectors(self.staging, target)
        finally:
            discard(self.staging, self.settings)
        prune(self.settings, keep=target)

    def _write(self, known: KnownVectors) -> None:
        vectors, embedded = self._embed(known)
        self._store_vectors(vectors)
        write_json(self.staging / ESSAYS, ESSAY_LIST, self.corpus.essays)
        write_json(self.staging / PASSAGES, PASSAGE_LIST, self.passages)
        write_json(self.staging / UNITS, UNIT_LISTS, self.units)
        for kind in KINDS:
            KeywordIndex.of(keyword_texts(kind, self.units), self.staging / KEYWORDS / kind)
        canaries = self._write_canaries(vectors)
        self._write_manifest(canaries, embedded, dimensions=vectors["passage"].shape[1])
        self.progress("check", 0, len(canaries))
        with OpenIndex(self.staging, self.embedder, chroma_url=self.settings.chroma_url):
            pass  # opening reads every part back and runs the canaries
        self.progress("check", len(canaries), len(canaries))

    def _embed(self, known: KnownVectors) -> tuple[dict[UnitKind, NDArray[np.float32]], int]:
        """Vectors by kind, and how many had to be computed."""
        new = {kind: [u for u in self.units[kind] if (kind, u.text) not in known] for kind in KINDS}
        total, before = sum(map(len, new.values())), 0
        vectors = dict(known)
        if total:
            self.progress("load", 0, 1)
            self.embedder.load()
            self.progress("load", 1, 1)
        self.progress("embed", 0, total)
        for kind in KINDS:

            def told(done: int, _: int, before: int = before) -> None:
                self.progress("embed", before + done, total)

            texts = [unit.text for unit in new[kind]]
            rows = encode_unit_texts(self.embedder, kind, texts, told) if texts else ()
            vectors.update(zip(((kind, text) for text in texts), rows, strict=True))
            before += len(texts)
        return {kind: _matrix([vectors[kind, u.text] for u in self.units[kind]]) for kind in KINDS}, total

    def _store_vectors(self, vectors: dict[UnitKind, NDArray[np.float32]]) -> None:
        url, done = self.settings.chroma_url, 0
        folder = self.staging / self.name
        store = VectorStore.on_server(url, self.name) if url else VectorStore.in_folder(folder, create=True)
        try:
            for kind in KINDS:
                store.add(kind, self.units[kind], vectors[kind])
                done += len(self.units[kind])
                self.progress("store", done, self.total)
        finally:
            store.close()

    def _write_canaries(self, vectors: dict[UnitKind, NDArray[np.float32]]) -> tuple[Canary, ...]:
        chosen = [(self.units[kind][row], vectors[kind][row]) for kind in KINDS for row in _distinct(vectors[kind])]
        np.save(self.staging / CANARIES, np.array([row for _, row in chosen], dtype=np.float32))
        return tuple(Canary(kind=unit.kind, unit_id=unit.id, text=unit.text) for unit, _ in chosen)

    def _write_manifest(self, canaries: tuple[Canary, ...], embedded: int, dimensions: int) -> None:
        manifest = Manifest(
            fingerprint=self.content.fingerprint,
            created_at=datetime.now(UTC),
            content=self.content,
            dimensions=dimensions,
            counts={kind: len(units) for kind, units in self.units.items()},
            embedded=embedded,
            reused=self.total - embedded,
            vectors=self.name,
            canaries=canaries,
            files=file_hashes(self.staging),
        )
        (self.staging / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def _matrix(rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32).reshape(len(rows), -1) if rows else np.empty((0, 0), dtype=np.float32)


def _distinct(vectors: NDArray[np.float32]) -> list[int]:
    """Rows near the start, middle and end that have no near twin, so that each must come back first."""
    count = len(vectors)
    rows: list[int] = []
    for start in (0, count // 2, count - 1):
        candidates = ((start + step) % count for step in range(count))
        found = next((row for row in candidates if int((vectors @ vectors[row] > DISTINCT).sum()) == 1), None)
        if found is not None and found not in rows:
            rows.append(found)
    return rows
