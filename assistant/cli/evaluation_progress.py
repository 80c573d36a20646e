"""Progress of an evaluation run on stderr: questions answered, cases passed, time left."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.progress import building
from assistant.cli.terminal import note, styled, warn
from assistant.evaluation.answerers import OwnPipeline
from assistant.evaluation.runs import Watcher, run_one

if TYPE_CHECKING:
    from rich.progress import Progress

    from assistant.evaluation.answerers import Answerer
    from assistant.evaluation.cases import Suite
    from assistant.evaluation.chat_judge import ChatJudge
    from assistant.evaluation.gating import Thresholds
    from assistant.evaluation.results import CaseResult, Run, Setup
    from assistant.evaluation.runs import Plan
    from assistant.settings import Settings


def open_pipeline(settings: Settings) -> OwnPipeline:
    """Open the real pipeline, building its index if needed. Documents left out are named on stderr."""
    # questions are asked at once: if torch encodes, a core each is quicker than all cores for each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with building() as progress:
        pipeline = OwnPipeline(settings, progress)
    warn(pipeline.problems)
    return pipeline


def run_watched(
    suite: Suite, answerer: Answerer, plan: Plan, thresholds: Thresholds, judge: ChatJudge | None
) -> tuple[Run, Path]:
    """The run of a suite, with progress on stderr, and the folder under ``plan.out`` that keeps it."""
    with _watching() as watcher:
        made = run_one(suite, answerer, plan, thresholds, watcher, judge)
    if watcher.folder is None:
        raise AssertionError("the run was not kept")
    return made, watcher.folder


class _Live(Watcher):
    """Draw the running score; without a terminal, print one line. ``folder`` holds the run once it has ended."""

    def __init__(self, drawn: Progress) -> None:
        self.folder: Path | None = None
        self._drawn = drawn
        self._passed = self._errors = 0

    def begun(self, setup: Setup, total: int, kept: Sequence[CaseResult]) -> None:
        """Says what is run."""
        self._task = self._drawn.add_task(f"{setup.suite} · {setup.model}", total=total, score="")
        for result in kept:
            self.answered(result)
        if self._drawn.disable:
            had = f", {len(kept)} there already" if kept else ""
            note(f"Asking {total} questions of {setup.suite}: {setup.model}{had}.")

    def answered(self, result: CaseResult) -> None:
        """Moves on by one."""
        self._passed += result.passed
        self._errors += result.error is not None
        errors = f", {self._errors} errors" if self._errors else ""
        self._drawn.update(self._task, advance=1, score=f"{self._passed} passed{errors}")

    def ended(self, _run: Run, folder: Path | None) -> None:
        """Remembers the folder."""
        self.folder = folder


@contextmanager
def _watching() -> Iterator[_Live]:
    """Progress on stderr, gone when done."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, color_system="auto" if styled(sys.stderr) else None)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[score]}"),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden, redirect_stdout=False) as drawn:
        yield _Live(drawn)
