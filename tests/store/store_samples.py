"""Answers to keep, and programs that keep in a process of their own."""

import subprocess
import sys
from pathlib import Path

from assistant.types import Answer

KEEPER = """
import sys
from assistant.store import Store
store = Store(sys.argv[1])
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    store.feedback("ann", f"answer-{n}", "up", comment="worth keeping" * 20, key=f"key-{n}")
    print(n, flush=True)
"""


def answer(question: str = "What is a prompt?", text: str = "Words for a model. [1]") -> Answer:
    return Answer(
        id="a" * 32,
        question=question,
        standalone_question=question,
        answer=text,
        model="extractive",
        prompt_sha256="0" * 64,
        index_fingerprint="f" * 16,
    )


def keeper(url: str, first: int, end: int, prelude: str = "") -> "subprocess.Popen[str]":
    """A process that keeps feedback with the numbers ``first`` to ``end``, and prints each once it is acknowledged."""
    command = [sys.executable, "-c", prelude + KEEPER, url, str(first), str(end)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def bytes_of(folder: Path) -> bytes:
    """All that stands in the files of a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
