"""``make bench``: speed as ratios measured in one run, what the server adds, and retrieval quality.

Ratios carry over from machine to machine where seconds don't; those of an earlier run stand in ``BASELINE``, which
``make bench ARGS=--bless`` writes anew. Retrieval is set against the textbook pipeline. The results go to
build/bench.json too.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from assistant import Assistant
from assistant.corpus.loading import Corpus, load_corpus
from assistant.index.build import build_index
from assistant.index.embedding import Embedder
from assistant.index.reader import encode_unit_texts
from assistant.index.units import KINDS, make_units
from assistant.settings import load_settings
from tools.bench_cold import cold_rows, memory_row
from tools.bench_retrieval import answerable, ours, quality, textbook
from tools.bench_server import serving_rows
from tools.install import ROOT

RESULTS = ROOT / "build" / "bench.json"
BASELINE = ROOT / "tools" / "bench_baseline.json"
Report = dict[str, dict[str, float]]
AIMS: Mapping[str, float] = {
    "cold ask / imports and encoding": 1.3,
    "cold search / imports and encoding": 1.3,
    "cold doctor / imports and encoding": 0.65,
    "cold advise / imports and encoding": 0.65,
    "warm question / encoding it": 1.3,
    "build / encoding its passages": 1.3,
    "build / encoding all its texts": 1.2,
}


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


def measure(folder: Path) -> tuple[Report, Report, Report, Report]:
    """Speed, serving, memory and quality, over the notes alone, which the questions were written for."""
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
    questions = [case["question"] for case in cases]
    serving = serving_rows(settings, questions)
    speed |= cold_rows(settings)
    return compared(speed), serving, {"served process, MB": memory_row(settings, questions)}, found


def compared(speed: Report) -> Report:
    """Each ratio beside what is aimed at and what it was in the baseline's run."""
    before = json.loads(BASELINE.read_text(encoding="utf-8"))["ratios"] if BASELINE.is_file() else {}
    unknown = float("nan")
    return {
        name: row | {"aim": AIMS.get(name, unknown), "before": before.get(name, unknown)} for name, row in speed.items()
    }


def bless(speed: Report, load: str) -> None:
    """Makes this run the baseline."""
    ratios = {name: round(row["ratio"], 2) for name, row in speed.items()}
    BASELINE.write_text(json.dumps({"load": load, "ratios": ratios}, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    """Processors, and how busy they are."""
    busy = ", ".join(f"{mean:.1f}" for mean in os.getloadavg())
    return f"{os.cpu_count()} processors, load {busy} (1, 5 and 15 minutes)"


def show(report: Report) -> None:
    """Print one table."""
    columns = list(next(iter(report.values())))
    print(f"{'':44}" + "".join(f"{name:>12}" for name in columns))
    for name, row in report.items():
        print(f"{name:44}" + "".join(f"{row[column]:12.3f}" for column in columns))
    print()


def main(arguments: Sequence[str]) -> int:
    """Measure, print and write. Returns the exit status."""
    started = machine()
    with tempfile.TemporaryDirectory() as folder:
        tables = measure(Path(folder))
    load = f"{started} at the start, {machine().partition(', ')[2]} at the end"
    print(f"{load}\n")
    for table in tables:
        show(table)
    print("The questions are the development set, which the assistant was tuned on; new ones tell more.")
    RESULTS.parent.mkdir(exist_ok=True)
    names = ("speed", "serving", "memory", "retrieval")
    RESULTS.write_text(json.dumps({"load": load, **dict(zip(names, tables, strict=True))}, indent=1), encoding="utf-8")
    print(f"Written to {RESULTS.relative_to(ROOT)}")
    if "--bless" in arguments:
        bless(tables[0], load)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
