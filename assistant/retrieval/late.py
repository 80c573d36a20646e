"""Sentences that are not indexed, scored late: those of the passages that come nearest to a question.

Their keywords are weighed as BM25 weighs them, with the rarity of words among the passages. The fittest few are
encoded for the question, as ``ENCODED`` of them cost about as much as ten questions; their vectors are kept for later.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assistant.index.opened import OpenIndex
from assistant.index.reader import encode_unit_texts
from assistant.index.searches import FADES, LENGTHS, tokens
from assistant.index.units import Unit, sentence_units

Scores = NDArray[np.float32]
Rows = NDArray[np.intp]

PASSAGES_READ = 40
"""Passages whose sentences are scored, the nearest ones."""
ENCODED = 12
VECTORS_KEPT = 10_000


@dataclass
class Read:
    """Sentences as read for one question: their passages' rows, and the share of the question's words they have."""

    units: Sequence[Unit] = ()
    passages: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    keywords: Scores = field(default_factory=lambda: np.zeros(0, dtype=np.float32))


class LateSentences:
    """The passages of one index whose sentences are not indexed. Safe to share between threads."""

    def __init__(self, index: OpenIndex) -> None:
        self._index = index
        indexed = np.zeros(len(index.passages), dtype=bool)
        indexed[[index.passages.rows[unit.passage_id] for unit in index.units("sentence")]] = True
        self._rows: Rows = np.flatnonzero(~indexed & (index.passages.sentence_counts > 0))
        self._kept: OrderedDict[str, Scores] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self._rows)

    def read(self, scores: Scores, query: str) -> Read:
        """The sentences of the passages with the best ``scores``, which has a value for each passage of the index."""
        best = self._rows
        if len(best) > PASSAGES_READ:
            best = best[np.argpartition(-scores[best], PASSAGES_READ)[:PASSAGES_READ]]
        best = best[np.argsort(-scores[best], kind="stable")]
        read = [(row, list(sentence_units(self._index.passages[row], self._index.essays))) for row in best]
        units = [unit for _, found in read for unit in found]
        passages = np.repeat([row for row, _ in read], [len(found) for _, found in read]).astype(np.intp)
        return Read(units, passages, _keywords(units, self._index.rarities("passage", query)))

    def cosines(self, read: Read, provisional: Scores, vector: Scores) -> Scores:
        """Cosines of the sentences with the question; those that are not worth encoding get that of the farthest."""
        if not read.units:
            return np.zeros(0, dtype=np.float32)
        best = np.argsort(-provisional, kind="stable")[:ENCODED]
        found = self._vectors([read.units[row].text for row in best]) @ vector
        cosines = np.full(len(read.units), found.min(), dtype=np.float32)
        cosines[best] = found
        return cosines

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, encode_unit_texts(self._index.embedder, "sentence", new), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > VECTORS_KEPT:
                self._kept.popitem(last=False)
        return np.array([known[text] for text in texts])


def _keywords(units: Sequence[Unit], rarities: Mapping[str, float]) -> Scores:
    """BM25 of each sentence, as a share of what one with all words of the question could have."""
    counted = [Counter(tokens(unit.text)) for unit in units]
    lengths = np.array([words.total() for words in counted], dtype=np.float32)
    fade = FADES * (1 - LENGTHS + LENGTHS * lengths / max(float(lengths.mean()) if len(lengths) else 0.0, 1.0))
    scores = np.zeros(len(units), dtype=np.float32)
    for word, rarity in rarities.items():
        times = np.array([words[word] for words in counted], dtype=np.float32)
        scores += np.float32(rarity) * times / np.maximum(times + fade, 1e-9)
    return scores / np.float32(max(sum(rarities.values()), 1e-9))
