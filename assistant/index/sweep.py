"""Clearing away: what dead builders left, and all but the newest older indexes."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import IndexUnavailable
from assistant.index.folder import complete_indexes, remove
from assistant.index.units import KINDS
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
