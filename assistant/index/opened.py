"""Getting an index to answer from: the current one, built first where needed."""

from __future__ import annotations

from pathlib import Path

from assistant.corpus.loading import Corpus
from assistant.errors import IndexBusy, IndexUnavailable
from assistant.index.build import Progress, build_index, is_complete, silent
from assistant.index.embedding import Embedder, open_embedder
from assistant.index.folder import complete_indexes
from assistant.index.manifest import content_of
from assistant.index.reader import OpenIndex
from assistant.index.status import IndexStatus, index_status
from assistant.settings import Settings

__all__ = ["IndexStatus", "OpenIndex", "ensure_index", "index_status", "open_index"]

WAIT_SECONDS = 900.0
"""How long to wait for another process that is building the first index."""


def open_index(settings: Settings, index: str | Path, *, embedder: Embedder | None = None) -> OpenIndex:
    """Opens the index with this fingerprint, or in this folder. Raises IndexUnavailable, ConfigurationError."""
    folder = index if isinstance(index, Path) else settings.index_dir / index
    return OpenIndex(folder, embedder or open_embedder(settings), chroma_url=settings.chroma_url)


def ensure_index(
    settings: Settings, corpus: Corpus, progress: Progress = silent, *, wait: float = WAIT_SECONDS
) -> OpenIndex:
    """The current index, opened; built first where it is missing or stale.

    While another process builds, the newest older index answers, with a notice; where there is none, this waits
    up to ``wait`` seconds, then raises IndexBusy. Raises IndexUnavailable where the current index is damaged or
    a new one can't be written, ConfigurationError for the model.
    """
    embedder = open_embedder(settings)
    target = settings.index_dir / content_of(settings, corpus, embedder.identity).fingerprint
    if not is_complete(target):
        try:
            build_index(settings, corpus, progress, embedder=embedder)
        except IndexBusy:
            older = _older(settings, embedder)
            if older is not None:
                return older
            build_index(settings, corpus, progress, embedder=embedder, wait=wait)
    return open_index(settings, target, embedder=embedder)


def _older(settings: Settings, embedder: Embedder) -> OpenIndex | None:
    """The newest older index that opens under these settings."""
    for folder, manifest in complete_indexes(settings.index_dir):
        notice = (
            f"The index is being rebuilt; this answer comes from the one of {manifest.created_at:%Y-%m-%d %H:%M} UTC."
        )
        try:
            return OpenIndex(folder, embedder, chroma_url=settings.chroma_url, notices=(notice,))
        except IndexUnavailable:
            continue
    return None
