"""The plain pages' templates; everything put into them is escaped.

A passage as a few words on a page: without its heading and Markdown's own characters, cut between words.

Addresses of the source reader. A citation's address survives: essay id, offsets, hash of the text they count in.

Absolute addresses of citations, for replies that are read far from this server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict
from urllib.parse import quote, urlencode, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import HTTPConnection

from assistant.corpus.splitting import split
from assistant.retrieval.lexicon import content_stems
from assistant.settings import Settings
from assistant.types import Citation, Essay, RankedPassage, Span
from assistant.web.asking import path_of

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
)
SHORT_KIND = {"notes": "Notes, in our words", "original": "Original"}
_PAGES.globals["short_kind"] = SHORT_KIND
_PAGES.globals["framed"] = False
Part = Literal["chat", "library", "themes", "advice", "api", "account", ""]


class Places(TypedDict, total=False):
    """What the header of the pages leads to on this server."""

    themes: bool
    advice: bool
    account: bool


def page(
    request: HTTPConnection,
    template: str,
    status: int = 200,
    /,
    *,
    here: Part = "",
    corpus: str | None = None,
    places: Places | None = None,
    **values: object,
) -> HTMLResponse:
    """A page under the header of all pages; ``here`` is the part of the product it belongs to.

    The application says what there is to lead to in ``app.state.places``, and ``places`` what differs for the page's
    corpus. Addresses are relative, because a proxy may
    serve this server under a prefix that it doesn't tell.
    """
    depth = path_of(request.scope).count("/") - 1
    known: Callable[[], Places] = getattr(request.app.state, "places", Places)
    top = {
        "root": "/".join([".."] * depth) or ".",
        "here": here,
        "corpus": corpus,
        **PLACES,
        **known(),
        **(places or {}),
    }
    return render(template, status, top=top, corpus=corpus, **values)


PLACES: Places = {"themes": True, "advice": False, "account": False}


def header_of_chat(places: Places) -> str:
    """The same header for the page at ``/``, which Gradio makes."""
    top = {"root": ".", "here": "chat", "corpus": None, **PLACES, **places}
    return _PAGES.get_template("top.html").render(top=top)


def render(template: str, status: int = 200, /, **values: object) -> HTMLResponse:
    """A page as the reply to a request."""
    return HTMLResponse(_PAGES.get_template(template).render(**values), status_code=status)


_WORD = re.compile(r"([^\W_]+(?:[-'’][^\W_]+)*)")
_SYNTAX = re.compile(r"[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}")


def body(passage: RankedPassage) -> str:
    """The passage's words on one line, without the heading it begins with."""
    first, _, rest = passage.text.partition("\n")
    text = rest if rest.strip() and first.strip("# ") == passage.section else passage.text
    return " ".join(line.lstrip("#-*• ") for line in text.splitlines() if line.strip())


def opening(passage: RankedPassage, limit: int = 150) -> str:
    """The first words of a passage, at most ``limit`` characters of them."""
    return _cut(body(passage), limit)


def found(passage: RankedPassage, query: str, limit: int = 300) -> Markup:
    """The part of a passage that holds most words of a query, with those words in ``b`` elements."""
    text = _SYNTAX.sub("", body(passage))
    wanted = set(content_stems(query))
    sentences = re.split(r"(?<=[.!?])\s+", text)
    hits = [len(wanted & set(content_stems(sentence))) for sentence in sentences]
    starts = list(accumulate((len(sentence) + 1 for sentence in sentences), initial=0))
    best = starts[hits.index(max(hits))] if len(text) > limit else 0
    shown = _cut(text[best:], limit)
    return escape("… " if best else "") + Markup().join(
        Markup("<b>{}</b>").format(word) if i % 2 and wanted & set(content_stems(word)) else escape(word)
        for i, word in enumerate(_WORD.split(shown))
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + "\u00a0…"


def around(essay: Essay, start: int, end: int) -> tuple[str, str]:
    """The sentences of the same section before and behind the words at ``start:end``; empty where there are none."""
    section = next((name for span, name in _sentences(essay) if span.start <= start < span.end), None)
    beside = [span for span, name in _sentences(essay) if name == section]
    before = next((span for span in reversed(beside) if span.end <= start), None)
    behind = next((span for span in beside if span.start >= end), None)
    before_text, behind_text = (
        _SYNTAX.sub("", " ".join(s.of(essay.text).split())) if s else "" for s in (before, behind)
    )
    return before_text, behind_text


@lru_cache(maxsize=64)
def _sentences(essay: Essay) -> tuple[tuple[Span, str], ...]:
    """The spans of a document's sentences, each with the heading of its section."""
    return tuple((span, passage.section) for passage in split(essay) for span in passage.sentences)


class Cite(NamedTuple):
    """A citation of an answer as an address names it: its number, and the words it stands for."""

    marker: int
    start: int
    end: int
    sha256: str
    source_id: str

    def __str__(self) -> str:
        return f"{self.marker}.{self.start}.{self.end}.{self.sha256[:12]}.{self.source_id}"

    @classmethod
    def read(cls, text: str) -> Cite | None:
        """The citation an address names; None for what is none."""
        found = _CITE.fullmatch(text)
        return cls(int(found[1]), int(found[2]), int(found[3]), found[4], found[5]) if found else None


_CITE = re.compile(r"(\d{1,3})\.(\d{1,11})\.(\d{1,11})\.([0-9a-f]{12})\.(.{1,200})", re.ASCII | re.DOTALL)


def reader_address(essay: Essay, start: int, end: int, *, corpus: str | None = None) -> str:
    """Address, relative to the chat page, of ``essay`` opened at the characters ``start`` to ``end``.

    ``corpus`` is the name of the one it belongs to, None meaning the default.
    """
    return address_of(essay.id, start, end, essay.sha256, corpus=corpus)


def address_of(
    source_id: str, start: int, end: int, sha256: str, *, corpus: str | None = None, cites: Iterable[Cite] = ()
) -> str:
    """The same for a text known by its id and its hash alone; ``cites`` are all citations of the answer it is from."""
    query: list[tuple[str, object]] = [("start", start), ("end", end), ("sha256", sha256)]
    query += [("corpus", corpus)] if corpus else []
    query += [("cite", cite) for cite in cites]
    return f"read/{quote(source_id, safe='')}?{urlencode(query)}#cited"


def safe_address(url: str | None) -> str | None:
    """``url`` where it is a web address that may become a link, else None."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None


Permalink = Callable[[Citation], str]


def base_address(settings: Settings, request: HTTPConnection) -> str:
    """Where people reach the server, with a slash at the end: as set, else as the request did."""
    return (settings.public_url or str(request.base_url)).rstrip("/") + "/"


def permalinks(base: str, essays: Mapping[str, Essay], corpus: str | None = None) -> Permalink:
    """The address of the source reader at a citation's words, under ``base``; ``corpus`` None is the default."""
    return lambda cited: base + reader_address(essays[cited.source_id], cited.start, cited.end, corpus=corpus)
