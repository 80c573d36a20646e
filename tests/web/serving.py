"""A real server process on a free port."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = (
    "from assistant.settings import load_settings; from assistant.web.server import serve; serve(load_settings(port=0))"
)


@contextmanager
def serving() -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process, and the address it tells on stderr; ended as by Ctrl-C if it still runs."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with process:
        said = ""
        for line in process.stderr:
            said += line
            if told := re.search(r"http://\S+/", line):
                yield process, told[0]
                break
        else:
            raise AssertionError(f"The server ended without telling an address: {said}")
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
