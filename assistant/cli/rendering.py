"""Print an answer: sentences as they are produced, then the numbered sources."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from itertools import chain
from typing import TYPE_CHECKING

from assistant.cli.progress import waiting
from assistant.cli.terminal import Flow, note, say, wrapped
from assistant.types import Answer, Citation

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant
    from assistant.types import Turn

NEAREST = 3
EXCERPT_CHARS = 160


def show_answer(assistant: Assistant, question: str, history: Iterable[Turn] = ()) -> Answer:
    """Streams the answer's text to stdout and returns the answer. Raises InputError.

    Where the final text is not the one streamed (a chat model broke off), the final text follows, and counts.
    """
    from assistant.answering.stages import Done, Token

    flow = Flow()
    answer: Answer | None = None
    events = assistant.stream(question, history)
    with waiting("Looking it up"):
        first = next(events)
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


def show_notices(answer: Answer, known: Collection[str] = ()) -> None:
    """The answer's notices but those ``known`` already, on stderr, below the text they belong to."""
    sys.stdout.flush()
    for notice in answer.notices:
        if notice not in known:
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
