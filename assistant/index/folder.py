"""The index folder on disk: names, manifest and fingerprint, verified reading, the lock, atomic promotion.

<index_dir>/.lock                      held by the one builder
<index_dir>/.weights.json              remembered hashes of model files
<index_dir>/.building-<fp>-…/          a build under way, the remains of one that died, or what is read and was replaced
<index_dir>/<fp>/                      a complete index
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from pydantic import Field, TypeAdapter, ValidationError

from assistant.corpus.loading import Corpus
from assistant.corpus.splitting import SPLITTER_VERSION
from assistant.corpus.statements import Hint
from assistant.corpus.words import FILES as WORD_FILES
from assistant.errors import IndexBusy, IndexUnavailable
from assistant.index.passages import FILES as PASSAGE_FILES
from assistant.index.searches import KEYWORD_FORMAT, public_url
from assistant.index.units import UNIT_FORMAT, UnitKind
from assistant.index.weights import ModelIdentity
from assistant.settings import Settings
from assistant.types import Essay, Frozen

SCHEMA_VERSION = 3


class Content(Frozen):
    """All inputs of an index. Equal inputs give an equal fingerprint."""

    schema_version: int = SCHEMA_VERSION
    folders: tuple[str, ...] = Field(description="Folders the documents were read from; the index does not hang on it.")
    corpus: dict[str, str] = Field(description="SHA-256 of each essay's text, by id.")
    metadata: dict[str, str] = Field(description="SHA-256 of each essay's title, author and so on, by id.")
    hints: dict[str, str] = Field(description="SHA-256 of each essay's questions, by id; none, no entry.")
    model: str = Field(description="The embedding model's name.")
    weights_sha256: str
    splitter: str
    units: str
    keywords: str
    chroma: str | None = Field(description="Address of the Chroma server; null: the index's own folder.")

    @property
    def fingerprint(self) -> str:
        """16 hex digits over all inputs. The model counts by its weights, not by its name."""
        return _sha256(self.model_dump(exclude={"model", "folders"}))[:16]

    def same_corpus(self, other: Content) -> bool:
        """Whether both are of the same folders and have a document in common; another corpus may lie at that path."""
        return self.folders == other.folders and not self.corpus.keys().isdisjoint(other.corpus)

    def succeeds(self, older: Content) -> bool:
        """Whether this is the same corpus, read by the same model in the same pieces, so that it replaces ``older``."""
        return self.same_corpus(older) and (self.weights_sha256, self.splitter) == (
            older.weights_sha256,
            older.splitter,
        )

    def covers(self, older: Content) -> bool:
        """Whether ``older`` may answer meanwhile, if its texts are much the same: it lies at the same place and holds
        no document that is gone."""
        near = self.succeeds(older) and self.chroma == older.chroma
        return near and older.corpus.keys() <= self.corpus.keys()


class Canary(Frozen):
    """A unit that must be the nearest result, at nearly distance zero, when its own text is searched."""

    kind: UnitKind
    unit_id: str
    text: str


class Manifest(Frozen):
    """``manifest.json``, written last, so that an index with a manifest is complete."""

    fingerprint: str
    created_at: datetime
    content: Content
    dimensions: int
    counts: dict[UnitKind, int]
    embedded: int = Field(description="Units whose vectors were computed for this index.")
    reused: int = Field(description="Units whose vectors were copied from an older index.")
    vectors: str = Field(description="Name of the vectors' folder, or the prefix of the collections on a server.")
    canaries: tuple[Canary, ...]
    files: dict[str, str] = Field(description="SHA-256 of every other file of the index, by its path in it.")

    @property
    def vector_files(self) -> list[str]:
        """The files in the folder of vectors, by their paths in it."""
        prefix = f"{self.vectors}/"
        return [name.removeprefix(prefix) for name in self.files if name.startswith(prefix)]


def content_of(settings: Settings, corpus: Corpus, model: ModelIdentity) -> Content:
    """The inputs of an index of ``corpus`` with these settings. Raises ConfigurationError."""
    return Content(
        folders=tuple(str(folder.resolve()) for folder in settings.corpus_dirs),
        corpus={essay.id: essay.sha256 for essay in corpus.essays},
        metadata={essay.id: _metadata_sha256(essay) for essay in corpus.essays},
        hints=_hints_sha256(corpus.hints),
        model=model.name,
        weights_sha256=model.weights_sha256,
        splitter=SPLITTER_VERSION,
        units=UNIT_FORMAT,
        keywords=KEYWORD_FORMAT,
        chroma=public_url(settings.chroma_url) if settings.chroma_url else None,
    )


def _metadata_sha256(essay: Essay) -> str:
    return _sha256(essay.model_dump(exclude={"text"}))


@lru_cache(maxsize=4)
def _hints_sha256(hints: tuple[Hint, ...]) -> dict[str, str]:
    tied = defaultdict(list)
    for hint in hints:
        tied[hint.source_id].append(hint.model_dump())
    return {source_id: _sha256(records) for source_id, records in tied.items()}


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


MANIFEST, ESSAYS, UNITS = "manifest.json", "essays.json", "units.json"
CANARIES, KEYWORDS = "canaries.npy", "keywords"
REPAIR = "Run: assistant index build --force"
T = TypeVar("T")
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an index. Raises IndexUnavailable if it is missing, damaged or of another version."""
    try:
        data = json.loads((folder / MANIFEST).read_bytes())
        if data["content"]["schema_version"] != SCHEMA_VERSION:
            raise IndexUnavailable(f"{folder} was built by another version.", "Run: assistant index build")
        return Manifest.model_validate_json(json.dumps(data))
    except OSError as error:
        raise no_index(folder, error) from None
    except (ValueError, KeyError, TypeError):
        raise IndexUnavailable(f"{folder / MANIFEST} is damaged.", REPAIR) from None


