"""A chat model on this machine: ``ASSISTANT_MODEL=local``, or ``local:/path/to/model.gguf``, run by llama.cpp.

llama.cpp's own server is a process of its own, on a free port of the loopback interface, with a key that only this
process knows. The first question starts it, and it ends with this process, however that ends.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.settings import PACKAGE, Settings

LOCAL = "local"
ENGINE = "xllamacpp"
FILE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
"""Of Qwen's own file, so that it doesn't matter who handed it on."""
_MAGIC = b"GGUF"
LEAST_CONTEXT = 4096
_TOKENS_ARE_ESTIMATED = 1.5
_SPARE = 600
"""Tokens of a context for a question, and for what the model is told where it is asked once more."""
AT_ONCE = 128
"""Tokens of a prompt that are read before the server looks whether its reader is still there."""
_RUN = "from assistant.answering.local import serve; serve()"
_lock = threading.Lock()
_servers: dict[tuple[Path, int], LocalServer] = {}


def is_local(model: str) -> bool:
    """Whether a model's name means one on this machine that we start ourselves."""
    return model == LOCAL or model.startswith(f"{LOCAL}:")


def shown(model: str) -> str:
    """The name as answers give it: of a file its name alone, for its folder is nobody's business."""
    _, colon, path = model.partition(":")
    return f"{LOCAL}:{Path(path).stem}" if colon else model


def engine_missing() -> bool:
    """Whether llama.cpp still has to be installed."""
    return find_spec(ENGINE) is None


def local_server(settings: Settings) -> LocalServer:
    """The server for the settings' model, shared by all who use the file, not started yet.

    Raises ConfigurationError where the engine or the file is missing.
    """
    if engine_missing():
        raise ConfigurationError(
            "The engine for local chat models is not installed.",
            "Run: make model, or pip install 'essay-assistant[local]'",
        )
    key = _file(settings), context_tokens(settings)
    with _lock:
        return _servers.setdefault(key, LocalServer(*key))


class LocalServer:
    """One llama.cpp server. It is started when it is first needed, and again should it have ended. Threads share it."""

    def __init__(self, model: Path, context: int) -> None:
        """``context`` is the most tokens of a prompt and its reply."""
        self._model = model
        self._context = context
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._key = ""

    def access(self) -> tuple[str, str]:
        """Where the server listens and the key it wants, once it has loaded the model. Raises ModelUnavailable."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)
                self._process = None
            if self._process is None:
                self._process = self._started()
            return self._address, self._key

    def process_id(self) -> int | None:
        """Of the server while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def stop(self) -> None:
        """End the server. Safe to call again; the next question starts it anew."""
        with self._lock:
            if self._process is not None:
                _end(self._process)
            self._process = None

    async def direct(self, request: Any) -> None:
        """A hook of an HTTP client of either generation of httpx: the request goes to the server, started for it."""
        address, key = await asyncio.to_thread(self.access)
        there = type(request.url)(address)
        request.url = request.url.copy_with(scheme="http", host=there.host, port=there.port)
        request.headers["host"] = f"{there.host}:{there.port}"
        request.headers["authorization"] = f"Bearer {key}"

    def _started(self) -> subprocess.Popen[bytes]:
        self._key = secrets.token_urlsafe()
        told = {"model": str(self._model), "context": self._context, "key": self._key, "threads": _threads()}
        path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        process = subprocess.Popen(  # noqa: S603 - our own code, in another process
            [sys.executable, "-c", _RUN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("ASSISTANT_DEBUG") else subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # a Ctrl-C at the terminal stops an answer, not the server
        )
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes
        try:
            process.stdin.write(json.dumps(told).encode() + b"\n")
            process.stdin.flush()
            self._address = json.loads(process.stdout.readline())["address"]
        except (OSError, ValueError):
            _end(process)
            raise ModelUnavailable(
                f"The local model {self._model.name} could not be loaded.",
                "Check that the file is whole and fits into memory; ASSISTANT_DEBUG=1 shows what llama.cpp says.",
            ) from None
        return process


def serve() -> None:
    """The server's process: load the model that stdin names, say where it listens, and end when stdin ends."""
    import xllamacpp

    results = os.dup(1)
    os.dup2(2, 1)  # llama.cpp's own words are no result
    told = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = told["model"]
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys, params.cors_origins = [told["key"]], "http://127.0.0.1"
    params.n_ctx, params.n_parallel, params.cache_ram_mib = told["context"], 1, 0
    params.n_batch = params.n_ubatch = AT_ONCE
    params.endpoint_metrics = params.endpoint_slots = True
    # Writing threads meet some hundred times a token, and each time wait for the one that has to share its core: on two
    # busy cores two write 0.2 tokens a second, one writes 2.7. Reading a prompt, they hardly meet.
    params.cpuparams.n_threads, params.cpuparams_batch.n_threads = max(1, told["threads"] // 2), told["threads"]
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    server = xllamacpp.Server(params)
    os.write(results, json.dumps({"address": server.listening_address}).encode() + b"\n")
    sys.stdin.read()
    os._exit(0)


def _file(settings: Settings) -> Path:
    """The model's file. Raises ConfigurationError where it isn't there or is none."""
    _, _, named = settings.model.partition(":")
    path = Path(named).expanduser().resolve() if named else settings.model_files_dir / FILE
    remedy = "Name a GGUF file: ASSISTANT_MODEL=local:/path/to/model.gguf" if named else "Run: assistant model fetch"
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError:
        raise ConfigurationError(f"There is no local chat model {path.name}.", remedy) from None
    if magic != _MAGIC:
        raise ConfigurationError(f"{path.name} is no GGUF file.", remedy)
    return path


def context_tokens(settings: Settings) -> int:
    """Tokens a prompt and its reply may take of a model of one's own."""
    prompt = settings.prompt_budget if settings.context == "retrieved" else settings.context_budget
    wanted = int(prompt * _TOKENS_ARE_ESTIMATED) + settings.model_max_tokens + _SPARE
    return max(LEAST_CONTEXT, -(-wanted // 1024) * 1024)


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@atexit.register
def stop_all() -> None:
    """End every local server of this process."""
    for server in list(_servers.values()):
        server.stop()
