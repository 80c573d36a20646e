"""``make bench``: speed as ratios within one process, the server's overhead, and retrieval quality.

Ratios are comparable across machines; seconds are not. Retrieval is compared with the textbook pipeline. Results also
go to build/bench.json.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from assistant import Assistant
from assistant.corpus.loading import Corpus, load_corpus
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.reader import encode_unit_texts
from assistant.index.units import KINDS, make_units
from assistant.settings import Settings, load_settings
from tools.bench_retrieval import answerable, ours, quality, textbook
from tools.bench_server import serving_rows
from tools.install import ROOT

RESULTS = ROOT / "build" / "bench.json"
Report = dict[str, dict[str, float]]


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(ours_: Callable[[], object], base: Callable[[], object], runs: int) -> dict[str, float]:
    """Median seconds of both, run by turns so that a busy machine slows both, and their ratio."""
    pairs = [(seconds(ours_), seconds(base)) for _ in range(runs)]
    ours_time, base_time = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {"seconds": ours_time, "baseline": base_time, "ratio": ours_time / base_time}


def warm_question(assistant: Assistant, questions: Sequence[str]) -> dict[str, float]:
    """A question against encoding it alone: the median over the questions, each warmed up by the one before."""
    list(map(assistant.ask, questions[:3]))
    found = [compare(partial(assistant.ask, q), partial(assistant.index.encode, [q]), 3) for q in questions]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def building(corpus: Corpus, embedder: Embedder, runs: int = 3) -> Report:
    """Building the index against encoding its passages alone, and against encoding every text it indexes."""
    _, units = make_units(corpus)
    passages = [unit.text for unit in units["passage"]]

    def encode_all() -> None:
        for kind in KINDS:
            encode_unit_texts(embedder, kind, [unit.text for unit in units[kind]])

    def build() -> None:
        with tempfile.TemporaryDirectory() as folder:
            build_index(load_settings(index=Path(folder)), corpus, embedder=embedder, force=True)

    return {
        "build / encoding its passages": compare(build, lambda: embedder.encode(passages), runs),
        "build / encoding all its texts": compare(build, encode_all, runs),
    }


def cold_ask(settings: Settings, runs: int = 3) -> dict[str, float]:
    """A new process that answers against one that only imports sentence_transformers."""
    environment = os.environ | {"ASSISTANT_INDEX": str(settings.index_dir), "ASSISTANT_CORPUS": settings.corpus}

    def run(*arguments: str) -> None:
        subprocess.run(arguments, env=environment, check=True, capture_output=True)

    program = str(Path(sys.executable).with_name("assistant"))
    return compare(
        lambda: run(program, "ask", "When is fine-tuning worth it?"),
        lambda: run(sys.executable, "-c", "import sentence_transformers"),
        runs,
    )


def measure(folder: Path) -> tuple[Report, Report, Report]:
    """Speed, serving, quality. The notes answer, which the questions were written for, even where originals are."""
    notes = shutil.copytree(ROOT / "corpus", folder / "corpus", ignore=shutil.ignore_patterns("originals"))
    settings = load_settings(corpus=str(notes), model="extractive")
    cases, corpus = answerable(), load_corpus(settings)
    with Assistant(settings) as assistant:
        embedder = assistant.index.embedder
        speed = {"warm question / encoding it": warm_question(assistant, [case["question"] for case in cases])}
        found = {
            "assistant": quality(ours(assistant), cases, corpus.essays),
            "textbook pipeline": quality(textbook(corpus.essays, embedder), cases, corpus.essays),
        }
        speed |= building(corpus, embedder)
    serving = serving_rows(settings, [case["question"] for case in cases])
    speed["cold ask / import sentence_transformers"] = cold_ask(settings)
    return speed, serving, found


def show(report: Report) -> None:
    """Print one table."""
    columns = list(next(iter(report.values())))
    print(f"{'':44}" + "".join(f"{name:>12}" for name in columns))
    for name, row in report.items():
        print(f"{name:44}" + "".join(f"{row[column]:12.3f}" for column in columns))
    print()


def main() -> int:
    """Measure, print and write. Returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        speed, serving, found = measure(Path(folder))
    show(speed)
    show(serving)
    show(found)
    print("The questions are the development set, which the assistant was tuned on; new ones tell more.")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"speed": speed, "serving": serving, "retrieval": found}, indent=1), encoding="utf-8")
    print(f"Written to {RESULTS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
