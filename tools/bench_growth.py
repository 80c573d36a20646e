"""``python -m tools.bench_growth PASSAGES DOCUMENTS [CHROMA_URL]``: an index of invented documents, built and asked.

A stand-in encodes (words hashed to directions), because what is measured is everything else: the time of each further
passage, memory, and what a question costs. Each size wants a process of its own. With an address the vectors lie on a
Chroma server, whose own work is in the wall times alone.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np

from assistant.answering.assistant import Assistant
from assistant.index import embedding
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.exported import Vectors
from assistant.index.weights import ModelIdentity
from assistant.settings import Settings, load_settings

DIMENSIONS = 384
WORDS_A_SENTENCE = 14
SENTENCES_A_PASSAGE = 5
QUESTIONS = 30


class StandIn(Embedder):
    """A text's vector is the mean of its words' random directions."""

    identity = ModelIdentity(name="stand-in", weights_sha256="0" * 64)

    def encode(  # noqa: D102
        self, texts: Sequence[str], *, query: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        del query  # both kinds of text are encoded alike
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row += sum((_direction(word) for word in text.lower().split()), np.full(DIMENSIONS, 1e-3, np.float32))
        if progress is not None:
            progress(len(texts), len(texts))
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@cache
def _direction(word: str) -> Vectors:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIMENSIONS).astype(np.float32)


def write_documents(folder: Path, passages: int, documents: int) -> list[str]:
    """Documents with an author each, of about so many passages in all; returns some of their sentences."""
    chance = random.Random(7)
    syllables = ["ba", "co", "di", "fu", "ga", "hel", "in", "jo", "kar", "lo", "men", "nor", "os", "pe", "qui", "ran"]
    words = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(20_000)]
    weights = [*accumulate(1 / rank for rank in range(1, len(words) + 1))]
    said = []
    for number in range(documents):
        blocks = []
        for _ in range(max(1, passages // documents)):
            sentences = [
                " ".join(chance.choices(words, cum_weights=weights, k=WORDS_A_SENTENCE)).capitalize() + "."
                for _ in range(SENTENCES_A_PASSAGE * 2)
            ]
            said.append(chance.choice(sentences))
            blocks.append(" ".join(sentences))
        author = f"{words[number].capitalize()} {words[-number].capitalize()}"
        head = f"---\ntitle: Report {number}\nauthor: {author}\n---\n\n"
        (folder / f"report-{number}.md").write_text(head + "\n\n".join(blocks) + "\n", encoding="utf-8")
    return chance.sample(said, min(QUESTIONS, len(said)))


def timed(name: str, work: Callable[[], object]) -> None:
    """Prints CPU and wall seconds of the work, and the process's peak memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:14}{time.process_time() - cpu:9.2f} CPU s{time.perf_counter() - wall:9.2f} s{peak:7} MB at the peak")


def measure(passages: int, documents: int, folder: Path, chroma_url: str | None) -> None:
    """Build, build after one more document, open, ask."""
    corpus = folder / "corpus"
    corpus.mkdir()
    questions = write_documents(corpus, passages, documents)
    settings = load_settings(
        corpus=str(corpus), index=folder / "index", max_document_bytes=1_000_000_000, chroma_url=chroma_url
    )
    build(settings, "build")
    extra = "---\ntitle: One more\nauthor: Somebody Else\n---\n\nThe zeppelin lands. Nobody is on board."
    (corpus / "extra.md").write_text(extra, encoding="utf-8")
    build(settings, "one more")
    opened: list[Assistant] = []
    timed("open", lambda: opened.append(Assistant(settings)))
    size = sum(file.stat().st_size for file in opened[0].index.folder.rglob("*") if file.is_file())
    print(f"{'on disk':14}{size // 1_000_000:9} MB")
    times, waits = [], []
    for question in questions:
        started, asked = time.process_time(), time.perf_counter()
        opened[0].ask(question)
        times.append(1000 * (time.process_time() - started))
        waits.append(1000 * (time.perf_counter() - asked))
    p50, waited = statistics.median(times[3:]), statistics.median(waits[3:])
    print(f"question      p50 {p50:.0f} ms CPU, {waited:.0f} ms, first {times[0]:.0f} ms CPU")
    print(opened[0].index.manifest.counts)
    opened[0].close()


def build(settings: Settings, name: str) -> None:
    """Load the documents and build their index."""
    from assistant.corpus.loading import load_corpus

    corpora: list[object] = []
    timed("load", lambda: corpora.append(load_corpus(settings)))
    timed(name, lambda: build_index(settings, corpora[0], embedder=StandIn()))  # type: ignore[arg-type]


def main(passages: int, documents: int, chroma_url: str | None = None) -> int:
    """Measure and print. Returns the exit status."""
    embedding.Embedder = StandIn  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        measure(passages, documents, Path(folder), chroma_url)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
