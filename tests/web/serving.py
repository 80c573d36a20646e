"""A real server process on a free port."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = (
    "from assistant.settings import load_settings; from assistant.web.server import serve; serve(load_settings(port=0))"
)
Process = subprocess.Popen[str]


@contextmanager
def serving(**settings: str) -> Iterator[tuple[Process, str]]:
    """The process, and the address it tells on stderr. It has to end quietly: by Ctrl-C, if it still runs.

    ``settings`` are by name, for example ``model="openai:local"``.
    """
    given = os.environ | {f"ASSISTANT_{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True, env=given) as process:
        try:
            yield process, _told_address(process)
            if process.poll() is None:
                assert ended(process, signal.SIGINT) == (0, "")
        finally:
            process.kill()


def ended(process: Process, sent: signal.Signals) -> tuple[int, str]:
    """The exit status after a signal, and what the process still had to say."""
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def _told_address(process: Process) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if told := re.search(r"http://\S+/", line):
            return told[0]
    raise AssertionError(f"The server ended without telling an address: {said}")
