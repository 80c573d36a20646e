"""``assistant ask``, ``search`` and ``chat``: one cited answer, the passages behind it, or a conversation.

``chat`` reads lines from a terminal or a pipe. An answer is printed as its sentences are produced, then its sources.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.progress import opened, waiting
from assistant.cli.terminal import Examples, Flow, Json, Model, complain, note, say, say_json, table, wrapped
from assistant.errors import AssistantError, InputError
from assistant.types import Answer, CaseVerdict, Citation, Turn

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant


NEAREST = 3
DOING = {"reading": "The model is reading the passages", "writing": "The model is writing"}
MEANWHILE = "The model is still working. Meanwhile, the answer extracted without it:"
MORE = "more"  # among what was tried: there may be others
EXCERPT_CHARS = 160


def show_answer(assistant: Assistant, question: str, history: Iterable[Turn] = ()) -> Answer:
    """Streams the answer's text to stdout and returns the answer. Raises InputError.

    Where the final text is not the one streamed (a chat model broke off), the final text follows, and counts.
    """
    from assistant.answering.stages import Done, Offered, Token, Waiting

    flow = Flow()
    answer: Answer | None = None
    events = assistant.stream(question, history)
    with waiting("Looking it up") as tell:
        for first in events:
            if isinstance(first, Token | Done):
                break
            if isinstance(first, Waiting):
                tell(DOING[first.doing])
            elif isinstance(first, Offered) and sys.stderr.isatty():
                note(f"{MEANWHILE}\n{first.answer.answer}\n")
    for event in chain([first], events):
        if isinstance(event, Token):
            flow.write(event.text)
        elif isinstance(event, Done):
            answer = event.answer
    flow.end()
    if answer is None:
        raise AssertionError("the pipeline ended without an answer")
    if flow.text != answer.answer:
        _show_instead(answer.answer, streamed=bool(flow.text))
    return answer


def show_sources(answer: Answer, *, quotes: bool = True) -> None:
    """The numbered sources; for an abstention, the nearest passages."""
    if answer.citations:
        say()
    for citation in answer.citations:
        text = source_line(citation, quote=quotes)
        say(wrapped(text, " " * (text.index("]") + 2)))
    if answer.abstained and answer.passages:
        say("\nNearest passages:")
        for passage in answer.passages[:NEAREST]:
            say(wrapped(f"- {passage.source_id} › {passage.section}: {excerpt(passage.text)}", "  "))


def show_case(answer: Answer) -> None:
    """The verdict on the asker's case: its rung, what was understood, what is still open; nothing where it is none."""
    case = answer.case
    if case is None or not case.facts:
        return
    moved = f", before: {case.before}" if case.before else ""
    say(
        f"\nYour case (rung {case.number} of {case.rungs}: {case.title}{moved}):"
        if case.decided
        else "\nYour case, so far:"
    )
    for fact in case.facts:
        was = f" (was {fact.before})" if fact.before is not None else f" “{fact.phrase}”" if fact.phrase else ""
        say(wrapped(f"{fact.name}: {fact.told}{was}", "  ", first="- "))
    if case.missing:
        say(wrapped(f"still open: {', '.join(fact.name for fact in case.missing)}", "  ", first="- "))
    say(wrapped(f"A follow-up such as “{case.facts[-1].name}: …” changes it. Next steps: {advise_command(case)}"))


def advise_command(case: CaseVerdict) -> str:
    """The command that gives the whole advice on a case."""
    facts = [f"{fact.field}={','.join(value for value in fact.values if value != MORE)}" for fact in case.facts]
    return shlex.join(
        ["assistant", "advise", *chain.from_iterable(("--set", fact) for fact in facts if fact[-1] != "=")]
    )


def show_notices(answer: Answer, known: Collection[str] = ()) -> None:
    """The answer's notices but those ``known`` already, on stderr, below the text they belong to."""
    sys.stdout.flush()
    shown = answer.case.in_words if answer.case else ()
    for notice in answer.notices:
        if notice not in known and notice not in shown:
            note(notice)


def source_line(citation: Citation, *, quote: bool = True) -> str:
    """``[1] notes on “Title”, Author, section: “quote”``; an original goes without "notes on"."""
    where = ", ".join(filter(None, (citation.label, citation.section)))
    return f"[{citation.marker}] {where}" + (f": “{citation.quote}”" if quote else "")


def excerpt(text: str, most: int = EXCERPT_CHARS) -> str:
    """The beginning of a passage, without its heading, in one line of at most ``most`` characters."""
    lines = text.splitlines()
    body = [line for line in lines if not line.startswith("#")] or lines
    line = " ".join(" ".join(body).split())
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + "…"


def _show_instead(text: str, *, streamed: bool) -> None:
    if streamed:
        say("\nThe text above was withdrawn. The answer is:\n")
    final = Flow()
    final.write(text)
    final.end()


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

    with opened(load_settings(model=model, examples=examples)) as assistant:
        if as_json:
            say_json(assistant.ask(asked, turns).model_dump_json(indent=2))
            return
        answer = show_answer(assistant, asked, turns)
        show_case(answer)
        show_sources(answer)
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
        show_sources(answer, quotes=False)
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
