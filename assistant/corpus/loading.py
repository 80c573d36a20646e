"""The corpus: every .md and .txt under the configured folders, as essays with canonical text.

Whether documents are the built-in essays: what is said of them, and which questions fit, depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.corpus.claims import CheckedClaim, load_claims
from assistant.corpus.furniture import is_furniture
from assistant.corpus.hints import Hint, load_hints
from assistant.errors import ConfigurationError, CorpusError, UnknownSource
from assistant.settings import Settings, bundled_corpus
from assistant.textfiles import parse
from assistant.types import Essay, Frozen

TEXT_SUFFIXES = frozenset({".md", ".markdown", ".txt"})
IMPORTABLE_SUFFIXES = frozenset({".html", ".htm", ".pdf", ".docx"})
_METADATA = ("title", "author", "publisher", "published", "url")


class Corpus(Frozen):
    """What was loaded, and a sentence for each file that was not."""

    essays: tuple[Essay, ...]
    hints: tuple[Hint, ...] = ()
    claims: tuple[CheckedClaim, ...] = ()
    problems: tuple[str, ...] = ()

    def essay(self, source_id: str) -> Essay:
        """The essay with this id. Raises UnknownSource naming those there are."""
        for essay in self.essays:
            if essay.id == source_id:
                return essay
        known = ", ".join(essay.id for essay in self.essays)
        raise UnknownSource(f"There is no essay {source_id!r}.", f"The corpus holds: {known}.")


def load_corpus(settings: Settings) -> Corpus:
    """All essays, notes shadowed by originals with the same id, ordered by id.

    A file that can't be used becomes a line in ``problems`` and the rest loads. Raises CorpusError where
    nothing is left, ConfigurationError where a configured folder is missing.
    """
    found: dict[str, Essay] = {}
    problems: list[str] = []
    for path in _files(settings):
        try:
            essay = read_text_essay(path, settings)
            _admit(essay, path, found)
        except CorpusError as error:
            problems.append(str(error))
    if not found:
        tried = " ".join(problems) or "There is no .md or .txt file in it."
        raise CorpusError(f"No document could be loaded from {settings.corpus or bundled_corpus()}. {tried}")
    essays = tuple(found[key] for key in sorted(found))
    folders = (*settings.corpus_dirs, bundled_corpus())
    hints = tuple(hint for essay in essays for hint in load_hints(essay, folders))
    return Corpus(essays=essays, hints=hints, claims=load_claims(folders), problems=tuple(problems))


def catalog() -> dict[str, Essay]:
    """The built-in essays by id (as notes): the metadata an original without its own inherits."""
    return _catalog(bundled_corpus())


@lru_cache(maxsize=2)
def _catalog(folder: Path) -> dict[str, Essay]:
    essays = {}
    for path in sorted(folder.glob("*.md")):
        if not _is_readme(path):
            data, body = parse(path.read_text(encoding="utf-8"))
            essays[str(data["id"])] = _essay(data, body, path)
    return essays


def read_text_essay(path: Path, settings: Settings) -> Essay:
    """One .md or .txt file as an essay. Raises CorpusError naming the file and the remedy."""
    if path.suffix.lower() in IMPORTABLE_SUFFIXES:
        raise CorpusError(f"{path}: a {path.suffix} file is not read in place.", f"Run: assistant corpus add {path}")
    text = decode(path, read_bytes(path, settings.max_document_bytes))
    try:
        data, body = parse(text)
    except CorpusError as error:
        raise CorpusError(f"{path}: {error.message}", error.remedy) from None
    if not body.strip():
        raise CorpusError(f"{path}: the document is empty.", "Give it text, or remove it.")
    return _essay(data, body, path)


def read_bytes(path: Path, limit: int) -> bytes:
    """A file's bytes, at most ``limit``. Raises CorpusError."""
    try:
        if path.stat().st_size > limit:
            raise CorpusError(
                f"{path}: larger than {limit:,} bytes.", "Split it, or raise ASSISTANT_MAX_DOCUMENT_BYTES."
            )
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: can't be read ({error.strerror}).", "Check the path and its permissions.") from None


def decode(path: Path, data: bytes) -> str:
    """Bytes as canonical text: UTF-8, no byte-order mark, LF line ends. Raises CorpusError."""
    if not data.strip():
        raise CorpusError(f"{path}: the document is empty.", "Give it text, or remove it.")
    if b"\x00" in data:
        raise CorpusError(f"{path}: holds binary data, not text.", "Save it as UTF-8 text, or remove it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{path}: is not UTF-8 (byte {error.start}).", "Save it as UTF-8, for example with iconv."
        ) from None
    return re.sub(r"\r\n?", "\n", text)


def _files(settings: Settings) -> list[Path]:
    files: dict[Path, None] = {}
    for folder in settings.corpus_dirs:
        if not folder.is_dir():
            if folder == settings.originals_dir and not settings.corpus:
                continue
            raise ConfigurationError(f"{folder}: the folder of documents is not there.", "Correct ASSISTANT_CORPUS.")
        files.update((path.resolve(), None) for path in sorted(folder.rglob("*")) if _is_document(path, folder))
    return list(files)


def _is_document(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    known = path.suffix.lower() in TEXT_SUFFIXES | IMPORTABLE_SUFFIXES
    inside = path.resolve().is_relative_to(folder.resolve())  # a link out of the folder is not one of its documents
    return known and not hidden and inside and not _is_readme(path) and path.is_file()


def _is_readme(path: Path) -> bool:
    return path.stem.lower() == "readme"


def _admit(essay: Essay, path: Path, found: dict[str, Essay]) -> None:
    other = found.get(essay.id)
    if other is None or (other.kind == "notes" and essay.kind == "original"):
        found[essay.id] = essay
    elif other.kind == essay.kind:
        raise CorpusError(f"{path}: a second document with the id {essay.id!r}.", "Give it another id, or remove it.")


def _essay(data: dict[str, Any], body: str, path: Path) -> Essay:
    source_id = str(data.get("id") or path.stem)
    if not re.fullmatch(r"[\w][\w.\-]*", source_id):
        source_id = slug(source_id)
    known = catalog().get(source_id) if path.parent != bundled_corpus() else None
    given = {name: _as_text(data.get(name)) for name in _METADATA}
    if known is not None:
        given = {name: value or getattr(known, name) for name, value in given.items()}
    title = given.pop("title") or _first_line(body)
    kind = "notes" if data.get("kind") == "notes" else "original"
    return Essay(id=source_id, title=title, kind=kind, text=body, **given)


def slug(name: str) -> str:
    """A name as an id: lower-case letters, digits and dashes."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-_") or "document"


def _as_text(value: object) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip() or None if value is not None else None


def _first_line(body: str) -> str:
    lines: Iterable[str] = (line.strip().lstrip("#").strip() for line in body.splitlines())
    usable = [line for line in lines if line]
    return next((line for line in usable if not is_furniture(line)), usable[0])[:200]


def built_in(ids: Iterable[str]) -> bool:
    """Whether documents with these ids are the built-in essays, or some of them, and nothing else."""
    return set(ids) <= set(catalog())


def holds_built_in(ids: Iterable[str]) -> bool:
    """Whether all built-in essays are among these documents, so that the questions written for them are answered."""
    return set(catalog()) <= set(ids)


def documents_noun(ids: Iterable[str]) -> str:
    """What to call the documents with these ids: "essays" or "documents"."""
    return "essays" if built_in(ids) else "documents"
