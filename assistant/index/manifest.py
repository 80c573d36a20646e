"""What an index was made from and what it must answer: the fingerprint, and ``manifest.json``."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import datetime

from pydantic import Field

from assistant.corpus.loading import Corpus
from assistant.corpus.splitting import SPLITTER_VERSION
from assistant.index.keywords import KEYWORD_FORMAT
from assistant.index.units import UNIT_FORMAT, UnitKind
from assistant.index.vectors import public_url
from assistant.index.weights import ModelIdentity
from assistant.settings import Settings
from assistant.types import Essay, Frozen

SCHEMA_VERSION = 1


class Content(Frozen):
    """Everything that determines what an index holds."""

    schema_version: int = SCHEMA_VERSION
    corpus: dict[str, str] = Field(description="SHA-256 of each essay's text, by id.")
    metadata: dict[str, str] = Field(description="SHA-256 of each essay's title, author and so on, by id.")
    hints: dict[str, str] = Field(description="SHA-256 of each essay's questions, by id; none, no entry.")
    model: str = Field(description="The embedding model's name.")
    weights_sha256: str
    splitter: str
    units: str
    keywords: str
    chroma: str | None = Field(description="Address of the Chroma server; null: the index's own folder.")

    @property
    def fingerprint(self) -> str:
        """16 hex digits over all of it. The model counts by its weights, not by the name it was found under."""
        return _sha256(self.model_dump(exclude={"model"}))[:16]


class Canary(Frozen):
    """A unit that must come back first, nearly at distance zero, when its own text is searched."""

    kind: UnitKind
    unit_id: str
    text: str


class Manifest(Frozen):
    """``manifest.json``: written last, so an index that has one is complete."""

    fingerprint: str
    created_at: datetime
    content: Content
    dimensions: int
    counts: dict[UnitKind, int]
    embedded: int = Field(description="Units whose vectors were computed for this index.")
    reused: int = Field(description="Units whose vectors were copied from an older index.")
    vectors: str = Field(description="Name of the vectors' folder, or the prefix of the collections on a server.")
    canaries: tuple[Canary, ...]
    files: dict[str, str] = Field(description="SHA-256 of each file beside the vectors, by its path in the index.")


def content_of(settings: Settings, corpus: Corpus, model: ModelIdentity) -> Content:
    """What an index over ``corpus`` under these settings would hold. Raises ConfigurationError."""
    hints = defaultdict(list)
    for hint in corpus.hints:
        hints[hint.source_id].append(hint.model_dump())
    return Content(
        corpus={essay.id: essay.sha256 for essay in corpus.essays},
        metadata={essay.id: _metadata_sha256(essay) for essay in corpus.essays},
        hints={source_id: _sha256(records) for source_id, records in hints.items()},
        model=model.name,
        weights_sha256=model.weights_sha256,
        splitter=SPLITTER_VERSION,
        units=UNIT_FORMAT,
        keywords=KEYWORD_FORMAT,
        chroma=public_url(settings.chroma_url) if settings.chroma_url else None,
    )


def _metadata_sha256(essay: Essay) -> str:
    return _sha256(essay.model_dump(exclude={"text"}))


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
