"""Importing documents from files and addresses into the originals' folder, one Markdown file each."""

from __future__ import annotations

import dataclasses
import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from assistant.corpus.addresses import STRICT, Policy
from assistant.corpus.fetching import CONTENT_TYPES, fetch
from assistant.corpus.reading import (
    METADATA,
    SUFFIXES,
    Draft,
    catalog,
    decode,
    essay_of,
    known_id,
    read_bytes,
    read_draft,
    usable_id,
)
from assistant.errors import CorpusError, UnknownSource
from assistant.settings import Settings
from assistant.textfiles import dump, parse
from assistant.types import Essay

HEAD_CHARS = 4_000
"""Characters in which an imported document's front matter says where it came from."""
FEWEST_WORDS = 200
"""A page fetched for a built-in essay with fewer words is a notice or a login, not the essay."""


def store(essay: Essay, imported_from: str, settings: Settings, *, replace: bool) -> Path:
    """Write ``<originals_dir>/<id>.md``, front matter and text.

    Raises CorpusError if the id is taken, belongs to notes in this folder, or the file can't be written.
    """
    folder = settings.originals_dir
    path = folder / f"{essay.id}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_place(essay, path, settings, replace)
        head = {name: getattr(essay, name) for name in ("id", *METADATA, "kind")}
        _write(path, dump({**head, "imported_from": imported_from, "sha256": essay.sha256}, essay.text))
    except OSError as error:
        raise CorpusError(
            f"{path}: can't be written ({error.strerror}).",
            "Free space, or set ASSISTANT_ORIGINALS to a folder that can.",
        ) from None
    return path


def taken(source: str, source_id: str, other: str) -> CorpusError:
    """The error for a second document with one id."""
    return CorpusError(
        f"{source}: has the same id ({source_id!r}) as {other}.",
        "Give one of them another id in its front matter, or another file name.",
    )


def imported(source_id: str, settings: Settings) -> bool:
    """Whether a document was imported into the originals' folder, and not put there by hand."""
    with suppress(OSError), (settings.originals_dir / f"{source_id}.md").open(encoding="utf-8") as file:
        head, mark, _ = file.read(HEAD_CHARS).partition("\nimported_from:")
        return bool(mark) and "\n---" not in head
    return False


def remove_document(source_id: str, settings: Settings) -> None:
    """Delete a document that was imported. Raises CorpusError for any other, and where it can't be deleted."""
    if not imported(source_id, settings):
        raise CorpusError(f"{source_id}: was not imported.", "Remove its file from the folder it lies in.")
    try:
        (settings.originals_dir / f"{source_id}.md").unlink()
    except OSError as error:
        raise CorpusError(f"{source_id}: can't be removed ({error.strerror}).", "Remove its file yourself.") from None


def _write(path: Path, text: str) -> None:
    unfinished = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        os.replace(unfinished, path)  # noqa: PTH105 - atomic, as its documentation promises
    finally:
        unfinished.unlink(missing_ok=True)


def _check_place(essay: Essay, path: Path, settings: Settings, replace: bool) -> None:
    for other in sorted(path.parent.glob(f"{essay.id}.*")):
        if other.name != path.name and other.stem == essay.id and other.suffix.lower() in SUFFIXES:
            raise taken(f"{essay.id}.md", essay.id, str(other))
    if not path.exists():
        return
    head, text = _standing(path, settings)
    if head.get("kind") == "notes":
        raise CorpusError(f"{path}: holds notes, which are kept.", "Set ASSISTANT_ORIGINALS to a folder of its own.")
    if text != essay.text and not replace:
        raise CorpusError(
            f"{path}: an original with the id {essay.id!r} and another text is there.",
            "Remove that file first, or import again with replacing allowed.",
        )


def _standing(path: Path, settings: Settings) -> tuple[dict[str, Any], str]:
    """Front matter and text of the file that is there; a damaged one has neither."""
    try:
        return parse(decode(path, read_bytes(path, settings.max_document_bytes * 2))[0])
    except CorpusError:
        return {}, ""


@dataclass(frozen=True)
class Added:
    """One imported document: where it came from, the essay, the file written, and what was left out, in words."""

    source: str
    essay: Essay
    path: Path
    loss: str = ""


@dataclass(frozen=True)
class AddReport:
    """The imported documents, and the error for each source that failed."""

    added: tuple[Added, ...] = ()
    failed: tuple[tuple[str, CorpusError], ...] = ()


@dataclass(frozen=True)
class _Found:
    """A draft, where it came from, and the names by which it may be known, the first that is free."""

    draft: Draft
    imported_from: str
    names: tuple[str, ...]
    url: str | None = None


