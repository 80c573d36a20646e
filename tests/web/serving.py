"""A real server process on a free port."""

import gc
import json
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import TracebackType

import pytest

from assistant.cli import YOUNG_OBJECTS

QUIET = {"debug", "info"}
# Forked from a process that has the slow imports behind it: servers differ by their settings, which are read later.
_FORKING = multiprocessing.get_context("forkserver")
_LOADED = (
    "onnxruntime tokenizers chromadb.api.rust assistant.web.chat.head assistant.web.app assistant.web.server warmed"
)
_FORKING.set_forkserver_preload(_LOADED.split())


def _forking() -> ForkServerContext:
    """What forks servers, running. It finds ``warmed`` by its environment alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        forkserver.ensure_running()
    return _FORKING


def _run(work: Callable[[], object], env: dict[str, str], stderr: Connection) -> None:
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)  # as the command does
    os.environ.clear()
    os.environ.update(env)
    os.dup2(stderr.fileno(), 2)
    stderr.close()
    work()


def as_set() -> None:
    """Serves what the settings say."""
    from assistant.settings import load_settings
    from assistant.web.server import serve

    serve(load_settings())


def by_command(*arguments: str) -> None:
    """Runs the command line."""
    from assistant.cli import main

    sys.argv = ["assistant", *arguments]
    main()


class Process:
    """A process whose stderr is read all the time, so that it never waits for a reader; ``said`` is what it wrote.

    ``work`` is a function that can be pickled; ``env`` holds all its variables.
    """

    def __init__(self, env: dict[str, str], work: Callable[[], object] = as_set) -> None:
        forking = _forking()
        reading, writing = forking.Pipe(duplex=False)
        self._process = forking.Process(target=_run, args=(work, env, writing), daemon=True)
        self._process.start()
        writing.close()
        self._stderr = os.fdopen(os.dup(reading.fileno()), encoding="utf-8")
        reading.close()
        self.said: list[str] = []
        self._open = True
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        self.wait(60)
        self._reader.join(60)
        self._stderr.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def memory(self) -> int:
        """Bytes of the process that are in memory."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found is not None
        return int(found[1]) * 1024

    def poll(self) -> int | None:
        """The exit status, minus the signal's number where one ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """The exit status, as soon as it has ended."""
        self._process.join(seconds)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def send_signal(self, sent: signal.Signals) -> None:
        os.kill(self.pid, sent)

    def kill(self) -> None:
        self._process.kill()

    def address(self, told: str = "The chat is at") -> str:
        """The address it tells behind these words, as soon as it does."""
        with self._news:
            self._news.wait_for(lambda: not self._open or told in "".join(self.said))
        if found := re.search(rf"{told} (http://\S+/\w*)", "".join(self.said)):
            return found[1]
        raise AssertionError(f"It ended without telling that address: {''.join(self.said)}")

    def ended(self) -> str:
        """What it complained of, once it has ended: every line but those of its log that tell nothing bad."""
        self.wait(60)
        self._reader.join(60)
        at = next(i for i, line in enumerate(self.said) if "http://" in line)
        return "".join(line for line in self.said[at + 1 :] if not _good(line))

    def log(self) -> list[dict[str, object]]:
        """The events of its log so far."""
        return [json.loads(line) for line in list(self.said) if line.startswith("{")]

    def log_with(self, route: str) -> list[dict[str, object]]:
        """The events of its log, as soon as a request of this route is among them: a reply comes before its line."""
        for _ in range(100):
            if any(line.get("route") == route for line in self.log()):
                break
            time.sleep(0.1)
        return self.log()

    def _read(self) -> None:
        for line in self._stderr:
            with self._news:
                self.said.append(line)
                self._news.notify_all()
        with self._news:
            self._open = False
            self._news.notify_all()


@contextmanager
def serving(work: Callable[[], object] = as_set, **settings: str) -> Iterator[tuple[Process, str]]:
    """The process, and the address it tells on stderr. It has to end quietly: by Ctrl-C, if it still runs.

    ``settings`` are by name, for example ``model="openai:local"``; capital letters make a name a plain variable's.
    """
    named = {name if name.isupper() else f"ASSISTANT_{name.upper()}": value for name, value in settings.items()}
    with Process(os.environ | {"ASSISTANT_PORT": "0"} | named, work) as process:
        try:
            yield process, process.address()
            if process.poll() is None:
                assert ended(process, signal.SIGINT) == (0, "")
        finally:
            process.kill()


def ended(process: Process, sent: signal.Signals) -> tuple[int, str]:
    """The exit status after a signal, and what the process complained of while it served."""
    process.send_signal(sent)
    said = process.ended()
    return process.wait(60), said


def _good(line: str) -> bool:
    try:
        return bool(json.loads(line)["level"] in QUIET)
    except (ValueError, KeyError, TypeError):
        return False
