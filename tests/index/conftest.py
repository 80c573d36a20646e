"""What the index's tests share: one loaded model, one built index to copy, one Chroma server."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from index_samples import corpus, settings

from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.settings import load_settings

StartChroma = Callable[[Path, int], "tuple[subprocess.Popen[bytes], str]"]
CHILD = Path(__file__).with_name("index_child.py")


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder(encoders=load_settings().encoders_dir)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """The index of the sample corpus; copy it before changing it."""
    return build_index(settings(tmp_path_factory.mktemp("built")), corpus(), embedder=embedder)


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A copy of its own of the index of the sample corpus."""
    return Path(shutil.copytree(built_once, tmp_path / "index" / built_once.name))


@pytest.fixture
def child() -> Callable[..., "subprocess.Popen[str]"]:
    def start(*arguments: str | Path, **options: object) -> "subprocess.Popen[str]":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, CHILD, *map(str, arguments)], **(pipes | options))  # type: ignore[call-overload]

    return start


@pytest.fixture(scope="session")
def start_chroma() -> Iterator[StartChroma]:
    """``start_chroma(folder, port)``: a real Chroma server, once it answers, and its address."""
    started = []

    def start(folder: Path, port: int) -> "tuple[subprocess.Popen[bytes], str]":
        program = Path(sys.executable).with_name("chroma")
        command = [program, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, env=os.environ | {"ANONYMIZED_TELEMETRY": "False"}, **quiet))
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=7)) as client:  # backs off between attempts
            client.get(f"{address}/api/v2/heartbeat").raise_for_status()
        return started[-1], address

    yield start
    for server in started:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def chroma_server(start_chroma: StartChroma, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a real Chroma server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return start_chroma(tmp_path_factory.mktemp("chroma"), port)[1]
