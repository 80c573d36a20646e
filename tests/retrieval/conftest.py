"""The index of the notes, opened once for all that search it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.corpus.loading import load_corpus
from assistant.index.opened import OpenIndex, ensure_index
from assistant.retrieval.retriever import HybridRetriever
from assistant.settings import load_settings


@pytest.fixture(scope="session")
def notes(index_dir: Path) -> Iterator[OpenIndex]:
    settings = load_settings()
    index = ensure_index(settings, load_corpus(settings))
    yield index
    index.close()


@pytest.fixture(scope="session")
def retriever(notes: OpenIndex) -> HybridRetriever:
    return HybridRetriever(notes, 8)
