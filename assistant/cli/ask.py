"""``assistant ask``, ``search`` and ``chat``: one cited answer, the passages behind it, or a conversation.

``chat`` reads lines from a terminal or a pipe. An answer is printed as its sentences are produced, then its sources.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.answers import excerpt, reader_of, show_answer, show_case, show_notices, show_sources
from assistant.cli.progress import opened
from assistant.cli.terminal import Examples, Json, Model, complain, note, say, say_json, table
from assistant.errors import AssistantError, InputError
from assistant.types import Answer, Turn

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant


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
    from assistant.settings import load_settings

    settings = load_settings(model=model, examples=examples)
    with opened(settings) as assistant:
        if as_json:
            say_json(assistant.ask(asked, turns).model_dump_json(indent=2))
            return
        answer = show_answer(assistant, asked, turns)
        show_case(answer)
        show_sources(answer, reader=reader_of(settings))
        show_notices(answer)


def question_text(argument: str) -> str:
    """The question, from stdin where the argument is ``-``. Raises InputError if there is none."""
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


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for; - reads it from stdin.")],
    as_json: Json = False,
    k: Annotated[
        int | None, typer.Option("-k", metavar="N", min=1, max=50, help="How many; else ASSISTANT_TOP_K.")
    ] = None,
) -> None:
    """Find the passages nearest to a query, best first."""

    from assistant.settings import load_settings

    wanted = question_text(query)
    settings = load_settings(top_k=k)
    with opened(settings) as assistant:
        passages = assistant.search(wanted, settings.top_k)
    if as_json:
        found = {"query": wanted, "passages": [passage.model_dump(mode="json") for passage in passages]}
        say_json(json.dumps(found, ensure_ascii=False, indent=2))
        return
    if not passages:
        say("Nothing in the documents is near to this. Try other words.")
        return
    places = ((f"{found.source_id} › {found.section}", found) for found in passages)
    rows = [(str(n), f"{p.score:.2f}", place, excerpt(p.text)) for n, (place, p) in enumerate(places, 1)]
    table(("#", "score", "where", "passage"), rows)


HELP = """Ask about the documents; follow-up questions are understood.
  /sources   the sources of the last answer, with the words quoted
  /new       begin a new conversation
  /help      this text
  /quit      leave (also Ctrl-D)"""


def chat(model: Model = None) -> None:
    """Ask and follow up in the terminal; /help says how."""
    from assistant.settings import load_settings

    settings = load_settings(model=model)
    with opened(settings) as assistant:
        if sys.stdin.isatty():
            titles = "; ".join(essay.title for essay in assistant.essays.values())
            note(f"Answers come from: {titles}. Type /help for what you can do, /quit to leave.")
        Conversation(assistant, reader_of(settings)).run()


class Conversation:
    """One chat: what was said, and the last answer."""

    def __init__(self, assistant: Assistant, reader: str | None = None) -> None:
        """A new conversation with ``assistant``; sources link to the ``reader`` of a server."""
        self._assistant = assistant
        self._reader = reader
        self._turns: list[Turn] = []
        self._last: Answer | None = None
        self._noticed: set[str] = set()

    def run(self) -> None:
        """Reads lines until the end of input or /quit."""
        while (line := read_line()) is not None and line != "/quit":
            if line.startswith("/"):
                self._command(line)
            elif line:
                self._ask(line)

    def _command(self, line: str) -> None:

        if line == "/help":
            say(HELP)
        elif line == "/new":
            self._turns, self._last = [], None
            note("A new conversation.")
        elif line != "/sources":
            complain(f"There is no {line.split()[0]}. Type /help for the commands there are.")
        elif self._last is None or not (self._last.citations or self._last.passages):
            note("There are no sources yet: ask something first.")
        else:
            show_sources(self._last, reader=self._reader)
        say()

    def _ask(self, question: str) -> None:
        from assistant.answering.stages import LEFT_OUT

        try:
            answer = show_answer(self._assistant, question, self._turns)
        except AssistantError as error:
            complain(str(error))
            return
        except KeyboardInterrupt:
            say()
            note("Stopped; ask something else, or /quit.")
            return
        show_case(answer)
        show_sources(answer, quotes=False, reader=self._reader)
        show_notices(answer, self._noticed)
        self._noticed |= {notice for notice in answer.notices if not notice.endswith(LEFT_OUT)}
        say()
        sys.stdout.flush()
        self._last = answer
        self._turns += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]


def read_line() -> str | None:
    """The next line, trimmed; None at the end of input. The prompt shows only where somebody types."""
    sys.stdout.flush()
    try:
        if sys.stdin.isatty():
            import readline  # noqa: F401 - gives input() editing and recall

            return input("› ").strip()
        line = sys.stdin.readline()
    except EOFError:
        say()
        return None
    return line.strip() if line else None