def add_documents(
    sources: Sequence[str], settings: Settings, *, replace: bool = False, policy: Policy = STRICT
) -> AddReport:
    """Import files and http(s) addresses into ``settings.originals_dir``. A failure does not stop the rest.

    A document whose id is taken, in this call or by an original with other content, fails unless ``replace``.
    Files with one name in different folders get different ids.
    """
    tasks = [(source, partial(_found, source, settings, policy)) for source in sources]
    return _run(tasks, settings, replace)


def fetch_originals(
    ids: Sequence[str], settings: Settings, *, replace: bool = False, policy: Policy = STRICT
) -> AddReport:
    """Download the built-in essays with these ids, all if there are none, from their addresses.

    Raises UnknownSource for an id that is not built in, before any download.
    """
    known = catalog()
    for source_id in ids:
        if source_id not in known:
            raise UnknownSource(f"There is no built-in essay {source_id!r}.", f"Choose from: {', '.join(known)}.")
    wanted = [known[source_id] for source_id in dict.fromkeys(ids or known)]
    return _run([(essay.id, partial(_download, essay, settings, policy)) for essay in wanted], settings, replace)


def _run(tasks: Sequence[tuple[str, Callable[[], _Found]]], settings: Settings, replace: bool) -> AddReport:
    added: dict[str, Added] = {}
    failed: list[tuple[str, CorpusError]] = []
    for source, task in tasks:
        try:
            found = task()
            source_id = _free_id(found, settings)
            essay = essay_of(found.draft, source_id, found.names[0], found.url).model_copy(update={"kind": "original"})
            if essay.id in added and not replace:
                raise taken(source, essay.id, added[essay.id].source)
            path = store(essay, found.imported_from, settings, replace=replace)
            added[essay.id] = Added(source, essay, path, found.draft.loss)
        except CorpusError as error:
            failed.append((source, error))
    return AddReport(tuple(added.values()), tuple(failed))


def _free_id(found: _Found, settings: Settings) -> str:
    """The id the document has whatever its name; else of its names the first that no other document has."""
    known = known_id(found.draft, found.names[0], [found.imported_from, found.url or ""])
    if known is not None:
        return known
    ids = [usable_id(name) for name in found.names]
    return next((source_id for source_id in ids if not _is_anothers(source_id, found, settings)), ids[0])


def _is_anothers(source_id: str, found: _Found, settings: Settings) -> bool:
    """Whether the id belongs to an original that was imported from another file or address."""
    path = settings.originals_dir / f"{source_id}.md"
    origin = _standing(path, settings)[0].get("imported_from") if path.exists() else None
    return origin not in {None, found.imported_from, found.imported_from.rpartition("/")[2]}


def _found(source: str, settings: Settings, policy: Policy) -> _Found:
    return _from_address(source, settings, policy) if "://" in source else _from_file(Path(source), settings)


def _download(essay: Essay, settings: Settings, policy: Policy) -> _Found:
    if essay.url is None:
        raise CorpusError(
            f"{essay.id}: has no address.", "Save the essay yourself and run `assistant corpus add FILE`."
        )
    found = _from_address(essay.url, settings, policy)
    words = len(found.draft.text.split())
    if words < FEWEST_WORDS:
        raise CorpusError(
            f"{essay.url}: only {words} words came back, not the essay.",
            "Open the page in a browser, save it, and run `assistant corpus add FILE`.",
        )
    stated = found.draft.stated | {"id": essay.id}
    return dataclasses.replace(found, draft=found.draft.model_copy(update={"stated": stated}))


def _from_file(path: Path, settings: Settings) -> _Found:
    path = path.expanduser()
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder.", "Name its files, or set ASSISTANT_CORPUS to it.")
    draft = read_draft(read_bytes(path, settings.max_document_bytes), path, settings)
    folder = path.resolve().parent.name
    return _Found(draft, f"{folder}/{path.name}", (path.stem, f"{folder}-{path.stem}"))


def _from_address(url: str, settings: Settings, policy: Policy) -> _Found:
    fetched = fetch(url, settings, policy)
    suffix = CONTENT_TYPES[fetched.content_type]
    parts = urlsplit(fetched.url)
    name = Path(unquote(parts.path))
    if suffix == ".txt" and name.suffix.lower() in {".md", ".markdown"}:
        suffix = ".md"
    stem = (name.stem if name.suffix.lower() in {suffix, ".html", ".htm", ".md"} else name.name) or str(parts.hostname)
    draft = read_draft(fetched.body, Path(f"{stem}{suffix}"), settings, charset=fetched.charset)
    return _Found(draft, url, (stem, f"{name.parent.name or parts.hostname}-{stem}"), url=fetched.url)
