"""``assistant batch``: answer a JSON Lines file of questions, one answer object per line.

The whole file is checked before the first question is asked. Interrupted, it keeps the answers so far.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.ask import history_turns
from assistant.cli.terminal import Examples, Model, complain, note
from assistant.errors import AssistantError, InputError

if TYPE_CHECKING:
    from assistant.types import Turn

_EXAMPLE = 'Write one object a line, for example {"id": "1", "question": "When is fine-tuning worth it?"}.'


@dataclass(frozen=True)
class Line:
    """One question of the file: its line number, its own id (None if it has none), and the turns before it."""

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
    """Yield a function that appends a line to the answers. ``-`` and special files are written to directly.

    The file appears at the end, in one rename. Interrupted work keeps the lines so far, and no file
    if there are none. Raises InputError if it can't be written.
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


if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant
    from assistant.types import Answer

_FIELDS = '{"id", "question", "history": [{"role", "content"}]}'


def batch(
    questions: Annotated[
        str, typer.Argument(metavar="QUESTIONS.jsonl", help=f"Questions, one object a line: {_FIELDS}; - reads stdin.")
    ],
    out: Annotated[str, typer.Option("--out", metavar="ANSWERS.jsonl", help="Where the answers go; - is stdout.")],
    model: Model = None,
    examples: Examples = None,
) -> None:
    """Answer a file of questions.

    One answer object a line comes out, in order, each under its question's id. The whole file is
    checked before the first question is asked. Ctrl-C keeps the answers made so far.
    """

    from assistant.cli.progress import opened
    from assistant.settings import load_settings

    settings = load_settings(model=model, examples=examples)
    lines = read_questions(questions, settings.max_question_chars)
    run = _Run(len(lines))
    try:
        with answers_file(out, questions) as write, opened(settings) as assistant:
            run.answer(assistant, lines, write)
    except KeyboardInterrupt:
        note(f"Stopped. {run.told(out)}")
        raise typer.Exit(130) from None
    note(run.told(out))
    if run.failed:
        raise typer.Exit(1)


class _Run:
    """The questions as they are answered, and how it went."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.failed = total, 0, 0

    def answer(self, assistant: Assistant, lines: Sequence[Line], write: Callable[[str], None]) -> None:
        from assistant.cli.progress import bars

        with bars() as drawn:
            for line in drawn.track(lines, description=f"Answering {self.total:,} questions"):
                try:
                    answer = assistant.ask(line.question, line.history)
                except AssistantError as error:
                    complain(f"Line {line.number}: {error}")
                    self.failed += 1
                else:
                    write(as_json(answer, line.id))
                    self.done += 1

    def told(self, out: str) -> str:
        """How far it got, in one sentence."""
        where = "stdout" if out == "-" else out
        if not self.done:
            return "No question was answered."
        return f"{self.done} of {self.total} answers are in {where}."


def as_json(answer: Answer, line_id: str | int | None) -> str:
    """The answer object in one line, under the line's own id where it has one."""
    data = answer.model_dump(mode="json")
    return json.dumps(data if line_id is None else data | {"id": line_id}, ensure_ascii=False)
