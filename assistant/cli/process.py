"""The process around a command: environment set before anything heavy loads, and exit statuses for failures."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

import typer
from typer.exceptions import TyperException

from assistant.cli.terminal import complain, note
from assistant.errors import AssistantError

QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}
INTERRUPTED = 130
NEW_OBJECTS = 100_000
"""Between two looks for garbage. Imports make as many objects, nearly all of which stay."""


def prepare() -> None:
    """Has libraries keep their warnings and logs to themselves, and results leave as UTF-8 in any locale.

    Garbage is looked for seldom, and not at the end: that was a quarter of the CPU time of a question.
    """
    gc.set_threshold(NEW_OBJECTS)
    atexit.register(gc.freeze)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not debugging():
        warnings.simplefilter("ignore")
        logging.getLogger().addHandler(logging.NullHandler())
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def debugging() -> bool:
    """Whether ASSISTANT_DEBUG asks for tracebacks and the libraries' own warnings."""
    return os.environ.get("ASSISTANT_DEBUG", "").strip().lower() not in {"", "0", "false", "no"}


@contextmanager
def outcome() -> Iterator[None]:
    """Turns what a command raises into one sentence on stderr and an exit status. Raises typer.Exit."""
    try:
        yield
        sys.stdout.flush()
    except (typer.Exit, typer.Abort, TyperException):
        raise
    except BrokenPipeError:
        _forget_stdout()
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        note("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        _forget_stdout()
        if debugging():
            raise
        complain(f"The system refused: {error}. Check disk space and permissions, then try again.")
        raise typer.Exit(1) from None
    except Exception as error:  # the last stop: whatever it is, the user gets a sentence
        if debugging():
            raise
        complain(_sentence(error))
        raise typer.Exit(error.exit_status if isinstance(error, AssistantError) else 1) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, AssistantError):
        return str(error)
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"Something failed that should not have ({what}). Run it again with ASSISTANT_DEBUG=1 to see where."


def _forget_stdout() -> None:
    """Redirect a closed stdout to the null device, so that Python does not report it again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
