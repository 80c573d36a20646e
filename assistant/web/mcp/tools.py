"""What the tools do, for a caller on any transport.

What the tools take and give; clients get these as JSON schemas.

The tool ``advise``: the framework's verdict as text and as data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

from assistant.advice.deciding import Advice, Reason
from assistant.advice.situation import Situation
from assistant.types import Answer, Citation, Essay, RankedPassage
from assistant.web.asking import (
    MAX_PASSAGES,
    MAX_TURNS,
    OPEN,
    Asking,
    OwnModel,
    Principal,
    Said,
    SearchReply,
    SourceInfo,
    Taken,
)
from assistant.web.catalog import source
from assistant.web.rendering import Permalink, permalinks
from assistant.web.service import MAX_TEXT, Desk

MAX_SLICE = 20_000
"""Most characters of a source in one reply."""


def _decoded(value: object) -> object:
    """A list that a client wrote as JSON in a string, as some do; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


Corpus = Annotated[str | None, Field(max_length=64, description="Name of the corpus; left out: the default.")]
History = Annotated[list[Said], BeforeValidator(_decoded), Field(max_length=MAX_TURNS)]


class AskArguments(Taken):
    """A question."""

    question: str = Field(description="The question, in plain words.")
    history: History = Field([], description="Earlier messages, oldest first, for a question that leans on them.")
    model: str | None = Field(None, max_length=200, description="Name of a chat model on offer, or `extractive`.")
    corpus: Corpus = None


class SearchArguments(Taken):
    """A search."""

    query: str = Field(description="What to look for.")
    k: int = Field(5, ge=1, le=MAX_PASSAGES, description="How many passages.")
    corpus: Corpus = None


class ReadArguments(Taken):
    """A slice of a source's text."""

    source_id: str = Field(max_length=200, description="Id of the source, as citations and passages name it.")
    start: int = Field(0, ge=0, description="First character, counted in code points.")
    end: int | None = Field(None, ge=0, description="Character behind the last; left out: as much as one reply holds.")
    corpus: Corpus = None


class AdviseArguments(Taken):
    """A case, in words or as fields; a field corrects what was read from the words."""

    text: str | None = Field(None, max_length=MAX_TEXT, description="The case in the person's own words.")
    situation: Annotated[Situation | None, BeforeValidator(_decoded)] = Field(
        None, description="What the person said of it. Leave out what nobody said: unknown is a good answer."
    )
    corpus: Corpus = None


class Slice(SourceInfo):
    """Characters ``start`` to ``end`` (exclusive) of a source whose text has ``length``."""

    start: int
    end: int
    length: int
    text: str
    next: int | None = Field(description="Where to read on; null at the end of the text.")


NEAREST = 3


@dataclass(frozen=True)
class Caller:
    """Who calls a tool. ``base`` is the server's address as the caller knows it; None where there is none.

    ``own_model`` makes a chat model with a key of the caller's.
    """

    principal: Principal = OPEN
    base: str | None = None
    own_model: OwnModel | None = None


async def ask(desk: Desk, arguments: AskArguments, caller: Caller) -> tuple[str, Answer]:
    """The answer, and how it reads. Raises AssistantError."""
    asking = Asking(
        question=arguments.question,
        history=tuple(arguments.history),
        model=arguments.model,
        corpus=arguments.corpus,
        principal=caller.principal,
        own_model=caller.own_model,
    )
    answer = await desk.answer(asking)
    essays = desk.shelf.cited(arguments.corpus)
    return _answer_text(answer, essays, links(caller, essays, arguments.corpus)), answer


async def search(desk: Desk, arguments: SearchArguments, caller: Caller) -> tuple[str, SearchReply]:
    """The nearest passages, best first. Raises AssistantError."""
    passages = await desk.counted(
        arguments.corpus, caller.principal, lambda assistant: assistant.search(arguments.query, arguments.k)
    )
    essays = desk.shelf.cited(arguments.corpus)
    blocks = [f"{n}. {_place(p, essays)}\n{p.text}" for n, p in enumerate(passages, 1)]
    return "\n\n".join(blocks) or "Nothing is near to this.", SearchReply(
        query=arguments.query, passages=list(passages)
    )


