"""BM25 over one kind of unit: bm25s makes the scores, with Porter's English stemmer; reading them needs numpy alone."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import Stemmer
from numpy.typing import NDArray

from assistant.errors import IndexUnavailable

TOKEN = re.compile(r"\b\w\w+\b")
KEYWORD_FORMAT = "1"
"""Increase it with a change of tokenization, so that indexes are rebuilt."""

STOPWORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with".split()
)
"""Lucene's, as bm25s has them; importing bm25s brings scipy, which no question needs."""
_local = threading.local()  # a stemmer keeps a cache and may not be shared by threads


def tokens(text: str) -> list[str]:
    """Stemmed lower-case words of two letters or more, English stopwords left out."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    words = [word for word in TOKEN.findall(text.lower()) if word not in STOPWORDS]
    stems: list[str] = _local.stemmer.stemWords(words)
    return stems


class KeywordIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over a fixed sequence of texts.

    The scores of the word with number ``w`` are ``values[starts[w] : starts[w + 1]]``, and ``rows`` at the same places
    says whose they are.
    """

    def __init__(
        self, words: Mapping[str, int], starts: NDArray[Any], rows: NDArray[Any], values: NDArray[Any], size: int
    ) -> None:
        """Use ``of`` or ``load``."""
        self._words, self._starts, self._rows, self._values = words, starts, rows, values
        self._size = size

    @classmethod
    def of(cls, texts: Sequence[str], folder: Path) -> KeywordIndex:
        """Build an index over ``texts`` and write it to a new folder. Raises OSError."""
        folder.mkdir(parents=True)
        words = [tokens(text) for text in texts]
        if any(words):
            import bm25s

            logging.getLogger("bm25s").setLevel(logging.WARNING)
            model = bm25s.BM25()
            model.index(words, show_progress=False)
            model.save(folder, show_progress=False)
        return cls.load(folder, len(texts))

    @classmethod
    def load(cls, folder: Path, size: int) -> KeywordIndex:
        """Read the index of ``size`` texts from ``folder``. Raises IndexUnavailable if it is damaged."""
        try:
            if not any(folder.iterdir()):
                nothing = np.zeros(0, dtype=np.int32)
                return cls({}, nothing, nothing, nothing, size)
            made_of = json.loads((folder / "params.index.json").read_bytes())["num_docs"]
            words = json.loads((folder / "vocab.index.json").read_bytes())
            starts, rows, values = (
                np.load(folder / f"{name}.csc.index.npy", mmap_mode="r") for name in ("indptr", "indices", "data")
            )
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise IndexUnavailable(
                f"The keyword index in {folder} can't be read ({error}).", "Run: assistant index build --force"
            ) from error
        if made_of != size:
            raise IndexUnavailable(
                f"The keyword index in {folder} does not fit its texts.", "Run: assistant index build --force"
            )
        return cls(words, starts, rows, values, size)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The BM25 score of each text for ``query``, shape (size,); all zero if no word is known."""
        scores = np.zeros(self._size, dtype=np.float32)
        for word in tokens(query):
            number = self._words.get(word)
            if number is not None:
                place = slice(self._starts[number], self._starts[number + 1])
                scores[self._rows[place]] += self._values[place]
        return scores
