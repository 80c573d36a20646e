"""The tool ``advise``: the framework's verdict as text and as data."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.advice.results import Advice, Reason
from assistant.types import Citation
from assistant.web.desk import Desk
from assistant.web.mcp.arguments import AdviseArguments
from assistant.web.mcp.tools import Caller, links
from assistant.web.permalinks import Permalink
from assistant.web.verdicts import judged


async def advise(desk: Desk, arguments: AdviseArguments, caller: Caller) -> tuple[str, Advice]:
    """The verdict, and how it reads. Raises AssistantError."""
    case = arguments.text, arguments.situation
    advice = await judged(desk, *case, arguments.corpus, caller.principal, caller.peer)
    essays = desk.shelf.corpus(arguments.corpus).essays
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
