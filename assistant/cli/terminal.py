"""Output helpers, shared options, and the process around a command.

Results go to stdout, everything else to stderr. Text is wrapped only if a width is known (a terminal, or COLUMNS).
Styles need a terminal and respect NO_COLOR. The environment is set before anything heavy loads, and a failure becomes
one sentence and an exit status.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import re
import shutil
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from inspect import Parameter, Signature
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer
from typer.exceptions import TyperException

from assistant.errors import AssistantError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Options = TypeVar("Options", bound=DataclassInstance)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WORD = re.compile(r"\n|[^\S\n]*\S+|[^\S\n]+")
_UNFINISHED = re.compile(r"[^\S\n]*\S*\Z")
_BULLET = re.compile(r"[-*•]")
_DIM, _RED, _PLAIN = "\x1b[2m", "\x1b[31m", "\x1b[0m"
_NATURAL = 10_000


def width(stream: IO[str] | None = None) -> int | None:
    """Columns to wrap at on ``stream`` (stdout unless given); None if lines are to stay whole."""
    if os.environ.get("COLUMNS", "").isdigit() or (stream or sys.stdout).isatty():
        return max(20, shutil.get_terminal_size().columns)
    return None


def styled(stream: IO[str]) -> bool:
    """Whether ``stream`` is a terminal that wants styles."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """The text without control characters, which a document could use to rewrite the screen."""
    return _CONTROL.sub("", text)


def wrapped(text: str, indent: str = "", first: str = "", stream: IO[str] | None = None) -> str:
    """One paragraph in lines of the width of ``stream`` (stdout unless given); its white space becomes single.

    ``first`` goes before the first line, ``indent`` before the others.
    """
    columns, line = width(stream), " ".join(printable(text).split())
    if columns is None:
        return first + line
    lines = textwrap.TextWrapper(
        columns, initial_indent=first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines.fill(line)


def say(text: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


def say_json(text: str) -> None:
    """A JSON document as the only result."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Something worth knowing beside the result."""
    _aside(text, _DIM)


def complain(text: str) -> None:
    """What went wrong, and what to do."""
    _aside(f"Error: {text}", _RED)


def warn(problems: Iterable[str]) -> None:
    """Documents that could not be used, a line each."""
    for problem in problems:
        _aside(f"Warning: {problem}", _DIM)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows under a header on stdout, fitted to the terminal; in a pipe each row is one line."""
    from rich.console import Console
    from rich.table import Table

    made = Table(*header, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for row in rows:
        made.add_row(*(printable(cell) for cell in row))
    plain: dict[str, Any] = {} if styled(sys.stdout) else {"color_system": None}
    console = Console(width=width() or _NATURAL, highlight=False, markup=False, emoji=False, **plain)
    with console.capture() as drawn:
        console.print(made)
    for line in drawn.get().splitlines():
        say(line.rstrip())


def _aside(text: str, style: str) -> None:
    lines = (_fitted(line) for line in printable(text).split("\n"))
    clean = "\n".join(lines)
    sys.stderr.write(f"{style}{clean}{_PLAIN}\n" if styled(sys.stderr) else f"{clean}\n")
    sys.stderr.flush()


def _fitted(line: str) -> str:
    """A line of stderr, wrapped between words where it is longer than the terminal is wide."""
    columns = width(sys.stderr)
    return line if columns is None or len(line) <= columns else wrapped(line, stream=sys.stderr)


def linked(text: str, address: str | None) -> str:
    """Text that a terminal opens an address at (OSC 8), where there is one and stdout is a terminal that styles."""
    if address is None or not styled(sys.stdout):
        return text
    return f"\x1b]8;;{printable(address)}\x1b\\{text}\x1b]8;;\x1b\\"


class Flow:
    """An answer written as it comes, wrapped between words where a width is known; an item's lines hang under it."""

    def __init__(self) -> None:
        """Nothing is written yet; ``text`` will be all that was."""
        self.text = ""
        self._width = width()
        self._column = 0
        self._hanging = ""
        self._held = ""

    def write(self, piece: str) -> None:
        """Writes the next piece and shows it, but for a word that may go on."""
        self.text += piece
        clean = printable(piece)
        if self._width is None:
            sys.stdout.write(clean)
        else:
            pending = self._held + clean
            last = _UNFINISHED.search(pending)
            self._held = last[0] if last else ""
            self._place(pending[: len(pending) - len(self._held)])
        sys.stdout.flush()

    def end(self) -> None:
        """Ends the last line, if anything was written."""
        self._place(self._held)
        self._held = ""
        if self.text:
            say()

    def _place(self, text: str) -> None:
        sys.stdout.write("".join(map(self._placed, _WORD.findall(text))))

    def _placed(self, word: str) -> str:
        if word == "\n":
            self._column, self._hanging = 0, ""
            return word
        if not self._column and _BULLET.fullmatch(word.strip()):
            self._hanging = "  "
        if self._width is not None and self._column and self._column + len(word) > self._width:
            word = self._hanging + word.lstrip()
            self._column = len(word)
            return f"\n{word}"
        self._column += len(word)
        return word


def taking(kind: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Decorate a command so that it gets its arguments and options as one value, the fields of a dataclass.

    typer itself reads options from a function's parameters only (fastapi/typer, issue 154).
    """
    hints = get_type_hints(kind, include_extras=True)
    parameters = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(kind)
    ]

    def decorate(command: Callable[[Options], None]) -> Callable[..., None]:
        def called(**given: Any) -> None:
            command(kind(**given))

        called.__doc__ = command.__doc__
        called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return called

    return decorate


Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="ID", help="`extractive`, or `provider:model`; instead of ASSISTANT_MODEL."),
]
Examples = Annotated[
    str | None,
    typer.Option(
        "--examples", metavar="N|all|auto", help="Worked examples a chat model is shown; instead of ASSISTANT_EXAMPLES."
    ),
]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite an original that has the same id.")]


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
