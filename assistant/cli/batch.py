"""``assistant batch``: a file of questions in, a file of answer objects out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import Examples, Model
from assistant.cli.terminal import complain, note
from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant
    from assistant.cli.batch_files import Line
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
    from assistant.cli.batch_files import answers_file, read_questions
    from assistant.cli.opening import opened
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
