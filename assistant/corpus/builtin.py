"""Whether documents are the built-in essays: what is said of them, and which questions fit, depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.corpus.loading import catalog


def built_in(ids: Iterable[str]) -> bool:
    """Whether documents with these ids are the built-in essays, or some of them, and nothing else."""
    return set(ids) <= set(catalog())


def holds_built_in(ids: Iterable[str]) -> bool:
    """Whether all built-in essays are among these documents, so that the questions written for them are answered."""
    return set(catalog()) <= set(ids)


def documents_noun(ids: Iterable[str]) -> str:
    """What to call the documents with these ids: "essays" or "documents"."""
    return "essays" if built_in(ids) else "documents"
