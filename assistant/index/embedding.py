"""Texts to unit vectors on the CPU: by ONNX Runtime where the model can be exported, else by sentence-transformers."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from assistant.errors import ConfigurationError, EncoderUnavailable
from assistant.index.exported import OnnxEncoder, Vectors, open_encoder
from assistant.index.weights import CACHE_NAME, HashCache, ModelIdentity, identify, model_folder
from assistant.settings import DEFAULT_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHUNK = 256
"""Texts encoded at once, so that progress is seen and a question need not wait for a whole build."""
BATCH = 32
_OPENING = threading.Lock()
_OPEN: weakref.WeakValueDictionary[tuple[str, Path, Path], OnnxEncoder] = weakref.WeakValueDictionary()
"""Encoders in use, which all indexes of one model share: a second one costs 0.2 CPU-seconds and its memory."""


class Embedder(Embeddings):
    """An embedding model as LangChain ``Embeddings``; every vector has length 1. Safe to share between threads.

    Making one is cheap: the weights load at the first ``encode``. The bundled model's weights are checked against
    the published hash; a mismatch raises ConfigurationError.
    """

    def __init__(
        self,
        model: str = DEFAULT_EMBEDDING_MODEL,
        *,
        hashes: HashCache | None = None,
        encoders: str | Path | None = None,
    ) -> None:
        """``model`` as in ``ASSISTANT_EMBEDDING_MODEL``; ``hashes`` may remember those of its files.

        ``encoders`` is the folder of models exported to ONNX; without one sentence-transformers encodes.
        """
        self.name = model
        self.hashes = hashes or HashCache()
        self._encoders = Path(encoders) if encoders is not None else None
        self._loading = threading.Lock()

    @cached_property
    def identity(self) -> ModelIdentity:
        """Name and weights hash, without loading the model. Raises ConfigurationError."""
        return identify(self.name, self.hashes)

    @property
    def dimensions(self) -> int:
        """Length of a vector; loads the model."""
        return int(self.encode(["dimensions"]).shape[1])

    def load(self) -> OnnxEncoder | SentenceTransformersEncoder:
        """The model, loaded, and exported if it never was. Raises ConfigurationError."""
        with self._loading:
            return self._encoder

    def encode(
        self, texts: Sequence[str], *, query: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Vectors of ``texts``, float32, shape (len(texts), dimensions), rows of length 1, in the texts' order.

        ``query`` says the texts are questions, for models that prompt these differently. ``progress`` is told
        how many are done, of how many. Raises ConfigurationError where the model can't be loaded.
        """
        encoder = self.load()
        clean = [text.encode("utf-8", "replace").decode() for text in texts]  # the tokenizer refuses lone surrogates
        order = sorted(range(len(clean)), key=lambda i: -len(clean[i]))
        rows: Vectors | None = None
        for at in range(0, len(order), CHUNK):
            chosen = order[at : at + CHUNK]
            part = encoder.encode([clean[i] for i in chosen], query=query)
            rows = np.empty((len(clean), part.shape[1]), dtype=np.float32) if rows is None else rows
            rows[chosen] = part
            if progress is not None:
                progress(at + len(chosen), len(order))
        return np.empty((0, self.dimensions), dtype=np.float32) if rows is None else rows

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for encoding documents."""
        return [[float(x) for x in row] for row in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for encoding one question."""
        return [float(x) for x in self.encode([text], query=True)[0]]

    @cached_property
    def _encoder(self) -> OnnxEncoder | SentenceTransformersEncoder:
        identity, source = self.identity, model_folder(self.name)
        if self._encoders is None:
            return SentenceTransformersEncoder(source)
        key = (identity.weights_sha256, source, self._encoders)
        try:
            with _OPENING:
                shared = _OPEN.get(key)
                if shared is None:
                    shared = _OPEN[key] = open_encoder(identity, source, self._encoders)
                return shared
        except EncoderUnavailable as error:
            return SentenceTransformersEncoder(source, why=str(error))


class SentenceTransformersEncoder:
    """Encodes with sentence-transformers, a call at a time. ``why`` says why no export is used."""

    def __init__(self, source: Path, why: str = "") -> None:
        self.description = f"sentence-transformers. {why}".strip()
        self._source = source
        self._lock = threading.Lock()  # threads sharing one tokenizer get silently wrong lengths

    def encode(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Vectors of one text or more, shape (len(texts), dimensions), rows of length 1. Raises ConfigurationError."""
        # threads that wait by spinning make a question 50 times slower on a busy machine
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import torch

        with self._lock, torch.inference_mode():
            method = self.model.encode_query if query else self.model.encode_document
            found = method(list(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(found, dtype=np.float32)

    @cached_property
    def model(self) -> SentenceTransformer:
        """The model itself, loaded at the first look. Raises ConfigurationError."""
        os.environ["HF_HUB_OFFLINE"] = "1"  # the files are here
        from sentence_transformers import SentenceTransformer

        try:
            with _no_loading_bar():
                model: SentenceTransformer = SentenceTransformer(str(self._source), device="cpu", local_files_only=True)
                return model
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"The embedding model in {self._source} can't be loaded ({error}).",
                "Point ASSISTANT_EMBEDDING_MODEL at a sentence-transformers folder, or unset it.",
            ) from error


def open_embedder(settings: Settings) -> Embedder:
    """The embedder the settings name, with file hashes remembered in the index folder."""
    hashes = HashCache(settings.index_dir / CACHE_NAME)
    return Embedder(settings.embedding_model, hashes=hashes, encoders=settings.encoders_dir)


@contextmanager
def _no_loading_bar() -> Iterator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
