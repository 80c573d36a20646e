"""Originals: imported from files and addresses into the originals' folder, one Markdown file each.

Writing an original into the originals' folder: one Markdown file, whole or not at all.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assistant.corpus.fetching import CONTENT_TYPES, STRICT, Policy, fetch
from assistant.corpus.loading import TEXT_SUFFIXES, catalog, decode, read_bytes
from assistant.corpus.reading import METADATA, Draft, first_line, read_draft, usable_id
from assistant.errors import CorpusError, UnknownSource
from assistant.settings import Settings
from assistant.textfiles import dump, parse
from assistant.types import Essay

_FIELDS = ("id", "title", "author", "publisher", "published", "url", "kind")


def store(essay: Essay, imported_from: str, settings: Settings, *, replace: bool) -> Path:
    """The file ``<originals_dir>/<id>.md``, written with front matter above the text.

    Raises CorpusError where the id is taken, the folder holds notes under it, or the disk refuses.
    """
    folder = settings.originals_dir
    path = folder / f"{essay.id}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_place(essay, path, settings, replace)
        head = {name: getattr(essay, name) for name in _FIELDS}
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


def _write(path: Path, text: str) -> None:
    unfinished = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        os.replace(unfinished, path)  # noqa: PTH105 - atomic, as its documentation promises
    finally:
        unfinished.unlink(missing_ok=True)


def _check_place(essay: Essay, path: Path, settings: Settings, replace: bool) -> None:
    for other in sorted(path.parent.glob(f"{essay.id}.*")):
        if other.name != path.name and other.stem == essay.id and other.suffix.lower() in TEXT_SUFFIXES:
            raise taken(f"{essay.id}.md", essay.id, str(other))
    if not path.exists():
        return
    kind, text = _standing(path, settings)
    if kind == "notes":
        raise CorpusError(f"{path}: holds notes, which are kept.", "Set ASSISTANT_ORIGINALS to a folder of its own.")
    if text != essay.text and not replace:
        raise CorpusError(
            f"{path}: an original with the id {essay.id!r} and another text is there.",
            "Remove that file first, or import again with replacing allowed.",
        )


def _standing(path: Path, settings: Settings) -> tuple[object, str]:
    """Kind and text of the file that is there; a damaged one is an original without text."""
    try:
        data, body = parse(decode(path, read_bytes(path, settings.max_document_bytes * 2)))
    except CorpusError:
        return "original", ""
    return data.get("kind"), body


FEWEST_WORDS = 200
"""A page fetched for a built-in essay with fewer words is a notice or a login, not the essay."""


@dataclass(frozen=True)
class Added:
    """One imported document: where it came from, the essay, and the file written."""

    source: str
    essay: Essay
    path: Path


@dataclass(frozen=True)
class AddReport:
    """What was imported, and what was not, with the error that says why and what to do."""

    added: tuple[Added, ...] = ()
    failed: tuple[tuple[str, CorpusError], ...] = ()


@dataclass(frozen=True)
class _Found:
    """A draft, where it came from, and the names by which it may be known."""

    draft: Draft
    imported_from: str
    stem: str
    suffix: str
    url: str | None = None


def add_documents(
    sources: Sequence[str], settings: Settings, *, replace: bool = False, policy: Policy = STRICT
) -> AddReport:
    """Import files and http(s) addresses into ``settings.originals_dir``; one that fails does not stop the rest.

    A document whose id is taken, by another of this call or by an original with other content, fails unless
    ``replace``.
    """
    return _run([(source, partial(_read, source, settings, policy)) for source in sources], settings, replace)


def fetch_originals(
    ids: Sequence[str], settings: Settings, *, replace: bool = False, policy: Policy = STRICT
) -> AddReport:
    """Download the built-in essays with these ids (all where none is given) from their addresses.

    Raises UnknownSource for an id that is not built in, before anything is downloaded.
    """
    known = catalog()
    for source_id in ids:
        if source_id not in known:
            raise UnknownSource(f"There is no built-in essay {source_id!r}.", f"Choose from: {', '.join(known)}.")
    wanted = [known[source_id] for source_id in dict.fromkeys(ids or known)]
    return _run([(essay.id, partial(_download, essay, settings, policy)) for essay in wanted], settings, replace)


def _run(tasks: Sequence[tuple[str, Callable[[], tuple[Essay, str]]]], settings: Settings, replace: bool) -> AddReport:
    added: dict[str, Added] = {}
    failed: list[tuple[str, CorpusError]] = []
    for source, task in tasks:
        try:
            essay, imported_from = task()
            if essay.id in added and not replace:
                raise taken(source, essay.id, added[essay.id].source)
            added[essay.id] = Added(source, essay, store(essay, imported_from, settings, replace=replace))
        except CorpusError as error:
            failed.append((source, error))
    return AddReport(tuple(added.values()), tuple(failed))


def _read(source: str, settings: Settings, policy: Policy) -> tuple[Essay, str]:
    found = _from_address(source, settings, policy) if "://" in source else _from_file(Path(source), settings)
    return _essay(found, _identify(found)), found.imported_from


def _download(essay: Essay, settings: Settings, policy: Policy) -> tuple[Essay, str]:
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
    return _essay(found, essay.id), found.imported_from


def _from_file(path: Path, settings: Settings) -> _Found:
    path = path.expanduser()
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder.", "Name its files, or set ASSISTANT_CORPUS to it.")
    draft = read_draft(read_bytes(path, settings.max_document_bytes), path, settings)
    return _Found(draft, path.name, path.stem, path.suffix.lower())


def _from_address(url: str, settings: Settings, policy: Policy) -> _Found:
    fetched = fetch(url, settings, policy)
    suffix = CONTENT_TYPES[fetched.content_type]
    parts = urlsplit(fetched.url)
    name = Path(unquote(parts.path))
    if suffix == ".txt" and name.suffix.lower() in {".md", ".markdown"}:
        suffix = ".md"
    stem = name.stem if name.suffix.lower() in {suffix, ".html", ".htm", ".md"} else name.name
    draft = read_draft(fetched.body, Path(f"{stem or parts.hostname}{suffix}"), settings)
    return _Found(draft, url, stem or str(parts.hostname), suffix, url=fetched.url)


def _identify(found: _Found) -> str:
    """The id: stated in front matter, else that of the built-in essay it is, else from the file's name."""
    stated = found.draft.stated.get("id")
    if stated is not None:
        return usable_id(stated)
    known = catalog()
    if found.stem in known:
        return found.stem
    title = _alike(_title(found.draft))
    for essay in known.values():
        same_address = essay.url is not None and _page(essay.url) in {
            _page(found.imported_from),
            _page(found.url or ""),
        }
        if same_address or _alike(essay.title) == title:
            return essay.id
    name = found.stem if found.stem.lower() not in {"readme", "index"} else _title(found.draft)
    return usable_id(usable_id(name).lower())


def _essay(found: _Found, source_id: str) -> Essay:
    """The essay; what the document does not state, a built-in essay's metadata gives before any guess."""
    known = catalog().get(source_id)
    draft = found.draft
    given = {
        name: draft.stated.get(name) or (getattr(known, name) if known is not None else None) or draft.guessed.get(name)
        for name in METADATA
    }
    given["url"] = given["url"] or found.url
    title = given.pop("title") or first_line(draft.text)
    return Essay(id=source_id, title=title, kind="original", text=draft.text, **given)


def _title(draft: Draft) -> str:
    return draft.stated.get("title") or draft.guessed.get("title") or first_line(draft.text)


def _alike(title: str) -> str:
    """A title's letters and digits, for comparing."""
    return re.sub(r"[\W_]+", " ", title).strip().casefold()


def _page(url: str) -> str:
    """An address without scheme, www, query and final slash, for comparing."""
    parts = urlsplit(url)
    return (parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/")) or url
