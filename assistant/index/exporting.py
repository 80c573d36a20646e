"""``python -m assistant.index.exporting SOURCE IDENTITY FOLDER``: exports a model to ONNX, and checks the export.

``SOURCE`` is a sentence-transformers folder, ``IDENTITY`` its name and hash as JSON, ``FOLDER`` an empty folder for
what ``exported.py`` reads. A model that can't be exported, or whose vectors come out otherwise, is refused there with
the reason. A process of its own, because torch would stay in memory.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

from assistant.errors import AssistantError
from assistant.index.embedding import SentenceTransformersEncoder
from assistant.index.exported import (
    LEAST_COSINE,
    MODEL,
    RECORD,
    TOKENIZER,
    WEIGHTS,
    Export,
    OnnxEncoder,
    Side,
    made_with,
)
from assistant.index.weights import ModelIdentity

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OPSET = 17
FILES = (MODEL, WEIGHTS, TOKENIZER)
CANARIES = [
    "When is fine-tuning worth it?",
    "",
    "  white space around\tand\n\nin it ",
    "UPPER CASE, accents: naïve café, Ünïcödé",
    "数字 と かな, кириллица, 🐝🐝",
    "x[0] != f(y) and 3.14e-7 <= $1,000.00 (50%)",
    "a paragraph of some length, as documents have them, with commas and numbers such as 42; " * 6,
    "far more than a model of short texts reads, so that it has to be cut " * 60,
]


class _Graph(torch.nn.Module):  # type: ignore[misc]  # its types are not read
    """The whole model from token ids to vectors of length 1, with its inputs by position."""

    def __init__(self, model: SentenceTransformer, inputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        found = self.model(dict(zip(self.inputs, values, strict=True)))["sentence_embedding"]
        return torch.nn.functional.normalize(found, p=2, dim=1)


def export(model: SentenceTransformer, identity: ModelIdentity, folder: Path) -> Export:
    """Writes model and tokenizer to ``folder``. Raises whatever the model's parts and torch's exporter raise."""
    tokenizer = _tokenizer(model)
    tokenizer.save(str(folder / TOKENIZER))
    inputs = tuple(model.tokenizer.model_input_names)
    traced = folder / "traced.onnx"
    _trace(model, inputs, tokenizer, traced)
    _part_weights(traced, folder / MODEL)
    traced.unlink()
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    prompts: dict[Side, str] = {
        "query": _prompt(model, "query"),
        "document": _prompt(model, "document", "passage", "corpus"),
    }
    return Export(**identified(identity), inputs=inputs, prompts=prompts, files=files)


def identified(identity: ModelIdentity) -> dict[str, str]:
    """What every record of an export holds, be it a refusal or not."""
    return {"model": identity.name, "weights_sha256": identity.weights_sha256, "made_with": made_with()}


def _tokenizer(model: SentenceTransformer) -> Tokenizer:
    """The model's tokenizer, which truncates and pads by itself."""
    source = model.tokenizer
    tokenizer = Tokenizer.from_str(source.backend_tokenizer.to_str())
    if model.max_seq_length is not None:
        tokenizer.enable_truncation(model.max_seq_length)
    tokenizer.enable_padding(
        direction=source.padding_side,
        pad_id=source.pad_token_id,
        pad_type_id=source.pad_token_type_id,
        pad_token=source.pad_token,
    )
    return tokenizer


def _trace(model: SentenceTransformer, inputs: tuple[str, ...], tokenizer: Tokenizer, file: Path) -> None:
    """Writes what the model does with two texts, one of them padded; how many texts and tokens is left open."""
    # torch asks the package onnx only for functions written in onnxscript, of which no such model has any
    onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, custom_opsets: model_bytes  # noqa: ARG005
    found = tokenizer.encode_batch(["two texts", "the second of which is longer"])
    rows = {
        "input_ids": [one.ids for one in found],
        "attention_mask": [one.attention_mask for one in found],
        "token_type_ids": [one.type_ids for one in found],
    }
    torch.onnx.export(
        _Graph(model, inputs).eval(),
        tuple(torch.tensor(rows[name]) for name in inputs),
        str(file),
        dynamo=False,
        input_names=list(inputs),
        output_names=["vectors"],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in inputs} | {"vectors": {0: "texts"}},
        opset_version=OPSET,
    )


def _part_weights(traced: Path, graph: Path) -> None:
    """Writes the graph, simplified, and the weights in a file that can be mapped into memory.

    Loading takes a third of the CPU time and half the memory of one file that holds both.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC  # the same on any processor
    options.optimized_model_filepath = str(graph)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", WEIGHTS)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(traced, options, providers=["CPUExecutionProvider"])


def _prompt(model: SentenceTransformer, *names: str) -> str:
    """What sentence-transformers puts before a text of this side."""
    chosen = next((name for name in names if name in model.prompts), model.default_prompt_name)
    return cast("str", model.prompts[chosen]) if chosen else ""


def lowest_cosine(ours: OnnxEncoder, theirs: SentenceTransformersEncoder) -> float:
    """Over all canaries, alone and together, as questions and as documents."""
    found = []
    for query in (False, True):
        for texts in (*([text] for text in CANARIES), CANARIES):
            one, other = (
                np.asarray(encoder.encode(texts, query=query), dtype=np.float64) for encoder in (ours, theirs)
            )
            lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
            found.append(float(((one * other).sum(axis=1) / lengths).min()))
    return min(found)


def checked(source: Path, identity: ModelIdentity, folder: Path) -> Export:
    """The export with its lowest cosine, or a refusal. Raises ConfigurationError, OSError and MemoryError."""
    theirs = SentenceTransformersEncoder(source)
    try:
        made = export(theirs.model, identity, folder)
        cosine = lowest_cosine(OnnxEncoder(folder, made), theirs)
    except (AssistantError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - in whatever way a model resists, it is run as before
        why = " ".join(str(error).split())[:200]
        return Export(**identified(identity), refused=f"It can't be exported ({type(error).__name__}: {why}).")
    if not cosine >= LEAST_COSINE:  # which also refuses what is no number
        why = f"Its exported vectors differ from sentence-transformers' (lowest cosine {cosine:.6f})."
        return Export(**identified(identity), refused=why)
    return made.model_copy(update={"cosine": cosine})


def main(source: Path, identity: ModelIdentity, folder: Path) -> int:
    """Exit status 0 where the record was written; else 1, and why on stderr."""
    try:
        found = checked(source, identity, folder)
    except AssistantError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    if found.refused:
        for file in folder.iterdir():
            file.unlink()
    (folder / RECORD).write_text(found.model_dump_json(indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), ModelIdentity.model_validate_json(sys.argv[2]), Path(sys.argv[3])))
