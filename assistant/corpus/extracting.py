"""The text of .html, .pdf and .docx files, read in a child process each and remembered.

A file made to exhaust memory or processor time harms nothing but its child. What a child found is kept in the index
folder, one file for each document, until the document or the readers change.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from assistant.corpus import formats
from assistant.corpus.formats import MAX_TEXT_CHARS, MEMORY_BYTES, WALL_SECONDS, Extract, cpu_seconds
from assistant.corpus.formats.__main__ import OUT_OF_MEMORY, TOO_DEEP, TOO_LONG
from assistant.errors import CorpusError
from assistant.settings import CHECKOUT

_AGAIN = "Save the text itself as .txt or .md and add that."
_LIBRARIES = ("lxml", "pypdf", "trafilatura")


def extract(data: bytes, suffix: str, name: str) -> Extract:
    """The text of an .html, .htm, .pdf or .docx file's bytes; ``name`` is how errors call the file.

    Raises CorpusError where the file is damaged, encrypted, without text, or beyond a limit, which is named.
    """
    seconds = cpu_seconds(len(data))
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, the document comes by stdin
            [sys.executable, "-P", "-m", "assistant.corpus.formats", suffix, str(seconds)],
            input=data,
            capture_output=True,
            timeout=WALL_SECONDS,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CorpusError(f"{name}: was not read within {WALL_SECONDS // 60} minutes.", _AGAIN) from None
    limits = {
        OUT_OF_MEMORY: f"needs more than {MEMORY_BYTES // 1_000_000} MB of memory to be read",
        TOO_LONG: f"holds more than {MAX_TEXT_CHARS:,} characters",
        TOO_DEEP: "holds parts nested too deep to be read",
        -signal.SIGXCPU: f"needs more than {seconds} seconds of processor time to be read",
        -signal.SIGKILL: "needs more memory or processor time to be read than there is",
    }
    if child.returncode in limits:
        raise CorpusError(f"{name}: {limits[child.returncode]}.", f"Split it, or: {_AGAIN}")
    if child.returncode != 0:
        raise CorpusError(f"{name}: is damaged and can't be read.", _AGAIN)
    result = json.loads(child.stdout)
    if "message" in result:
        raise CorpusError(f"{name}: {result['message']}", result["remedy"])
    return Extract(**result)


class Extracts:
    """What was extracted from documents that are read where they stand, so that each start need not read them again."""

    def __init__(self, index_dir: Path) -> None:
        """``index_dir`` is where it is kept, as far as it can be written."""
        self._folder = index_dir / ".texts"
        self._wrote = False

    def extract(self, data: bytes, suffix: str, path: Path) -> Extract:
        """As ``extract``, from memory where the same readers had the same bytes at this path."""
        kept = self._folder / hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
        key = hashlib.sha256(_readers() + suffix.encode() + data).hexdigest()
        try:
            _, known, remembered = kept.read_text(encoding="utf-8").split("\n", 2)
            if known == key:
                return Extract(**json.loads(remembered))
        except (OSError, ValueError, TypeError):
            pass  # nothing usable is kept, which costs reading the document
        found = extract(data, suffix, str(path))
        self._keep(kept, f"{os.fsencode(path).hex()}\n{key}\n{json.dumps(asdict(found))}")
        return found

    def sweep(self) -> None:
        """Drop what was kept of documents that are gone, if anything was written."""
        for kept in self._folder.iterdir() if self._wrote else ():
            with kept.open(encoding="utf-8") as stream:
                path = bytes.fromhex(stream.readline())
            if kept.suffix or not os.path.exists(path):  # noqa: PTH110 - a path in the system's own bytes
                kept.unlink()

    def _keep(self, kept: Path, content: str) -> None:
        part = kept.with_suffix(f".{uuid.uuid4().hex}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(content, encoding="utf-8")
            part.replace(kept)
            self._wrote = True
        except OSError:
            part.unlink(missing_ok=True)  # a folder that can't be written costs reading the document each time


@lru_cache(maxsize=1)
def _readers() -> bytes:
    """What decides what a document's text is: our readers and their libraries."""
    ours = (path.read_bytes() for path in sorted(Path(formats.__file__).parent.glob("*.py")))
    return hashlib.sha256(b"".join([*ours, *(version(name).encode() for name in _LIBRARIES)])).digest()
