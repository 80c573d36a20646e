"""An answer without a chat model makes no connection at all."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
tried = []
sys.addaudithook(lambda event, args: tried.append(event) if event in {"socket.connect", "socket.getaddrinfo"} else None)
from assistant import Assistant
with Assistant() as assistant:
    answer = assistant.ask("What does LoRA cost?")
print(len(answer.citations) > 0, tried)
"""


def test_asking_makes_no_connection(index_dir: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["True", "[]"]
