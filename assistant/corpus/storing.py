"""Writing an original into the originals' folder: one Markdown file, whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from assistant.corpus.frontmatter import dump, parse
from assistant.corpus.loading import TEXT_SUFFIXES, decode, read_bytes
from assistant.errors import CorpusError
from assistant.settings import Settings
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
