"""What the tools do, for a caller on any transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anyio import to_thread

from assistant.types import Answer, Citation, Essay, RankedPassage
from assistant.web.api.schemas import SearchReply
from assistant.web.asking import Asking, OwnModel
from assistant.web.desk import Desk
from assistant.web.mcp.arguments import MAX_SLICE, AskArguments, ReadArguments, SearchArguments, Slice
from assistant.web.permalinks import Permalink, permalinks
from assistant.web.principal import OPEN, Principal
from assistant.web.shelf import source

NEAREST = 3


@dataclass(frozen=True)
class Caller:
    """Who calls a tool. ``base`` is the server's address as the caller knows it; None where there is none.

    ``own_model`` makes a chat model with a key of the caller's.
    """

    principal: Principal = OPEN
    peer: str = ""
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
        peer=caller.peer,
        own_model=caller.own_model,
    )
    answer = await desk.answer(asking)
    essays = desk.shelf.corpus(arguments.corpus).essays
    return _answer_text(answer, essays, links(caller, essays, arguments.corpus)), answer


async def search(desk: Desk, arguments: SearchArguments, caller: Caller) -> tuple[str, SearchReply]:
    """The nearest passages, best first. Raises AssistantError."""
    assistant = desk.shelf.corpus(arguments.corpus)
    await desk.count(caller.principal, caller.peer)
    passages = await to_thread.run_sync(assistant.search, arguments.query, arguments.k)
    blocks = [f"{n}. {_place(p, assistant.essays)}\n{p.text}" for n, p in enumerate(passages, 1)]
    return "\n\n".join(blocks) or "Nothing was found.", SearchReply(query=arguments.query, passages=list(passages))


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
