"""``assistant chat``: a conversation in the terminal, or line by line from a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from assistant.cli.options import Model
from assistant.cli.terminal import complain, note, say
from assistant.errors import AssistantError
from assistant.types import Answer, Turn

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant

HELP = """Ask about the documents; follow-up questions are understood.
  /sources   the sources of the last answer, with the words quoted
  /new       begin a new conversation
  /help      this text
  /quit      leave (also Ctrl-D)"""


def chat(model: Model = None) -> None:
    """Ask and follow up in the terminal; /help says how."""
    from assistant.cli.opening import opened
    from assistant.settings import load_settings

    with opened(load_settings(model=model)) as assistant:
        if sys.stdin.isatty():
            titles = "; ".join(essay.title for essay in assistant.essays.values())
            note(f"Answers come from: {titles}. Type /help for what you can do, /quit to leave.")
        Conversation(assistant).run()


class Conversation:
    """One chat: what was said, and the last answer."""

    def __init__(self, assistant: Assistant) -> None:
        """A new conversation with ``assistant``."""
        self._assistant = assistant
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
        from assistant.cli.rendering import show_sources

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
            show_sources(self._last)
        say()

    def _ask(self, question: str) -> None:
        from assistant.cli.rendering import show_answer, show_notices, show_sources

        try:
            answer = show_answer(self._assistant, question, self._turns)
        except AssistantError as error:
            complain(str(error))
            return
        except KeyboardInterrupt:
            say()
            note("Stopped; ask something else, or /quit.")
            return
        show_sources(answer, quotes=False)
        show_notices(answer, self._noticed)
        self._noticed |= set(answer.notices)
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
