"""Cold commands and a served process: CPU time and memory of processes of their own."""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from assistant.index.embedding import open_embedder
from assistant.index.exported import MODEL, TOKENIZER, export_folder
from assistant.settings import Settings

FLOOR = """
import sys
import bm25s, chromadb, numpy as np, onnxruntime
from langchain_core.embeddings import Embeddings
from langchain_core.runnables import RunnableLambda
from tokenizers import Tokenizer
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
found = Tokenizer.from_file(sys.argv[2]).encode("When is fine-tuning worth it?")
columns = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": found.type_ids}
session.run(None, {name: np.array([column]) for name, column in columns.items()})
"""
"""What no answer can do without."""
COMMANDS: Mapping[str, Sequence[str]] = {
    "ask": ("ask", "When is fine-tuning worth it?"),
    "search": ("search", "fine-tuning"),
    "doctor": ("doctor",),
    "advise": ("advise", "We have 50 labels and want another tone."),
}
ADDRESS = re.compile(r"The chat is at (\S+)")
ASKED = (500, 2000)


def cold_rows(settings: Settings, runs: int = 5) -> dict[str, dict[str, float]]:
    """Median CPU seconds of each command in a new process, by turns with the floor, so that all meet the same load."""
    folder = export_folder(open_embedder(settings).identity, settings.encoders_dir)
    floor = [sys.executable, "-c", FLOOR, str(folder / MODEL), str(folder / TOKENIZER)]
    program = [sys.executable, "-c", "from assistant.cli import main; main()"]
    commands = {"floor": floor} | {name: [*program, *arguments] for name, arguments in COMMANDS.items()}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(_cpu_seconds(command, _environment(settings)))
    base = statistics.median(found.pop("floor"))
    medians = {name: statistics.median(times) for name, times in found.items()}
    return {
        f"cold {name} / imports and encoding": {"seconds": s, "baseline": base, "ratio": s / base}
        for name, s in medians.items()
    }


def memory_row(settings: Settings, questions: Sequence[str]) -> dict[str, float]:
    """Resident MB of a served process after so many questions."""
    environment = _environment(settings) | {"ASSISTANT_PORT": "0", "ASSISTANT_RATE_LIMIT": "1000000/minute"}
    command = [sys.executable, "-c", "from assistant.cli import main; main()", "serve"]
    row: dict[str, float] = {}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(match[1] for line in process.stderr if (match := ADDRESS.search(line)))
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
            client.get("/").raise_for_status()
            for number in range(1, max(ASKED) + 1):
                question = questions[number % len(questions)]
                client.post("/api/ask", json={"question": question}).raise_for_status()
                if number in ASKED:
                    row[f"after {number}"] = _resident_mb(process.pid)
        process.terminate()
        process.stderr.read()
    return row


def _environment(settings: Settings) -> dict[str, str]:
    return os.environ | {"ASSISTANT_INDEX": str(settings.index_dir), "ASSISTANT_CORPUS": settings.corpus}


def _cpu_seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """Of all its threads, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _resident_mb(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else float("nan")
