"""BM25 over one kind of unit, by bm25s with Porter's English stemmer."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_EN
from numpy.typing import NDArray

from assistant.errors import IndexUnavailable

TOKEN = re.compile(r"\b\w\w+\b")
KEYWORD_FORMAT = "1"
"""Increase it with a change of tokenization, so that indexes are rebuilt."""

_STOPWORDS = frozenset(STOPWORDS_EN)
_local = threading.local()  # a stemmer keeps a cache and may not be shared by threads

logging.getLogger("bm25s").setLevel(logging.WARNING)


def tokens(text: str) -> list[str]:
    """Stemmed lower-case words of two letters or more, English stopwords left out."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    words = [word for word in TOKEN.findall(text.lower()) if word not in _STOPWORDS]
    stems: list[str] = _local.stemmer.stemWords(words)
    return stems


class KeywordIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over a fixed sequence of texts."""

    def __init__(self, model: Any, size: int) -> None:
        """Use ``of`` or ``load``. ``model`` is None if no text has a word."""
        self._model = model
        self._size = size

    @classmethod
    def of(cls, texts: Sequence[str]) -> KeywordIndex:
        """Build an index over ``texts``."""
        words = [tokens(text) for text in texts]
        if not any(words):
            return cls(None, len(texts))
        model = bm25s.BM25()
        model.index(words, show_progress=False)
        return cls(model, len(texts))

    def save(self, folder: Path) -> None:
        """Write the index to a new folder. Raises OSError."""
        folder.mkdir(parents=True)
        if self._model is not None:
            self._model.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> KeywordIndex:
        """Read the index of ``size`` texts from ``folder``. Raises IndexUnavailable if it is damaged."""
        try:
            if not any(folder.iterdir()):
                return cls(None, size)
            model = bm25s.BM25.load(folder, show_progress=False)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise IndexUnavailable(
                f"The keyword index in {folder} can't be read ({error}).", "Run: assistant index build --force"
            ) from error
        if model.scores["num_docs"] != size:
            raise IndexUnavailable(
                f"The keyword index in {folder} does not fit its texts.", "Run: assistant index build --force"
            )
        return cls(model, size)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The BM25 score of each text for ``query``, shape (size,); all zero if no word is known."""
        ids = self._model.get_tokens_ids(tokens(query)) if self._model is not None else []
        if not ids:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._model.get_scores_from_ids(ids), dtype=np.float32)
