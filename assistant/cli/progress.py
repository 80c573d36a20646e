"""Open an assistant, with progress on stderr while its index is built. Bars are drawn only at a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.cli.terminal import note, styled, warn

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from assistant.answering.assistant import Assistant
    from assistant.index.build import Progress as BuildProgress
    from assistant.settings import Settings

LINE_SECONDS = 30.0
OPENING = "Opening the documents and their index"
_STAGES = {
    "wait": "Waiting for another process that builds an index",
    "load": "Loading the embedding model (the first time, exporting it)",
    "embed": "Embedding the documents",
    "store": "Storing the vectors",
    "check": "Checking the index",
}


@contextmanager
def bars() -> Iterator[Progress]:
    """Show progress bars on stderr; other output to stderr appears above them."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = _console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    hidden = not console.is_terminal
    # stdout may be the result's file while stderr is a terminal: rich must not send one to the other
    with Progress(*columns, console=console, transient=True, disable=hidden, redirect_stdout=False) as drawn:
        yield drawn


@contextmanager
def building() -> Iterator[BuildProgress]:
    """Show that an index is opened or built: bars at a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    with bars() as drawn:
        tasks: dict[str, TaskID] = {"open": drawn.add_task(OPENING, total=None)}

        def told(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(_STAGES.get(stage, stage), total=total)
            drawn.update(tasks["open"], visible=False)
            drawn.update(tasks[stage], completed=done, total=total)

        yield told


class _Lines:
    """A build's progress where nothing can be drawn: one line at once, then one in a while."""

    def __init__(self) -> None:
        self._next: float | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self._next is None:
            note(f"{_STAGES['wait']}." if stage == "wait" else "Building the index.")
        elif now >= self._next:
            note(f"{_STAGES.get(stage, stage)}: {done:,} of {total:,}")
        else:
            return
        self._next = now + LINE_SECONDS


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], object]]:
    """Show a spinner at a terminal while the block runs; calling what the block is given changes its text."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with _console().status(text) as status:
        yield status.update


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, color_system="auto" if styled(sys.stderr) else None)


@contextmanager
def opened(settings: Settings) -> Iterator[Assistant]:
    """The assistant, closed at the end; documents it had to leave out are named on stderr.

    Raises CorpusError, IndexUnavailable and ConfigurationError, as ``Assistant`` does.
    """
    with building() as progress:  # before what takes longest, which is to import
        from assistant.answering.assistant import Assistant

        assistant = Assistant(settings, progress=progress)
    with assistant:
        warn(assistant.problems)
        yield assistant
