"""Building an index: beside the old ones, verified, then promoted by one rename. Nothing else writes indexes.

Whatever an older index has of unchanged documents is taken from it, and vectors that a stopped build had computed are
kept for the next. A build also removes unfinished builds of dead processes, and of its own corpus, model and splitter
all but the newest older indexes.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.corpus.loading import Corpus, load_corpus
from assistant.corpus.words import Words
from assistant.errors import AssistantError, IndexBusy, IndexUnavailable
from assistant.index.embedding import Embedder, open_embedder
from assistant.index.folder import (
    CANARIES,
    ESSAYS,
    KEYWORDS,
    MANIFEST,
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
from assistant.index.reader import ESSAY_LIST, UNIT_LISTS, OpenIndex, encode_unit_texts
from assistant.index.reuse import Computed, Key, Older, key_of, keys_of, older_index
from assistant.index.searches import STORED_AT_ONCE, KeywordIndex, VectorStore, public_url
from assistant.index.units import KINDS, Unit, UnitKind, keyword_texts, make_units
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


def prune(settings: Settings, keep: Path, most: int) -> None:
    """Remove the indexes that ``keep`` succeeds, but for the ``most`` newest. Raises OSError."""
    found = dict(complete_indexes(settings.index_dir))
    kept = found.pop(keep).content
    older = [folder for folder, manifest in found.items() if kept.succeeds(manifest.content)]
    for folder in older[most:]:
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

    Vectors of unchanged texts are copied from the newest index; ``force`` embeds all again, and keeps no older index
    with texts that were deleted. Raises IndexBusy if
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


EMBEDDED_AT_ONCE = 2_000
"""Texts whose vectors a stopped build may lose."""


class _Build:
    """One build, under the lock."""

    def __init__(
        self, settings: Settings, corpus: Corpus, progress: Progress, embedder: Embedder, content: Content
    ) -> None:
        self.settings, self.corpus, self.progress = settings, corpus, progress
        self.embedder, self.content = embedder, content
        self.name = f"{content.fingerprint}-{secrets.token_hex(4)}"
        self.staging = settings.index_dir / f".building-{self.name}"
        self.computed = Computed(settings.index_dir, content.weights_sha256)
        self.older: Older | None = None

    def run(self, target: Path, *, reuse: bool) -> None:
        if self.settings.chroma_url:
            VectorStore.on_server(self.settings.chroma_url, self.name).close()  # fail before embedding, not after
        sweep(self.settings)
        try:
            self.staging.mkdir()
            note_collections(self.staging, self.settings.chroma_url, self.name)
            if reuse:
                with older_index(self.settings, self.embedder, self.content) as self.older:
                    self._write()
            else:
                self.computed.discard()
                self._write()
            self.embedder.hashes.save()
            sync(self.staging)
            promote(self.staging, target)
            self.computed.discard()
        finally:
            discard(self.staging, self.settings)
        prune(self.settings, keep=target, most=KEPT if reuse else 0)

    def _write(self) -> None:
        same = self.older.unchanged(self.corpus.essays, self.content) if self.older else set()
        split = (self.older.index.passages, same) if self.older else None
        self.passages, self.units = make_units(self.corpus, split)
        self.total = sum(map(len, self.units.values()))
        self.keys = keys_of(self.units.__getitem__)
        embedded = self._embed()
        self._store_vectors()
        write_json(self.staging / ESSAYS, ESSAY_LIST, self.corpus.essays)
        self.passages.save(self.staging)
        self._counted_words(same).save(self.staging, self.corpus.essays)
        kinds: tuple[UnitKind, ...] = ("sentence", "question")
        write_json(self.staging / UNITS, UNIT_LISTS, {kind: tuple(self.units[kind]) for kind in kinds})
        for kind in KINDS:
            KeywordIndex.of(keyword_texts(kind, self.units), self.staging / KEYWORDS / kind)
        canaries, rows = self._canaries()
        np.save(self.staging / CANARIES, rows)
        self._write_manifest(canaries, embedded, dimensions=rows.shape[1])
        self.progress("check", 0, len(canaries))
        with OpenIndex(self.staging, self.embedder, chroma_url=self.settings.chroma_url):
            pass  # opening reads every part back and runs the canaries
        self.progress("check", len(canaries), len(canaries))

    def _counted_words(self, same: set[str]) -> Words:
        asks = [unit.text for unit in self.units["question"]]
        if self.older is None or len(same) * 2 < len(self.corpus.essays):
            return Words.of(self.corpus.essays, asks)
        gone = [essay for essay in self.older.index.essays.values() if essay.id not in same]
        new = [essay for essay in self.corpus.essays if essay.id not in same]
        return self.older.index.words.changed(gone, new, asks)

    def _known(self, key: Key) -> bool:
        return self.computed.get(key) is not None or (self.older is not None and key in self.older)

    def _embed(self) -> int:
        """Compute the vectors that no index and no stopped build has; returns their number."""
        new = {kind: self._new(kind) for kind in KINDS}
        total, done = sum(map(len, new.values())), 0
        if total:
            self.progress("load", 0, 1)
            self.embedder.load()
            self.progress("load", 1, 1)
        self.progress("embed", 0, total)
        for kind, rows in new.items():
            for at in range(0, len(rows), EMBEDDED_AT_ONCE):
                texts = [self.units[kind][row].text for row in rows[at : at + EMBEDDED_AT_ONCE]]

                def told(ready: int, _: int, before: int = done) -> None:
                    self.progress("embed", before + ready, total)

                vectors = encode_unit_texts(self.embedder, kind, texts, told)
                self.computed.add([key_of(kind, text) for text in texts], vectors)
                done += len(texts)
        return total

    def _new(self, kind: UnitKind) -> list[int]:
        """Rows of the units whose vectors nobody has, one for each text, the longest first.

        So texts of a batch are alike in length, and the time left is not underestimated.
        """
        lengths: dict[Key, tuple[int, int]] = {}
        for row, key in enumerate(self.keys[kind].values()):
            if not self._known(key):
                lengths.setdefault(key, (-len(self.units[kind][row].text), row))
        return [row for _, row in sorted(lengths.values())]

    def _rows(self, kind: UnitKind, units: Sequence[Unit]) -> NDArray[np.float32]:
        """Vectors of some units, shape (len(units), dimensions)."""
        keys = [key_of(kind, unit.text) for unit in units]
        found = {key: row for key in keys if (row := self.computed.get(key)) is not None}
        if self.older is not None and (kept := [key for key in dict.fromkeys(keys) if key not in found]):
            found.update(zip(kept, self.older.rows(kept), strict=True))
        return np.array([found[key] for key in keys], dtype=np.float32)

    def _store_vectors(self) -> None:
        url, done = self.settings.chroma_url, 0
        folder = self.staging / self.name
        copied = self.older if self.older and not url and self.older.copy_store(folder, self.keys) else None
        store = VectorStore.on_server(url, self.name) if url else VectorStore.in_folder(folder, create=not copied)
        try:
            for kind in KINDS:
                units = self.units[kind]
                rows: Sequence[int] = range(len(units))
                if copied:
                    store.delete(kind, copied.gone(kind, self.keys))
                    rows = copied.added(kind, self.keys)
                else:
                    store.create(kind, len(units))
                done += len(units) - len(rows)
                for at in range(0, len(rows), STORED_AT_ONCE):
                    part = [units[row] for row in rows[at : at + STORED_AT_ONCE]]
                    store.add(kind, [unit.id for unit in part], self._rows(kind, part))
                    done += len(part)
                    self.progress("store", done, self.total)
        finally:
            store.close()

    def _canaries(self) -> tuple[tuple[Canary, ...], NDArray[np.float32]]:
        """The first, middle and last unit of each kind, and their vectors."""
        canaries, rows = [], []
        for kind in KINDS:
            last = len(self.units[kind]) - 1
            units = [self.units[kind][row] for row in sorted({0, last // 2, last})] if last >= 0 else []
            canaries += [Canary(kind=kind, unit_id=unit.id, text=unit.text) for unit in units]
            rows += [*self._rows(kind, units)] if units else []
        return tuple(canaries), np.array(rows, dtype=np.float32)

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
