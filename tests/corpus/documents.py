"""One document read as ``corpus add`` and a folder of documents read it."""

from __future__ import annotations

from pathlib import Path

from assistant.corpus.reading import Draft, essay_of, known_id, read_bytes, read_draft, usable_id
from assistant.settings import Settings
from assistant.types import Essay


def draft_of(path: Path, settings: Settings) -> Draft:
    return read_draft(read_bytes(path, settings.max_document_bytes), path, settings)


def read_document(path: Path, settings: Settings) -> Essay:
    draft = draft_of(path, settings)
    return essay_of(draft, known_id(draft, path.stem) or usable_id(path.stem), path.stem)
