"""A textbook RAG pipeline as a baseline: ``python -m tools.textbook SUITE --out ANSWERS.jsonl``.

1,000-character chunks in Chroma with the project's embedding model, the nearest four per question. The answer is the
two sentences of the nearest chunk that are most similar to the question, and cites that chunk whole. It never abstains
and takes a follow-up as it stands. ``assistant eval run SUITE --answers ANSWERS.jsonl`` scores it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.corpus.loading import load_corpus
from assistant.corpus.markup import blocks
from assistant.corpus.splitting import sentences
from assistant.errors import AssistantError, InputError
from assistant.evaluation.cases import Case, load_suite
from assistant.index.embedding import Embedder
from assistant.settings import load_settings
from assistant.types import Essay
from tools.bench_retrieval import Place, textbook

RETRIEVED = 4
SENTENCES = 2
Reply = dict[str, Any]
"""An answer as a line of ``--answers`` holds it."""


def replies(cases: Sequence[Case], essays: Mapping[str, Essay], embedder: Embedder) -> Iterator[Reply]:
    """One reply a case, in order; offsets count characters of the essay."""
    search = textbook(essays.values(), embedder, RETRIEVED)
    for case in cases:
        found = search(case.question)
        said = most_similar(case.question, _sentences(found[0], essays), embedder)
        yield {"id": case.id, **_stated(said), **_shown(found, essays)}


def most_similar(question: str, texts: Sequence[str], embedder: Embedder) -> list[str]:
    """The two texts with the highest cosine to the question, in the order they were given."""
    cosines = embedder.encode(texts) @ embedder.encode([question], query=True)[0]
    best = np.argsort(-cosines, kind="stable")[:SENTENCES]
    return [texts[i] for i in sorted(best)]


def _sentences(place: Place, essays: Mapping[str, Essay]) -> list[str]:
    """The chunk's sentences, cut where the chunk is; the whole chunk where it has none (headings alone)."""
    source, start, end = place
    chunk = essays[source].text[start:end]
    found = [span.of(chunk) for block in blocks(chunk, 0, len(chunk)) for span in sentences(chunk, block)]
    return [" ".join(text.split()) for text in found or [chunk]]


def _stated(said: Sequence[str]) -> Reply:
    """The answer's text, each sentence marked, and the claims that say where each stands in it."""
    text, claims = "", []
    for sentence in said:
        start = len(text) + bool(text)
        text = f"{text} {sentence} [1]".lstrip()
        claims.append({"start": start, "end": len(text), "markers": [1], "supported": True})
    return {"answer": text, "abstained": False, "claims": claims, "model": "textbook"}


def _shown(found: Sequence[Place], essays: Mapping[str, Essay]) -> Reply:
    """The chunks retrieved, and the first of them as the one citation."""
    passages = [{"source_id": source, "start": start, "end": end} for source, start, end in found]
    source, start, end = found[0]
    return {
        "citations": [{"marker": 1, **passages[0], "quote": essays[source].text[start:end]}],
        "passages": passages,
    }


def write(suite: str, out: Path) -> int:
    """Answers the suite into the file and returns how many. Raises AssistantError for what can't be read or written."""
    cases, settings = load_suite(suite).cases, load_settings()
    essays = {essay.id: essay for essay in load_corpus(settings).essays}
    lines = [
        json.dumps(reply, ensure_ascii=False) for reply in replies(cases, essays, Embedder(settings.embedding_model))
    ]
    try:
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{out}: can't be written ({error.strerror}).", "Name a file in a folder that is there."
        ) from None
    return len(lines)


def main(arguments: Sequence[str]) -> int:
    """Read the command line, answer and write. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.textbook", description="Answer a suite as tutorials do it.")
    parser.add_argument("suite", metavar="SUITE", help="dev, smoke, last-look, or the path of a question file")
    parser.add_argument("--out", metavar="ANSWERS.jsonl", type=Path, required=True, help="where the answers go")
    chosen = parser.parse_args(arguments)
    try:
        written = write(chosen.suite, chosen.out)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(f"{written} answers written. Score them: assistant eval run {chosen.suite} --answers {chosen.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
