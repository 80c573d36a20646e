"""The files of ``assistant batch``: questions checked as a whole, answers written whole or as far as they got."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from assistant.cli.ask import history_turns
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.types import Turn

_EXAMPLE = 'Write one object a line, for example {"id": "1", "question": "When is fine-tuning worth it?"}.'


@dataclass(frozen=True)
class Line:
    """One question of the file: its line number, its own id (None where it has none), and the turns before it."""

    number: int
    id: str | int | None
    question: str
    history: tuple[Turn, ...]


def read_questions(source: str, most_chars: int) -> list[Line]:
    """Every question of a JSON Lines file (``-``: of stdin), blank lines left out.

    Raises InputError naming the first line that can't be asked, or that holds more than ``most_chars`` characters
    of question.
    """
    lines = [_line(number, raw, most_chars) for number, raw in enumerate(_read(source).split(b"\n"), 1) if raw.strip()]
    if not lines:
        raise InputError(f"{_named(source)}: holds no question.", _EXAMPLE)
    return lines


@contextmanager
def answers_file(out: str, source: str) -> Iterator[Callable[[str], None]]:
    """A function that adds a line to the answers. ``-`` and what is no ordinary file are written to directly.

    The file appears at the end, in one rename; where the work is cut short, with the lines there are, and not at
    all where there are none. Raises InputError where it can't be written.
    """
    path = Path(out).resolve()
    if out == "-":
        yield lambda line: _add(sys.stdout, line)
    elif path.exists() and not path.is_file() and not path.is_dir():  # such as /dev/null or a named pipe
        with path.open("w", encoding="utf-8") as stream:
            yield lambda line: _add(stream, line)
    else:
        _check_place(path, source)
        yield from _in_one_rename(path)


def _in_one_rename(path: Path) -> Iterator[Callable[[str], None]]:
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    written = finished = False

    def add(line: str) -> None:
        nonlocal written
        _add(stream, line)
        written = True

    try:
        with _writable(part) as stream:
            yield add
        finished = True
    finally:
        if finished or written:
            part.replace(path)
        part.unlink(missing_ok=True)


def _line(number: int, raw: bytes, most_chars: int) -> Line:
    where = f"Line {number}"
    try:
        data: Any = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{where} is not UTF-8.", "Save the file as UTF-8.") from None
    except (ValueError, RecursionError):
        raise InputError(f"{where} is not JSON.", _EXAMPLE) from None
    if not isinstance(data, dict) or not isinstance(data.get("question"), str):
        raise InputError(f'{where} has no "question" (a text).', _EXAMPLE)
    question, key = data["question"], data.get("id")
    if not question.strip():
        raise InputError(f"{where} has an empty question.", "Write one, or remove the line.")
    if len(question.strip()) > most_chars:
        raise InputError(f"{where} has a question longer than {most_chars:,} characters.", "Shorten it.")
    if isinstance(key, bool) or not isinstance(key, str | int | None):
        raise InputError(f'{where} has an "id" that is neither text nor a whole number.', _EXAMPLE)
    return Line(number, key, question, history_turns(data.get("history") or [], where))


def _read(source: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source}: can't be read ({error.strerror}).", "Check the path.") from None


def _check_place(path: Path, source: str) -> None:
    if path.is_dir():
        raise InputError(f"{path}: is a folder.", "Name a file in it with --out.")
    if source != "-" and path == Path(source).resolve():
        raise InputError(f"{path}: holds the questions.", "Name another file with --out.")


def _writable(part: Path) -> IO[str]:
    try:
        return part.open("x", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(
            f"{part.parent}: can't be written to ({error.strerror}).", "Name another file with --out."
        ) from None


def _add(stream: IO[str], line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _named(source: str) -> str:
    return "stdin" if source == "-" else source
