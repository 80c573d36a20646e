"""Models exported to ONNX: the vectors are sentence-transformers' own, or sentence-transformers encodes."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from index_samples import BEES, BOATS, BREAD, STEAM_ASK, linked_model

from assistant.errors import ConfigurationError
from assistant.index.embedding import Embedder, SentenceTransformersEncoder
from assistant.index.exported import LEAST_COSINE, RECORD, WEIGHTS, export_folder, made_with, read_export
from assistant.index.weights import ModelIdentity, model_folder
from assistant.settings import DEFAULT_EMBEDDING_MODEL, load_settings

TEXTS = [STEAM_ASK, BREAD, BEES, BOATS, "", "ÅNGSTRÖM «quoted» 100% – 3,5 €", "cut off " * 400, "数字🐝"]


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one.astype(np.float64) * other).sum(axis=1)


@pytest.fixture
def exported(embedder: Embedder, tmp_path: Path) -> Path:
    """A copy of the bundled model's export, in a folder of its own."""
    embedder.load()
    made = export_folder(embedder.identity, load_settings().encoders_dir)
    return Path(shutil.copytree(made, tmp_path / "encoders" / made.name))


@pytest.mark.parametrize("query", [True, False])
def test_the_export_encodes_what_sentence_transformers_encodes(query: bool, embedder: Embedder) -> None:
    theirs = SentenceTransformersEncoder(model_folder(DEFAULT_EMBEDDING_MODEL))
    assert embedder.load().description.startswith("ONNX Runtime")
    assert cosines(embedder.encode(TEXTS, query=query), theirs.encode(TEXTS, query=query)).min() >= LEAST_COSINE


def test_encoding_loads_no_torch(embedder: Embedder) -> None:
    embedder.load()
    program = (
        "import sys; from assistant.index.embedding import open_embedder\n"
        "from assistant.settings import load_settings\n"
        "open_embedder(load_settings()).encode(['a question'], query=True)\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_folder_that_cannot_be_written_leaves_sentence_transformers_and_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = Embedder(encoders=tmp_path / "file" / "encoders").load().description
    assert said.startswith("sentence-transformers. No export can be written to")
    assert said.endswith("Set ASSISTANT_ENCODERS to a folder you may write to.")


@pytest.mark.parametrize("harm", ["cut off", "altered", "missing", "record"])
def test_a_damaged_export_is_not_read(harm: str, exported: Path) -> None:
    file = exported / (RECORD if harm == "record" else WEIGHTS)
    if harm == "missing":
        file.unlink()
    elif harm == "altered":
        with file.open("r+b") as stream:
            stream.seek(1_000_000)
            stream.write(b"other bytes")
    else:
        os.truncate(file, file.stat().st_size // 2)
    assert read_export(exported) is None


@pytest.mark.parametrize(("versions", "holds"), [(made_with(), True), ("torch 1.0", False)])
def test_a_refusal_holds_until_the_exporting_packages_change(versions: str, holds: bool, exported: Path) -> None:
    record = json.loads((exported / RECORD).read_text())
    (exported / RECORD).write_text(json.dumps(record | {"refused": "Too odd.", "made_with": versions}))
    assert (read_export(exported) is not None) is holds
    if holds:
        assert Embedder(encoders=exported.parent).load().description == "sentence-transformers. Too odd."


@pytest.mark.slow
def test_a_damaged_export_is_made_again_by_one_of_those_who_need_it(exported: Path, embedder: Embedder) -> None:
    os.truncate(exported / WEIGHTS, 1000)
    (exported.with_name(f".making-{exported.name}")).mkdir()  # as a killed process leaves it
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda one: one.encode(TEXTS), [Embedder(encoders=exported.parent) for _ in range(2)]))
    assert all(cosines(row, embedder.encode(TEXTS)).min() >= LEAST_COSINE for row in rows)
    assert read_export(exported, remembered=False) is not None
    assert sorted(path.name for path in exported.parent.iterdir()) == [".lock", exported.name]


def prompted_model(folder: Path, *, pooled: bool) -> Path:
    """The bundled model with prompts, which its pooling counts or leaves out."""
    linked_model(folder)
    for name, change in (
        ("config_sentence_transformers.json", {"prompts": {"query": "as a question: ", "document": "as a text: "}}),
        ("1_Pooling/config.json", {"include_prompt": pooled}),
        ("config.json", {"num_hidden_layers": 1}),  # quicker to export than six
    ):
        content = json.loads((folder / name).read_text()) | change
        (folder / name).unlink()
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def exporting_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter runs in this process, which has torch loaded; one of its own would load it again."""
    from assistant.index import exported, exporting

    def export_here(identity: ModelIdentity, source: Path, staging: Path) -> None:
        assert exporting.main(source, identity, staging) == 0

    monkeypatch.setattr(exported, "_export_apart", export_here)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's, which the exporter's own process keeps to itself
@pytest.mark.usefixtures("exporting_here")
@pytest.mark.parametrize("pooled", [True, False])
def test_prompts_are_kept_and_what_the_export_cannot_do_is_refused(pooled: bool, tmp_path: Path) -> None:
    source = prompted_model(tmp_path / "model", pooled=pooled)
    mine = Embedder(str(source), encoders=tmp_path / "encoders")
    theirs = SentenceTransformersEncoder(source)
    assert mine.load().description.startswith(
        "ONNX Runtime" if pooled else "sentence-transformers. Its exported vectors"
    )
    for query in (True, False):
        assert cosines(mine.encode(TEXTS, query=query), theirs.encode(TEXTS, query=query)).min() >= LEAST_COSINE
    assert cosines(mine.encode(TEXTS, query=True), mine.encode(TEXTS)).min() < LEAST_COSINE


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_names_the_setting_and_leaves_no_export(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ConfigurationError, match="ASSISTANT_EMBEDDING_MODEL"):
        Embedder(str(tmp_path / "model"), encoders=tmp_path / "encoders").encode(["text"])
    assert [path.name for path in (tmp_path / "encoders").iterdir()] == [".lock"]