def no_index(folder: Path, error: OSError) -> IndexUnavailable:
    """The error for a folder whose manifest can't be opened."""
    return IndexUnavailable(f"There is no index in {folder} ({error.strerror}).", "Run: assistant index build")


def complete_indexes(index_dir: Path) -> list[tuple[Path, Manifest]]:
    """Every complete index, newest first. Folders without a readable manifest are skipped."""
    found = []
    for folder in sorted(index_dir.glob("[!.]*/")) if index_dir.is_dir() else []:
        try:
            found.append((folder, read_manifest(folder)))
        except IndexUnavailable:
            continue
    return sorted(found, key=lambda pair: pair[1].created_at, reverse=True)


def file_hashes(folder: Path, vectors: str) -> dict[str, str]:
    """SHA-256 of every file of the index, Chroma's in the folder ``vectors`` too, by path. Raises OSError."""
    files = [folder / name for name in (ESSAYS, *PASSAGE_FILES, *WORD_FILES, UNITS, CANARIES)]
    files += sorted(path for part in (KEYWORDS, vectors) for path in (folder / part).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _file_sha256(path) for path in files}


def check_files(folder: Path, manifest: Manifest) -> None:
    """Compare the files with the manifest. Raises IndexUnavailable for a missing or changed file."""
    if manifest.content.chroma is None and not manifest.vector_files:
        raise IndexUnavailable(f"The vectors in {folder / manifest.vectors} are missing.", REPAIR)
    for name, digest in manifest.files.items():
        try:
            found = _file_sha256(folder / name)
        except OSError:
            raise IndexUnavailable(f"{folder / name} is missing or can't be read.", REPAIR) from None
        if found != digest:
            raise IndexUnavailable(f"{folder / name} is not as it was built.", REPAIR)


def _file_sha256(path: Path) -> str:
    stat = path.stat()
    return _read_sha256(path, (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))


@lru_cache(maxsize=1_000)
def _read_sha256(path: Path, _: tuple[int, ...]) -> str:
    """The hash of a file's content, remembered by this process until the file is written to."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, kind: TypeAdapter[T], value: T) -> None:
    """Write ``value`` as JSON. Raises OSError."""
    path.write_bytes(kind.dump_json(value))


def read_json(path: Path, kind: TypeAdapter[T]) -> T:
    """Read a file of ``write_json``. Raises IndexUnavailable."""
    try:
        return kind.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise IndexUnavailable(f"{path} is missing or damaged.", REPAIR) from None


@contextmanager
def build_lock(index_dir: Path, wait: float) -> Iterator[None]:
    """Hold the build lock, which the kernel releases if the process dies. Raises IndexBusy after ``wait`` seconds."""
    lock = FileLock(index_dir / ".lock", timeout=wait)
    try:
        lock.acquire(poll_interval=0.1)
    except Timeout:
        raise IndexBusy("Another process is building the index.", "Wait for it, then try again.") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """Turn a full disk or a folder that can't be written into IndexUnavailable."""
    try:
        yield
    except OSError as error:
        raise IndexUnavailable(
            f"The index in {index_dir} can't be written ({error.strerror or error}).",
            "Free disk space, or set ASSISTANT_INDEX to a folder you may write to.",
        ) from error


def sync(folder: Path) -> None:
    """Flush everything under ``folder`` to disk before a rename makes it visible. Raises OSError."""
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def promote(staging: Path, target: Path) -> None:
    """Rename ``staging`` to ``target`` atomically. An existing index is moved to ``staging``."""
    if not target.exists():
        staging.rename(target)
    elif not _exchange(staging, target):
        aside = staging.with_name(f"{staging.name}-old")
        target.rename(aside)
        staging.rename(target)
        aside.rename(staging)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders atomically. False if the system can't (other than Linux). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform != "linux" or not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.EINVAL, errno.ENOSYS}:  # the file system does not know how
        return False
    raise OSError(code, os.strerror(code), str(one))


def remove(folder: Path) -> None:
    """Delete an index, after a rename that hides it, so that a half-deleted one is never read."""
    if not folder.name.startswith("."):
        hidden = folder.with_name(f".building-removed-{folder.name}-{os.getpid()}")
        folder = folder.rename(hidden)
    shutil.rmtree(folder)
