"""A real server process on a free port."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = "from assistant.settings import load_settings; from assistant.web.server import serve; serve(load_settings())"
QUIET = {"debug", "info"}


class Process(subprocess.Popen[str]):
    """A process whose stderr is read all the time, so that it never waits for a reader; ``said`` is what it wrote."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True, env=env)
        self.said: list[str] = []
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def address(self) -> str:
        """Where it is served, as soon as it tells."""
        self._told.wait()
        for line in self.said:
            if told := re.search(r"http://\S+/", line):
                return told[0]
        raise AssertionError(f"The server ended without telling an address: {''.join(self.said)}")

    def ended(self) -> str:
        """What it complained of, once it has ended: every line but those of its log that tell nothing bad."""
        self.wait(60)
        self._reader.join(60)
        assert self.stderr is not None
        self.stderr.close()
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
        assert self.stderr is not None
        for line in self.stderr:
            self.said.append(line)
            if "http://" in line:
                self._told.set()
        self._told.set()


@contextmanager
def serving(**settings: str) -> Iterator[tuple[Process, str]]:
    """The process, and the address it tells on stderr. It has to end quietly: by Ctrl-C, if it still runs.

    ``settings`` are by name, for example ``model="openai:local"``; capital letters make a name a plain variable's.
    """
    named = {name if name.isupper() else f"ASSISTANT_{name.upper()}": value for name, value in settings.items()}
    with Process(os.environ | {"ASSISTANT_PORT": "0"} | named) as process:
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
    return process.returncode, said


def _good(line: str) -> bool:
    try:
        return bool(json.loads(line)["level"] in QUIET)
    except (ValueError, KeyError, TypeError):
        return False
