"""Vectors of an older index, so that only changed texts are embedded again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexUnavailable
from assistant.index.embedding import Embedder
from assistant.index.folder import complete_indexes
from assistant.index.reader import OpenIndex
from assistant.index.units import KINDS, UnitKind
from assistant.settings import Settings

KnownVectors = dict[tuple[UnitKind, str], NDArray[np.float32]]


def known_vectors(settings: Settings, embedder: Embedder) -> KnownVectors:
    """Vectors by kind and exact text, from the newest index of the same model that opens and finds its canaries.

    A vector depends on nothing but model, kind and text, so equal text is reason enough to copy it. An index
    that can't be opened has nothing to give: its texts are embedded again.
    """
    for folder, manifest in complete_indexes(settings.index_dir):
        if manifest.content.weights_sha256 == embedder.identity.weights_sha256:
            try:
                with OpenIndex(folder, embedder, chroma_url=settings.chroma_url) as index:
                    return _vectors(index)
            except IndexUnavailable:
                continue
    return {}


def _vectors(index: OpenIndex) -> KnownVectors:
    known: KnownVectors = {}
    for kind in KINDS:
        units = index.units(kind)
        rows = index.vectors_of(kind, [unit.id for unit in units])
        known.update(zip(((kind, unit.text) for unit in units), rows, strict=True))
    return known
