"""The current index of a corpus: its status, and opening it, after a build if it is missing or stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.corpus.loading import Corpus
from assistant.errors import IndexBusy, IndexUnavailable
from assistant.index.build import Progress, build_index, damage, is_complete, silent
from assistant.index.embedding import Embedder, open_embedder
from assistant.index.folder import Content, Manifest, complete_indexes, content_of
from assistant.index.reader import OpenIndex
from assistant.settings import Settings
from assistant.types import Essay, Frozen

NONE = "this version has no index of these documents"


class IndexStatus(Frozen):
    """The best index of this corpus in the folder, compared with the one that documents and settings ask for."""

    current: bool
    fingerprint: str | None
    wanted: str
    reasons: list[str]
    manifest: Manifest | None


def index_status(settings: Settings, corpus: Corpus) -> IndexStatus:
    """The status of the wanted index; if it is missing, the newest one and what changed. Raises ConfigurationError."""
    wanted = content_of(settings, corpus, open_embedder(settings).identity)
    found = [manifest for _, manifest in complete_indexes(settings.index_dir)]
    same = [manifest for manifest in found if manifest.fingerprint == wanted.fingerprint]
    best = next(iter(same or (each for each in found if wanted.same_corpus(each.content))), None)
    if same:
        damaged = damage(settings.index_dir / wanted.fingerprint)
        reasons = [damaged.rstrip(".")] if damaged else []
    else:
        reasons = list(reasons_of(best.content, wanted)) if best else [NONE]
    return IndexStatus(
        current=not reasons,
        fingerprint=best.fingerprint if best else None,
        wanted=wanted.fingerprint,
        reasons=reasons,
        manifest=best,
    )


def reasons_of(old: Content, new: Content) -> Iterator[str]:
    """What changed between the inputs of two indexes."""
    for source_id in sorted(old.corpus.keys() | new.corpus.keys()):
        yield from _essay_reasons(source_id, old, new)
    if old.weights_sha256 != new.weights_sha256:
        yield f"the embedding model differs ({old.model}, now {new.model})"
    if old.splitter != new.splitter:
        yield "documents are cut into passages differently now"
    if (old.units, old.keywords, old.schema_version) != (new.units, new.keywords, new.schema_version):
        yield "this version indexes differently"
    if old.chroma != new.chroma:
        yield f"the vectors' place differs ({old.chroma or 'local folder'}, now {new.chroma or 'local folder'})"


def _essay_reasons(source_id: str, old: Content, new: Content) -> Iterator[str]:
    if source_id not in old.corpus:
        yield f"{source_id} is new"
    elif source_id not in new.corpus:
        yield f"{source_id} is gone"
    else:
        if old.metadata[source_id] != new.metadata[source_id]:
            yield f"title, author or other data of {source_id} changed"
        if old.corpus[source_id] != new.corpus[source_id]:
            yield f"{source_id} changed"
        elif old.hints.get(source_id) != new.hints.get(source_id):
            yield f"the questions for {source_id} changed"


__all__ = ["IndexStatus", "OpenIndex", "ensure_index", "index_status", "open_index"]

WAIT_SECONDS = 900.0
"""Longest wait for another process that builds the first index."""


def open_index(settings: Settings, index: str | Path, *, embedder: Embedder | None = None) -> OpenIndex:
    """Open the index with this fingerprint or in this folder. Raises IndexUnavailable, ConfigurationError."""
    folder = index if isinstance(index, Path) else settings.index_dir / index
    return OpenIndex(folder, embedder or open_embedder(settings), chroma_url=settings.chroma_url)


def ensure_index(
    settings: Settings,
    corpus: Corpus,
    progress: Progress = silent,
    *,
    embedder: Embedder | None = None,
    wait: float = WAIT_SECONDS,
) -> OpenIndex:
    """Open the current index; build it first if it is missing or stale.

    While another process builds, or if a new one can't be written, this opens the newest older index of the same
    documents, with a notice; if there is none it waits for the other process up to ``wait`` seconds, then raises
    IndexBusy. Raises IndexUnavailable if the current index is damaged or none can be built, ConfigurationError for the
    model.
    """
    embedder = embedder or open_embedder(settings)
    wanted = content_of(settings, corpus, embedder.identity)
    target = settings.index_dir / wanted.fingerprint
    if not is_complete(target):
        try:
            build_index(settings, corpus, progress, embedder=embedder)
        except IndexUnavailable as error:
            busy = isinstance(error, IndexBusy)
            older = _older(settings, wanted, corpus, embedder, "is being" if busy else "could not be")
            if older is not None:
                return older
            if not busy:
                raise
            progress("wait", 0, 1)
            build_index(settings, corpus, progress, embedder=embedder, wait=wait)
    return open_index(settings, target, embedder=embedder)


def _older(settings: Settings, wanted: Content, corpus: Corpus, embedder: Embedder, how: str) -> OpenIndex | None:
    """The newest index that opens and may answer for the wanted one, which is never that of another corpus."""
    for folder, manifest in complete_indexes(settings.index_dir):
        if not wanted.covers(manifest.content):
            continue
        notice = f"The index {how} rebuilt; this answer comes from the one of {manifest.created_at:%Y-%m-%d %H:%M} UTC."
        try:
            older = OpenIndex(folder, embedder, chroma_url=settings.chroma_url, notices=(notice,))
        except IndexUnavailable:
            continue
        if _much_the_same(older.essays, corpus):
            return older
        older.close()
    return None


def _much_the_same(old: Mapping[str, Essay], corpus: Corpus) -> bool:
    """Whether most of what the old documents say still stands in those of their names, by runs of three words.

    Another corpus may lie at the same place, in files of the same names.
    """
    now = {essay.id: essay for essay in corpus.essays}
    standing = every = 0
    for essay in old.values():
        runs = _runs(essay.text)
        every += len(runs)
        standing += len(runs if essay.sha256 == now[essay.id].sha256 else runs & _runs(now[essay.id].text))
    return 2 * standing > every


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return set(zip(words, words[1:], words[2:], strict=False))
