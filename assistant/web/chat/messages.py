"""Chat messages as HTML. Every text from a document, a question or a model is escaped; only our own tags are tags.

A message is one line of HTML: Gradio's Markdown passes such a block on untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from markupsafe import Markup, escape

from assistant.errors import AssistantError
from assistant.types import Answer, Citation, Essay, RankedPassage
from assistant.web.chat.welcome import documents_noun
from assistant.web.pages.links import reader_address

Essays = Mapping[str, Essay]
NEAREST = 3
_BULLET = re.compile(r"\s*[-*•]\s+")
_CODE = re.compile(r"`([^`]+)`")


def question_html(question: str) -> str:
    """What the person asked, as they wrote it."""
    return _line(Markup('<div class="asked" dir="auto">{}</div>').format(question))


def stopped_html(text: str) -> str:
    """What had been written of an answer when the person stopped it."""
    written = _paragraphs(escape(text)) if text.strip() else Markup()
    return _line(Markup('<div class="answer">{}</div><p class="quiet">Stopped.</p>').format(written))


def partial_html(text: str) -> str:
    """An answer that is still being written."""
    return _line(Markup('<div class="answer writing">{}</div>').format(_paragraphs(escape(text))))


def waiting_html() -> str:
    """Before the first words."""
    spoken = Markup('<span class="sr-only">Looking for an answer</span>')
    return _line(Markup('<div class="answer waiting">{}<i></i><i></i><i></i></div>').format(spoken))


def error_html(error: AssistantError) -> str:
    """What went wrong, and what to do."""
    body = Markup('<p dir="auto"><strong>{}</strong></p><p dir="auto">{}</p>').format(error.message, error.remedy)
    return _line(Markup('<div class="problem" role="alert">{}</div>').format(body))


def answer_html(answer: Answer, essays: Essays) -> str:
    """The finished answer: its text with numbered links, its sources with their quotes, its notices."""
    if answer.abstained:
        return _line(_abstention(answer, essays))
    body = Markup('<div class="answer">{}</div>').format(_paragraphs(_with_links(answer, essays)))
    return _line(body + _sources(answer.citations, essays) + _notices(answer.notices))


def where(source: Citation | RankedPassage, essay: Essay) -> str:
    """Where words stand: ``notes on “Title”, Author · section``."""
    prefix = "notes on " if essay.kind == "notes" else ""
    by = f", {essay.author or essay.publisher}" if essay.author or essay.publisher else ""
    section = f" · {source.section}" if source.section != essay.title else ""
    return f"{prefix}“{essay.title}”{by}{section}"


def _with_links(answer: Answer, essays: Essays) -> Markup:
    """The answer's text with the marks behind each claim turned into links to the words they stand for."""
    cited = {citation.marker: citation for citation in answer.citations}
    made, at = Markup(), 0
    for claim in sorted(answer.claims, key=lambda c: c.start):
        marks = "".join(f"[{marker}]" for marker in claim.markers)
        made += escape(answer.answer[at : claim.end])
        at = claim.end
        behind = answer.answer[at : at + len(marks) + 1]
        if marks and behind.strip() == marks:
            at += len(marks) + 1
            made += Markup().join(_chip(cited[m], essays[cited[m].source_id]) for m in claim.markers if m in cited)
    return made + escape(answer.answer[at:])


def _chip(citation: Citation, essay: Essay) -> Markup:
    address = reader_address(essay, citation.start, citation.end)
    preview = f"“{citation.quote}” ({where(citation, essay)})"
    return Markup('<a class="cite reads" role="doc-noteref" href="{}" title="{}">{}</a>').format(
        address, preview, citation.marker
    )


def _sources(citations: Iterable[Citation], essays: Essays) -> Markup:
    items = Markup().join(
        _source(str(cited.marker), cited, essays[cited.source_id], Markup('<q dir="auto">{}</q>').format(cited.quote))
        for cited in citations
    )
    return _list("sources", "Sources", items) if items else Markup()


def _source(number: str, source: Citation | RankedPassage, essay: Essay, words: Markup) -> Markup:
    address = reader_address(essay, source.start, source.end)
    return Markup(
        '<li><a class="source reads" href="{}"><span class="number">{}</span><span class="words">{}</span>'
        '<span class="where" dir="auto">{}</span></a></li>'
    ).format(address, number, words, where(source, essay))


def _abstention(answer: Answer, essays: Essays) -> Markup:
    passages = Markup().join(
        _source("→", passage, essays[passage.source_id], Markup('<span dir="auto">{}</span>').format(_opening(passage)))
        for passage in answer.passages[:NEAREST]
        if passage.source_id in essays
    )
    near = _list("nearest", "Nearest passages", passages) if passages else Markup()
    note = Markup('<div class="abstained"><p class="label">Not in the {}</p>{}{}</div>').format(
        documents_noun(essays), _paragraphs(escape(answer.answer)), near
    )
    return note + _notices(answer.notices)


def _opening(passage: RankedPassage, limit: int = 150) -> str:
    """The first words of a passage without its heading, cut between words."""
    first, _, rest = passage.text.partition("\n")
    body = rest if rest.strip() and first.strip("# ") == passage.section else passage.text
    text = " ".join(body.split()).lstrip("#-*• ")
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + "\u00a0…"


def _list(name: str, heading: str, items: Markup) -> Markup:
    return Markup('<section class="{}"><h3>{}</h3><ol>{}</ol></section>').format(name, heading, items)


def _notices(notices: Iterable[str]) -> Markup:
    return Markup().join(
        Markup('<p class="quiet" dir="auto">{}</p>').format(_coded(escape(notice))) for notice in notices
    )


def _coded(escaped: str) -> Markup:
    """Words between backticks as code, in text that is escaped already."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escaped)))  # noqa: S704


def _paragraphs(html: Markup) -> Markup:
    """Escaped text as paragraphs and lists: a blank line ends a paragraph, a leading dash makes an item."""
    made = Markup()
    for block in re.split(r"\n\s*\n", str(html)):
        lines = block.strip().splitlines()
        for listed, run in groupby(lines, key=lambda line: _BULLET.match(line) is not None):
            if listed:
                items = (
                    Markup('<li dir="auto">{}</li>').format(_coded(_BULLET.sub("", line, count=1))) for line in run
                )
                made += Markup('<ul dir="auto">{}</ul>').format(Markup().join(items))
            else:
                made += Markup('<p dir="auto">{}</p>').format(_coded("\n".join(run)))
    return made


def _line(html: Markup) -> str:
    """One line: a blank line would end the HTML block, a line break in the text is shown as one."""
    return str(html).strip().replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>")
