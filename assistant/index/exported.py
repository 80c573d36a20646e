"""An embedding model as ONNX: exported once from sentence-transformers, then run without torch.

<encoders>/<weights>-<format>/model.onnx      the model's graph, with pooling and normalizing inside
                              weights.bin     its weights, which are mapped into memory and not read
                              tokenizer.json  its tokenizer, which truncates and pads as the model wants
                              export.json     how close its vectors come, or why the model was refused
                              hashes.json     hashes of the large files, remembered
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from assistant.errors import EncoderUnavailable
from assistant.index.folder import sync
from assistant.index.weights import HashCache, ModelIdentity
from assistant.types import Frozen

FORMAT = 2
"""Raise it when models are exported differently, so that they are exported again."""
MODEL, WEIGHTS, TOKENIZER = "model.onnx", "weights.bin", "tokenizer.json"
RECORD, HASHES = "export.json", "hashes.json"
LEAST_COSINE = 0.99999
"""With sentence-transformers' vectors; an export that comes less close would need an index of its own."""
BATCH = 8
"""Texts a run. On two cores 8 took a quarter less CPU than 128 for passages, because they stay in the cache."""
MOST_THREADS = 4
"""A question is too short to gain from more."""
EXPORT_SECONDS = 900.0
MAKERS = ("torch", "transformers", "sentence-transformers", "onnxruntime")

Side = Literal["query", "document"]
Vectors = NDArray[np.float32]


class Export(Frozen):
    """``export.json``: what a model was exported to, and how well; ``refused`` says why it can't be used."""

    model: str
    weights_sha256: str
    made_with: str = Field(description="Versions of the exporting packages; a refusal holds for these alone.")
    refused: str | None = None
    cosine: float = Field(0.0, description="Lowest cosine with sentence-transformers' vectors over the canary texts.")
    inputs: tuple[str, ...] = ()
    prompts: dict[Side, str] = Field({}, description="Put before questions and before documents.")
    files: dict[str, str] = Field({}, description="SHA-256 of graph, weights and tokenizer, by file name.")


class OnnxEncoder:
    """Encodes with ONNX Runtime. Safe to share between threads."""

    def __init__(self, folder: Path, export: Export) -> None:
        """Loads the export in ``folder``: 0.1 CPU-seconds for 90 MB."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = min(MOST_THREADS, available_cpus())
        options.inter_op_num_threads = 1
        # threads that wait by spinning take the processor from whatever else runs
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._inputs, self._prompts = export.inputs, export.prompts
        self.description = f"ONNX Runtime, cosine {export.cosine:.7f} with sentence-transformers"

    def encode(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Vectors of one text or more, shape (len(texts), dimensions), rows of length 1."""
        prompt = self._prompts["query" if query else "document"]
        # Texts of one length share a batch, because the shorter ones are padded: a fifth less work for questions.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        found = np.concatenate([self._run([prompt + texts[at] for at in batch]) for batch in batches])
        return found[np.argsort(order)]

    def _run(self, texts: list[str]) -> Vectors:
        found = self._tokenizer.encode_batch_fast(texts)
        columns = {
            "input_ids": [one.ids for one in found],
            "attention_mask": [one.attention_mask for one in found],
            "token_type_ids": [one.type_ids for one in found],
        }
        feed = {name: np.array(columns[name], dtype=np.int64) for name in self._inputs}
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32)


def available_cpus() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def made_with() -> str:
    """Names and versions of the packages an export comes from."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in MAKERS)


def export_folder(identity: ModelIdentity, encoders: Path) -> Path:
    """Where the model's export is kept."""
    return encoders / f"{identity.weights_sha256[:16]}-{FORMAT}"


def read_export(folder: Path, *, remembered: bool = True) -> Export | None:
    """The export in ``folder``; None where it is missing or damaged, or a refusal that newer packages may lift.

    Hashes the large files only where they changed since they were written, or always if not ``remembered``.
    """
    hashes = HashCache(folder / HASHES if remembered else None)
    try:
        export = Export.model_validate_json((folder / RECORD).read_bytes())
        if any(hashes.sha256(folder / name) != digest for name, digest in export.files.items()):
            return None
    except (OSError, ValidationError):
        return None
    return None if export.refused and export.made_with != made_with() else export


def open_encoder(identity: ModelIdentity, source: Path, encoders: Path) -> OnnxEncoder:
    """The encoder of the model whose files lie in ``source``, exported first where that was not done yet.

    Raises EncoderUnavailable where the model can't be exported, its vectors differ, or nothing can be written.
    """
    folder = export_folder(identity, encoders)
    export = read_export(folder) or _make(identity, source, folder)
    if export.refused:
        raise EncoderUnavailable(export.refused)
    return OnnxEncoder(folder, export)


def _make(identity: ModelIdentity, source: Path, folder: Path) -> Export:
    """Exports under a lock, unless another process did so meanwhile."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / ".lock"):
            return read_export(folder) or _promoted(identity, source, folder)
    except OSError as error:
        raise EncoderUnavailable(
            f"No export can be written to {folder.parent} ({error.strerror or error}).",
            "Set ASSISTANT_ENCODERS to a folder you may write to.",
        ) from error


def _promoted(identity: ModelIdentity, source: Path, folder: Path) -> Export:
    """Exports beside ``folder``, then puts the result in its place by one rename. Raises OSError."""
    staging = folder.with_name(f".making-{folder.name}")
    shutil.rmtree(staging, ignore_errors=True)  # left by a process that was killed
    staging.mkdir()
    try:
        _export_apart(identity, source, staging)
        export = read_export(staging, remembered=False)
        if export is None:
            raise EncoderUnavailable(f"The export of {identity.name} was not written whole.")
        sync(staging)
        shutil.rmtree(folder, ignore_errors=True)  # damaged
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    hashes = HashCache(folder / HASHES)
    for name in export.files:
        hashes.sha256(folder / name)
    hashes.save()
    return export


def _export_apart(identity: ModelIdentity, source: Path, staging: Path) -> None:
    """Runs the exporter in a process of its own, which takes torch's half a gigabyte with it when it ends."""
    command = [sys.executable, "-m", "assistant.index.exporting", str(source), identity.model_dump_json(), str(staging)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    try:
        done = subprocess.run(  # noqa: S603
            command, env=environment, capture_output=True, text=True, timeout=EXPORT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise EncoderUnavailable(f"Exporting {identity.name} took more than {EXPORT_SECONDS:.0f} seconds.") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise EncoderUnavailable(f"Exporting {identity.name} failed ({last}).")
