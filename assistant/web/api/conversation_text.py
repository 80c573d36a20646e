"""A kept conversation as Markdown, with its sources and permalinks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from assistant.store import Conversation, Exchange
from assistant.types import Answer, Citation, Essay
from assistant.web.ops.problems import Problem
from assistant.web.pages.links import reader_address
from assistant.web.shelf import Shelf

_MARKUP = re.compile(r"([\\`*_{}<>#|~!&]|\](?=[(\[:])|\[(?!\d+\]))")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_BULLET = re.compile(r"^(?=[-+=])", re.MULTILINE)
_NUMBER = re.compile(r"^(\d+)(?=[.)])", re.MULTILINE)
CHANGED = "the text has changed since"


def conversation_markdown(conversation: Conversation, shelf: Shelf, base: str) -> str:
    """The whole conversation. ``base`` is the server's address, with a slash at the end.

    What people, models and documents wrote is escaped: a reader's program shows it and follows none of it. A citation
    whose words no longer stand at their place says so instead of linking.
    """
    essays = _essays(conversation, shelf)
    parts = [f"# Conversation of {conversation.created_at:%Y-%m-%d}"]
    for exchange in conversation.exchanges:
        parts.extend(_exchange(exchange, essays, base, conversation.corpus))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is; the marks ``[1]`` stay bare, as no link can come of them."""
    flush = _INDENT.sub("", _MARKUP.sub(r"\\\1", text))
    return _NUMBER.sub(r"\1\\", _BULLET.sub(r"\\", flush))


def _exchange(exchange: Exchange, essays: Mapping[str, Essay], base: str, corpus: str | None) -> Iterator[str]:
    yield f"## {escaped(_line(exchange.question))}"
    yield escaped(exchange.answer.answer)
    sources = [_source(cited, essays.get(cited.source_id), base, corpus) for cited in exchange.answer.citations]
    if sources:
        yield "Sources:"
        yield "\n".join(sources)
    yield _made_by(exchange.answer)


def _source(cited: Citation, essay: Essay | None, base: str, corpus: str | None) -> str:
    label = (essay or cited).label
    link = CHANGED
    if essay is not None and essay.text[cited.start : cited.end] == cited.quote:
        link = f"<{base}{reader_address(essay, cited.start, cited.end, corpus=corpus)}>"
    return f"{cited.marker}. “{escaped(_line(cited.quote))}” ({escaped(_line(label))}; {link})"


def _made_by(answer: Answer) -> str:
    return f"Answered by {escaped(answer.model)}."


def _line(text: str) -> str:
    return " ".join(text.split())


def _essays(conversation: Conversation, shelf: Shelf) -> Mapping[str, Essay]:
    """The documents the answers came from; none where their corpus is no longer offered."""
    try:
        return shelf.corpus(conversation.corpus).essays
    except Problem:
        return {}
