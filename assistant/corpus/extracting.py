"""Extraction in a child process, so that a file made to exhaust memory or time harms nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from assistant.corpus.formats import Extract
from assistant.errors import CorpusError
from assistant.settings import CHECKOUT

_BACKSTOP_SECONDS = 30
_AGAIN = "Save the text itself as .txt or .md and add that."


def extract(data: bytes, suffix: str, name: str) -> Extract:
    """The text of an .html, .htm, .pdf or .docx file's bytes; ``name`` is how errors call the file.

    Raises CorpusError where the file is damaged, encrypted, without text, or too much for 4 seconds and 400 MB.
    """
    command = [sys.executable, "-P", "-m", "assistant.corpus.formats", suffix]
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, the document comes by stdin
            command,
            input=data,
            capture_output=True,
            timeout=_BACKSTOP_SECONDS,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_much(name) from None
    if child.returncode in {-signal.SIGALRM, -signal.SIGKILL, 3}:
        raise _too_much(name)
    if child.returncode != 0:
        raise CorpusError(f"{name}: is damaged and can't be read.", _AGAIN)
    result = json.loads(child.stdout)
    if "text" not in result:
        raise CorpusError(f"{name}: {result['message']}", result["remedy"])
    return Extract(result["text"], result["stated"])


def _too_much(name: str) -> CorpusError:
    return CorpusError(f"{name}: takes more time or memory than a document should.", f"Split it, or: {_AGAIN}")