async def read_source(desk: Desk, arguments: ReadArguments, _: Caller) -> tuple[str, Slice]:
    """A slice of a source. Raises UnknownSource."""
    essay = source(desk.shelf.corpus(arguments.corpus).essays, arguments.source_id)
    length = len(essay.text)
    start = min(arguments.start, length)
    wanted = length if arguments.end is None else min(arguments.end, length)
    end = min(max(start, wanted), start + MAX_SLICE)
    about = essay.model_dump(exclude={"text"})
    following = end if end < length else None
    text = essay.text[start:end]
    return text, Slice(**about, sha256=essay.sha256, start=start, end=end, length=length, text=text, next=following)


def links(caller: Caller, essays: Mapping[str, Essay], corpus: str | None) -> Permalink:
    """Where a citation can be read: at this server, else at the essay's own address, else as a resource."""
    if caller.base is not None:
        return permalinks(caller.base, essays, corpus)
    return lambda cited: cited.url or f"essay://{cited.source_id}"


def _answer_text(answer: Answer, essays: Mapping[str, Essay], link: Permalink) -> str:
    """The answer, its numbered sources with quotes and addresses, and what else is to be known."""
    cited = [
        f"[{c.marker}] {_place(c, essays)} ({c.source_id}, characters {c.start} to {c.end}): “{c.quote}”\n{link(c)}"
        for c in answer.citations
    ]
    near = [f"- {_place(p, essays)} ({p.source_id})" for p in answer.passages[:NEAREST]] if answer.abstained else []
    blocks = [answer.answer]
    blocks += ["\n".join(["Sources:", *cited])] if cited else []
    blocks += ["\n".join(["Nearest passages:", *near])] if near else []
    return "\n\n".join([*blocks, *answer.notices])


def _place(found: Citation | RankedPassage, essays: Mapping[str, Essay]) -> str:
    return ", ".join(filter(None, (essays[found.source_id].label, found.section)))


async def advise(desk: Desk, arguments: AdviseArguments, caller: Caller) -> tuple[str, Advice]:
    """The verdict, and how it reads. Raises AssistantError."""
    advice = await desk.advised(arguments.text, arguments.situation, arguments.corpus, caller.principal)
    essays = desk.shelf.cited(arguments.corpus)
    return _advice_text(advice, links(caller, essays, arguments.corpus)), advice


def _advice_text(advice: Advice, link: Permalink) -> str:
    """The verdict with its numbered reasons, what to do, what would change it, and the sources they cite."""
    sides = [_block(f"The essays differ: {each.title}", map(_cited, each.sides)) for each in advice.both_sides]
    told = [*advice.reasons, *(reason for each in advice.both_sides for reason in each.sides)]
    cited = {reason.marker for reason in told}
    blocks = [
        advice.headline,
        _block("Why", map(_cited, advice.reasons)),
        _block("Next", advice.next_steps),
        _block("What would change it", advice.would_change),
        *sides,
        advice.break_even_note,
        _block("Sources", (_source(c, link) for c in advice.citations if c.marker in cited)),
        _block("What would help to know", (f"{question.ask} ({question.field})" for question in advice.missing)),
    ]
    return "\n\n".join([*filter(None, blocks), *advice.notices])


def _block(title: str, lines: Iterable[str]) -> str:
    found = [f"- {line}" for line in lines]
    return "\n".join([f"{title}:", *found]) if found else ""


def _cited(reason: Reason) -> str:
    return f"{reason.text} [{reason.marker}]"


def _source(cited: Citation, link: Permalink) -> str:
    where = ", ".join(filter(None, (cited.label, cited.section)))
    return f"[{cited.marker}] {where}: “{cited.quote}” {link(cited)}"
