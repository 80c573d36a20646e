import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import chromadb
import httpx
import pytest
from index_samples import corpus, settings

from assistant.errors import ConfigurationError, IndexUnavailable
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.folder import read_manifest
from assistant.index.opened import ensure_index, open_index
from assistant.index.searches import VectorStore, public_url

pytestmark = pytest.mark.slow
StartChroma = Callable[[Path, int], "tuple[subprocess.Popen[bytes], str]"]


def collections(address: str) -> set[str]:
    found = httpx.get(f"{address}/api/v2/tenants/default_tenant/databases/default_database/collections?limit=1000")
    return {collection["name"] for collection in found.json()}


def test_an_index_on_a_server_answers_and_keeps_no_vectors_here(
    chroma_server: str, tmp_path: Path, embedder: Embedder
) -> None:
    config = settings(tmp_path, chroma_url=chroma_server)
    folder = build_index(config, corpus(), embedder=embedder)
    assert not list(folder.rglob("chroma.sqlite3"))
    with open_index(config, folder.name, embedder=embedder) as index:
        index.check()
        unit, _ = index.nearest("sentence", index.encode(["crisp crust"])[0], 1)[0]
        assert "crisp crust" in unit.text
        assert f"{index.manifest.vectors}-sentence" in collections(chroma_server)
        assert index.manifest.vectors.startswith(index.fingerprint)


def test_unchanged_documents_are_copied_on_a_server_too(chroma_server: str, tmp_path: Path, embedder: Embedder) -> None:
    config = settings(tmp_path, chroma_url=chroma_server)
    build_index(config, corpus(), embedder=embedder)
    new = build_index(config, corpus(boats=""), embedder=embedder)
    assert read_manifest(new).embedded == 0
    assert read_manifest(new).reused > 0


def test_collections_of_removed_indexes_are_deleted(chroma_server: str, tmp_path: Path, embedder: Embedder) -> None:
    config = settings(tmp_path, chroma_url=chroma_server)
    made = []
    for text in ("Boat one.", "Boat two.", "Boat three.", ""):
        made.append(read_manifest(build_index(config, corpus(boats=text), embedder=embedder)).vectors)
    prefixes = {name.rsplit("-", 1)[0] for name in collections(chroma_server)}
    assert made[0] not in prefixes
    assert set(made[1:]) <= prefixes


def test_a_failed_build_leaves_no_collections(chroma_server: str, tmp_path: Path, embedder: Embedder) -> None:
    before = collections(chroma_server)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "check":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(settings(tmp_path, chroma_url=chroma_server), corpus(), stop, embedder=embedder)
    assert collections(chroma_server) == before
    assert not list(tmp_path.glob(".building-*"))


def test_collections_lost_on_the_server_are_noticed(chroma_server: str, tmp_path: Path, embedder: Embedder) -> None:
    config = settings(tmp_path, chroma_url=chroma_server)
    folder = build_index(config, corpus(), embedder=embedder)
    store = VectorStore.on_server(chroma_server, read_manifest(folder).vectors)
    with open_index(config, folder.name, embedder=embedder) as index:
        index.check()
        store.drop(["sentence"])
        with pytest.raises(IndexUnavailable, match="--force"):
            index.check()
    store.close()
    with pytest.raises(IndexUnavailable, match="--force"):
        open_index(config, folder.name, embedder=embedder)


def test_a_server_that_is_down_is_named_without_its_password(built: Path) -> None:
    config = settings(built.parent, chroma_url="http://someone:secret@127.0.0.1:9")
    with pytest.raises(IndexUnavailable, match=r"127.0.0.1:9 can't be reached.*Start the Chroma server") as caught:
        ensure_index(config, corpus())
    assert "secret" not in str(caught.value)
    assert not list(built.parent.glob(".building-*"))


def test_a_server_that_is_killed_is_named_and_an_open_index_is_well_again_with_it(
    start_chroma: StartChroma, tmp_path: Path, embedder: Embedder
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server, address = start_chroma(tmp_path / "chroma", port)
    config = settings(tmp_path, chroma_url=address)
    folder = build_index(config, corpus(), embedder=embedder)
    with open_index(config, folder.name, embedder=embedder) as index:
        vector = index.encode(["crisp crust"])[0]
        server.kill()
        server.wait()
        with pytest.raises(IndexUnavailable, match="can't be reached"):
            index.nearest("sentence", vector, 1)
        start_chroma(tmp_path / "chroma", port)
        assert "crisp crust" in index.nearest("sentence", vector, 1)[0][0].text


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://host", "http://", "http://host:port"])
def test_an_address_that_is_none_is_a_setting_to_correct(address: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_CHROMA_URL"):
        public_url(address)


def test_the_public_address_has_no_password_and_no_trailing_slash() -> None:
    assert public_url("https://me:word@chroma.example/base/") == "https://chroma.example/base"
    assert public_url("http://[::1]:8000") == "http://[::1]:8000"


def test_this_chroma_is_the_version_the_store_was_written_for() -> None:
    assert chromadb.__version__.startswith("1.")
