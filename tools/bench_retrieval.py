"""Retrieval quality on the development questions, ours and the textbook pipeline's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from assistant import Assistant
from assistant.index.embedding import Embedder
from assistant.types import Essay
from tools.install import ROOT

QUESTIONS = ROOT / "eval" / "dev.jsonl"
CUTOFF = 5
Place = tuple[str, int, int]
"""Document, start and end of a retrieved text."""
Search = Callable[[str], Sequence[Place]]


def answerable(path: Path = QUESTIONS) -> list[dict[str, Any]]:
    """The answerable development questions that stand alone (a follow-up needs its history)."""
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [case for case in cases if case["answerable"] and not case["history"]]


def quality(search: Search, cases: Iterable[dict[str, Any]], essays: Iterable[Essay]) -> dict[str, float]:
    """Mean evidence recall at 5 and reciprocal rank; a place is relevant where it covers a whole gold quote."""
    texts = {essay.id: essay.text for essay in essays}
    recalls, ranks = [], []
    for case in cases:
        gold = [place for quote in case["evidence"] if (place := _place(quote, texts, case["sources"]))]
        found = search(case["question"])[:CUTOFF]
        covered = [[_covers(place, quote) for quote in gold] for place in found]
        recalls.append(sum(any(row[i] for row in covered) for i in range(len(gold))) / len(gold))
        ranks.append(next((1 / rank for rank, row in enumerate(covered, start=1) if any(row)), 0.0))
    return {"questions": len(recalls), "recall@5": sum(recalls) / len(recalls), "MRR": sum(ranks) / len(ranks)}


def ours(assistant: Assistant) -> Search:
    """The assistant's own retrieval."""

    def search(question: str) -> list[Place]:
        return [(p.source_id, p.start, p.end) for p in assistant.search(question, CUTOFF)]

    return search


def textbook(essays: Iterable[Essay], embedder: Embedder, limit: int = CUTOFF) -> Search:
    """Chunks of 1,000 characters with 200 of overlap, in Chroma, at most ``limit`` a question, nearest first."""
    import chromadb
    from chromadb.config import Settings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    places: dict[str, Place] = {}
    chunks: list[str] = []
    for essay in essays:
        at = 0
        for chunk in splitter.split_text(essay.text):
            at = essay.text.index(chunk, at)  # in order, so the next chunk starts behind this one
            places[str(len(chunks))] = (essay.id, at, at + len(chunk))
            chunks.append(chunk)
            at += 1
    client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
    name = f"textbook-{uuid.uuid4()}"  # all clients of a process share one memory
    collection = client.create_collection(name, embedding_function=None, metadata={"hnsw:space": "cosine"})
    collection.add(ids=list(places), embeddings=embedder.encode(chunks))

    def search(question: str) -> list[Place]:
        found = collection.query(query_embeddings=embedder.encode([question], query=True), n_results=limit)
        return [places[key] for key in found["ids"][0]]

    return search


def _place(quote: str, texts: dict[str, str], sources: Sequence[str]) -> Place | None:
    """Where the quote stands among the case's sources."""
    for source in sources:
        at = texts[source].find(quote)
        if at >= 0:
            return source, at, at + len(quote)
    raise ValueError(f"No source of the question holds its evidence: {quote!r}. Correct eval/dev.jsonl.")


def _covers(place: Place, quote: Place) -> bool:
    return place[0] == quote[0] and place[1] <= quote[1] and quote[2] <= place[2]
