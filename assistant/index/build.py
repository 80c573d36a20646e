"""Building an index: beside the old ones, verified, then promoted by one rename. Nothing else writes indexes.

Vectors of unchanged texts are copied from an older index. A build also removes unfinished builds of dead processes,
and of its own corpus, model and splitter all but the newest older indexes.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.corpus.loading import Corpus, load_corpus
from assistant.errors import AssistantError, IndexBusy, IndexUnavailable
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
    check_files,
    complete_indexes,
    content_of,
    file_hashes,
    promote,
    read_manifest,
    remove,
    sync,
    write_json,
    writing,
)
from assistant.index.leases import unleased
from assistant.index.reader import ESSAY_LIST, PASSAGE_LIST, UNIT_LISTS, OpenIndex, encode_unit_texts
from assistant.index.searches import KeywordIndex, VectorStore, public_url
from assistant.index.units import KINDS, UnitKind, keyword_texts, make_units
from assistant.settings import Settings

KEPT = 2
"""Older complete indexes of the same corpus that stay beside the new one."""
NOTE = "collections.txt"


def note_collections(staging: Path, chroma_url: str | None, prefix: str) -> None:
    """Record the server and the prefix of this build's collections, so that they can be removed. Raises OSError."""
    if chroma_url is not None:
        (staging / NOTE).write_text(f"{public_url(chroma_url)}\n{prefix}\n", encoding="utf-8")


def sweep(settings: Settings) -> None:
    """Remove every unfinished build; the holder of the lock is the only live builder. Raises OSError."""
    for folder in settings.index_dir.glob(".building-*"):
        discard(folder, settings)


def prune(settings: Settings, keep: Path) -> None:
    """Remove the indexes that ``keep`` succeeds, but for the newest KEPT. Raises OSError."""
    found = dict(complete_indexes(settings.index_dir))
    kept = found.pop(keep).content
    older = [folder for folder, manifest in found.items() if kept.succeeds(manifest.content)]
    for folder in older[KEPT:]:
        discard(folder, settings)


def discard(folder: Path, settings: Settings) -> None:
    """Delete a folder, after its collections on the Chroma server. Raises OSError.

    If somebody reads it, or the server can't be reached, both stay for the next build to remove.
    """
    if not folder.exists():
        return
    with unleased(folder / MANIFEST) as free:
        note = folder / NOTE
        if free and note.is_file():
            try:
                _drop_collections(note.read_text(encoding="utf-8"), settings)
            except IndexUnavailable:
                return
        if free:
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


def known_vectors(settings: Settings, embedder: Embedder, content: Content) -> KnownVectors:
    """Vectors by kind and text, from the newest index of the same model that can be opened, first of this corpus.

    A vector depends only on model, kind and text, so it can be copied for an equal text, whatever the corpus.
    """
    found = complete_indexes(settings.index_dir)
    for folder, manifest in sorted(found, key=lambda pair: not content.same_corpus(pair[1].content)):
        if manifest.content.weights_sha256 == content.weights_sha256:
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


class Progress(Protocol):
    """A callback for progress: ``done`` of ``total`` units in a stage: wait, load, embed, store or check."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...  # noqa: D102


def silent(stage: str, done: int, total: int) -> None:
    """The callback that ignores progress."""


def build_index(
    settings: Settings,
    corpus: Corpus,
    progress: Progress = silent,
    *,
    embedder: Embedder | None = None,
    force: bool = False,
    wait: float = 0.0,
) -> Path:
    """Build the index of ``corpus`` and return its folder. An existing one is kept if it is whole, unless ``force``.

    Vectors of unchanged texts are copied from the newest index; ``force`` embeds all again. Raises IndexBusy if
    another process still builds after ``wait`` seconds, IndexUnavailable if the index can't be written or fails its
    check (older indexes stay as they are), ConfigurationError for the model.
    """
    embedder = embedder or open_embedder(settings)
    content = content_of(settings, corpus, embedder.identity)
    target = settings.index_dir / content.fingerprint
    with writing(settings.index_dir):
        settings.index_dir.mkdir(parents=True, exist_ok=True)
        with build_lock(settings.index_dir, wait):
            if force or damage(target) is not None:
                _Build(settings, corpus, progress, embedder, content).run(target, reuse=not force)
    return target


def is_complete(target: Path) -> bool:
    """Whether ``target`` is an index with a readable manifest."""
    return any(folder == target for folder, _ in complete_indexes(target.parent))


def damage(target: Path) -> str | None:
    """What is missing or not as it was built in an index; None if nothing is."""
    try:
        check_files(target, read_manifest(target))
    except IndexUnavailable as error:
        return error.message
    return None


class _Build:
    """One build, under the lock."""

    def __init__(
        self, settings: Settings, corpus: Corpus, progress: Progress, embedder: Embedder, content: Content
    ) -> None:
        self.settings, self.corpus, self.progress = settings, corpus, progress
        self.embedder, self.content = embedder, content
        self.passages, self.units = make_units(corpus)
        self.total = sum(map(len, self.units.values()))
        self.name = f"{content.fingerprint}-{secrets.token_hex(4)}"
        self.staging = settings.index_dir / f".building-{self.name}"

    def run(self, target: Path, *, reuse: bool) -> None:
        if self.settings.chroma_url:
            VectorStore.on_server(self.settings.chroma_url, self.name).close()  # fail before embedding, not after
        sweep(self.settings)
        try:
            self.staging.mkdir()
            note_collections(self.staging, self.settings.chroma_url, self.name)
            self._write(known_vectors(self.settings, self.embedder, self.content) if reuse else {})
            self.embedder.hashes.save()
            sync(self.staging)
            promote(self.staging, target)
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
        """Vectors by kind, and the number that was computed."""
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
        chosen = []
        for kind in KINDS:
            last = len(self.units[kind]) - 1
            rows = sorted({0, last // 2, last}) if last >= 0 else []
            chosen += [(self.units[kind][row], vectors[kind][row]) for row in rows]
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
            files=file_hashes(self.staging, self.name),
        )
        (self.staging / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def _matrix(rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32).reshape(len(rows), -1) if rows else np.empty((0, 0), dtype=np.float32)


BUSY = 75
"""Exit status of a process that found another one building."""


def main() -> int:
    """Build the index for the settings that stdin holds as JSON; a failure is told on stdout. Returns the status."""
    os.nice(10)
    try:
        settings = Settings(**json.load(sys.stdin))
        build_index(settings, load_corpus(settings))
    except AssistantError as error:
        sys.stdout.write(str(error))
        return BUSY if isinstance(error, IndexBusy) else error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
