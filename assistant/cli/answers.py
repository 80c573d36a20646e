"""An answer on the terminal: its text as it comes, the case it judges, its sources with links, and its notices."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote as quoted
from urllib.request import urlopen

from assistant.cli.progress import waiting
from assistant.cli.terminal import Flow, linked, note, say, styled, wrapped
from assistant.types import Answer, CaseVerdict, Citation, Turn

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant
    from assistant.answering.stages import Event
    from assistant.settings import Settings


LOOK_SECONDS = 0.5
NEAREST = 3
MEANWHILE = "The model is still working. Meanwhile, the answer extracted without it:"
MORE = "more"  # among what was tried: there may be others
EXCERPT_CHARS = 160


def show_answer(assistant: Assistant, question: str, history: Iterable[Turn] = ()) -> Answer:
    """Streams the answer's text to stdout and returns the answer. Raises InputError.

    Where the final text is not the one streamed (a chat model broke off), the final text follows, and counts.
    """
    from assistant.answering.stages import Done, Token

    flow = Flow()
    answer: Answer | None = None
    events = assistant.stream(question, history)
    first = _awaited(events)
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


def _awaited(events: Iterator[Event]) -> Event:
    """The first event that shows something of the answer; until then, what is done for it."""
    from assistant.answering.stages import SEARCHING, Done, Offered, Passages, Token, Waiting, doing

    passages = 0
    with waiting(SEARCHING) as tell:
        for event in events:
            if isinstance(event, Token | Done):
                return event
            if isinstance(event, Passages) and event.passages:
                passages = len(event.passages)
                tell(doing("choosing", passages))
            elif isinstance(event, Waiting):
                tell(doing(event.doing, passages))
            elif isinstance(event, Offered) and sys.stderr.isatty():
                note(f"{MEANWHILE}\n{event.answer.answer}\n")
    raise AssertionError("the pipeline ended without an answer")


def show_sources(answer: Answer, *, quotes: bool = True, reader: str | None = None) -> None:
    """The numbered sources, linked to the ``reader`` of a server; for an abstention, the nearest passages."""
    if answer.citations:
        say()
    for citation in answer.citations:
        text = source_line(citation, quote=quotes)
        mark, space, rest = wrapped(text, " " * (text.index("]") + 2)).partition(" ")
        say(f"{linked(mark, cited_at(citation, reader))}{space}{rest}")
    if answer.abstained and answer.passages:
        say("\nNearest passages:")
        for passage in answer.passages[:NEAREST]:
            say(wrapped(f"- {passage.source_id} › {passage.section}: {excerpt(passage.text)}", "  "))


def cited_at(citation: Citation, reader: str | None) -> str | None:
    """The address of cited words in the reader of a server; None where none runs."""
    if reader is None:
        return None
    return f"{reader}read/{quoted(citation.source_id, safe='')}?start={citation.start}&end={citation.end}#cited"


def reader_of(settings: Settings) -> str | None:
    """Where a server of these settings is reached, with a slash at the end; None where none answers, or in a pipe."""
    if not styled(sys.stdout):
        return None
    address = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/") + "/"
    try:
        with urlopen(f"{address}healthz", timeout=LOOK_SECONDS):  # noqa: S310 - a setting names it
            return address
    except (OSError, ValueError):
        return None


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
