"""What a build need not do again: vectors computed before it was stopped, and those of an older index.

A vector depends only on model, kind and text, so that it can be taken for an equal text, whatever the corpus.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexUnavailable
from assistant.index.embedding import Embedder
from assistant.index.folder import Content, complete_indexes
from assistant.index.reader import OpenIndex
from assistant.index.units import KINDS, Unit, UnitKind
from assistant.settings import Settings
from assistant.types import Essay

Vectors = NDArray[np.float32]
Key = bytes
_KEY, _HEAD = 16, 4
KEPT_OF_STORE = 0.9
"""A folder of vectors is copied and changed where it keeps this share; else it is written anew, without remains."""


def key_of(kind: UnitKind, text: str) -> Key:
    """What vectors are found by."""
    return hashlib.blake2b(f"{kind}\n{text}".encode("utf-8", "replace"), digest_size=_KEY).digest()


UnitKeys = Mapping[UnitKind, Mapping[str, Key]]
"""By kind, the key of each unit's text by the unit's id, in the units' order."""


def keys_of(units: Callable[[UnitKind], Sequence[Unit]]) -> UnitKeys:
    """The keys of all units."""
    return {kind: {unit.id: key_of(kind, unit.text) for unit in units(kind)} for kind in KINDS}


class Computed:
    """The vectors of a build under way, written as they come, so that a stopped build goes on where it was."""

    def __init__(self, index_dir: Path, weights_sha256: str) -> None:
        """Reads what an earlier build left. Raises OSError."""
        self._path = index_dir / f".computed-{weights_sha256[:16]}"
        self._rows: dict[Key, Vectors] = {}
        data = self._path.read_bytes() if self._path.exists() else b""
        dimensions = int.from_bytes(data[:_HEAD], "little")
        record = np.dtype([("key", np.uint8, (_KEY,)), ("row", np.float32, (dimensions,))])
        count = (len(data) - _HEAD) // record.itemsize if dimensions else 0  # the last may have been cut off
        for one in np.frombuffer(data, record, count, _HEAD) if count else ():
            self._rows[one["key"].tobytes()] = one["row"]
        if data:
            with self._path.open("r+b") as stream:
                stream.truncate(_HEAD + count * record.itemsize if dimensions else 0)

    def get(self, key: Key) -> Vectors | None:
        """The vector of a key."""
        return self._rows.get(key)

    def add(self, keys: Sequence[Key], rows: Vectors) -> None:
        """Keep some more. Raises OSError."""
        head = b"" if self._rows else rows.shape[1].to_bytes(_HEAD, "little")
        body = b"".join(key + row.tobytes() for key, row in zip(keys, rows, strict=True))
        with self._path.open("ab" if self._rows else "wb") as stream:
            stream.write(head + body)
        self._rows.update(zip(keys, rows, strict=True))

    def discard(self) -> None:
        """Forget them; the index is built, or all are to be computed again. Raises OSError."""
        self._path.unlink(missing_ok=True)
        self._rows.clear()


class Older:
    """An index of the same model that a build takes over from."""

    def __init__(self, index: OpenIndex) -> None:
        self.index = index

    @cached_property
    def _keys(self) -> UnitKeys:
        return keys_of(self.index.units)

    @cached_property
    def _places(self) -> Mapping[Key, tuple[UnitKind, str]]:
        return {key: (kind, unit_id) for kind, keys in self._keys.items() for unit_id, key in keys.items()}

    def __contains__(self, key: Key) -> bool:
        """Whether it has the vector of a key."""
        return key in self._places

    def rows(self, keys: Sequence[Key]) -> Vectors:
        """The vectors of keys that it has, which are of one kind."""
        places = [self._places[key] for key in keys]
        return self.index.vectors_of(places[0][0], [unit_id for _, unit_id in places])

    def unchanged(self, essays: Iterable[Essay], content: Content) -> set[str]:
        """Ids of the essays that it has as they are, to the letter, and splits and counts as we do."""
        made = self.index.manifest.content
        if (made.splitter, made.units, made.keywords) != (content.splitter, content.units, content.keywords):
            return set()
        return {essay.id for essay in essays if self.index.essays.get(essay.id) == essay}

    def gone(self, kind: UnitKind, keys: UnitKeys) -> list[str]:
        """Ids of its units of a kind that are not among the new ones, or have another text there."""
        return [unit_id for unit_id, key in self._keys[kind].items() if keys[kind].get(unit_id) != key]

    def added(self, kind: UnitKind, keys: UnitKeys) -> list[int]:
        """Rows of the new units of a kind that it does not have with the same text."""
        old = self._keys[kind]
        return [row for row, (unit_id, key) in enumerate(keys[kind].items()) if old.get(unit_id) != key]

    def copy_store(self, folder: Path, keys: UnitKeys) -> bool:
        """Copy its folder of vectors, if most of them stay. Raises OSError."""
        manifest = self.index.manifest
        total = max(sum(map(len, keys.values())), sum(manifest.counts.values()))
        changed = sum(len(self.gone(kind, keys)) + len(self.added(kind, keys)) for kind in KINDS)
        if manifest.content.chroma is not None or changed > (1 - KEPT_OF_STORE) * total:
            return False
        for name in manifest.vector_files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.index.folder / manifest.vectors / name, folder / name)
        return True


@contextmanager
def older_index(settings: Settings, embedder: Embedder, content: Content) -> Iterator[Older | None]:
    """The newest index of the same model that can be opened, first of this corpus."""
    found = complete_indexes(settings.index_dir)
    index: OpenIndex | None = None
    for folder, manifest in sorted(found, key=lambda pair: not content.same_corpus(pair[1].content)):
        if manifest.content.weights_sha256 == content.weights_sha256:
            try:
                index = OpenIndex(folder, embedder, chroma_url=settings.chroma_url)
                break
            except IndexUnavailable:
                continue
    if index is None:
        yield None
        return
    with index:
        yield Older(index)
