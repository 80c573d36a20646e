"""``assistant ask``: one question, one cited answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import Examples, Json, Model
from assistant.cli.terminal import say_json
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.types import Turn

_STDIN_BYTES = 1_000_000
_HISTORY = 'a JSON list of {"role": "user" or "assistant", "content": "…"}, oldest first'


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask; - reads it from stdin.")],
    as_json: Json = False,
    model: Model = None,
    examples: Examples = None,
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE.json", help=f"The conversation so far: {_HISTORY}.")
    ] = None,
) -> None:
    """Answer a question, with the words that bear it out."""
    asked = question_text(question)
    turns = read_history(history) if history else ()
    from assistant.cli.opening import opened
    from assistant.cli.rendering import show_answer, show_notices, show_sources
    from assistant.settings import load_settings

    with opened(load_settings(model=model, examples=examples)) as assistant:
        if as_json:
            say_json(assistant.ask(asked, turns).model_dump_json(indent=2))
            return
        answer = show_answer(assistant, asked, turns)
        show_sources(answer)
        show_notices(answer)


def question_text(argument: str) -> str:
    """The question, from stdin where the argument is ``-``. Raises InputError where there is none."""
    text = argument
    if argument == "-":
        try:
            text = sys.stdin.buffer.read(_STDIN_BYTES).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"The question on stdin is not UTF-8 (byte {error.start}).", "Send UTF-8 text.") from None
    if not text.strip():
        raise InputError("The question is empty.", "Ask something, for example: When is fine-tuning worth it?")
    return text


def read_history(path: Path) -> tuple[Turn, ...]:
    """The turns in a JSON file. Raises InputError naming the file and what it should hold."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}).", "Check the path.") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is not JSON.", f"Write {_HISTORY}.") from None
    return history_turns(data, str(path))


def history_turns(data: object, where: str) -> tuple[Turn, ...]:
    """A decoded list of messages as turns; ``where`` begins the message of the InputError this raises."""
    from assistant.answering.assistant import turns

    if not isinstance(data, list):
        raise InputError(f"{where}: the history is no list.", f"Write {_HISTORY}.")
    try:
        return turns(data)
    except InputError as error:
        raise InputError(f"{where}: {error.message}", error.remedy) from None
