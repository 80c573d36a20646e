"""Chat messages as HTML. Every text from a document, a question or a model is escaped; only our own tags are tags.

A message is one line of HTML: Gradio's Markdown passes such a block on untouched. Gradio drops attributes it does not
know, so what the page's scripts need of an answer stands in it as hidden text (``record``).

Text from outside as HTML: paragraphs, lists, lines. All of it is escaped; only our own tags are tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from markupsafe import Markup, escape

from assistant.answering.stages import SEARCHING
from assistant.corpus.loading import documents_noun
from assistant.errors import AssistantError
from assistant.types import Answer, CaseVerdict, Citation, Essay, RankedPassage
from assistant.web.chat.case import case_html
from assistant.web.chat.records import Essays, Exchange, changed, stands, trace_html, with_passages
from assistant.web.rendering import Cite, address_of, around, opening

_ROW = re.compile(r"\|.*\|\s*")
_RULE = re.compile(r"[|\s:-]+")
_BULLET = re.compile(r"\s*[-*•]\s+")
_CODE = re.compile(r"`([^`]+)`")


def paragraphs(html: Markup) -> Markup:
    """Escaped text as paragraphs, lists and tables.

    A blank line ends a paragraph, a leading dash makes an item, a line between bars a table's row.
    """
    made = Markup()
    for block in re.split(r"\n\s*\n", str(html)):
        for kind, run in groupby(block.strip().splitlines(), key=_kind_of):
            made += _KINDS[kind](list(run))
    return made


def _kind_of(line: str) -> str:
    return "items" if _BULLET.match(line) else "rows" if _ROW.fullmatch(line) else "lines"


def _items(lines: list[str]) -> Markup:
    items = (Markup('<li dir="auto">{}</li>').format(coded(_BULLET.sub("", line, count=1))) for line in lines)
    return Markup('<ul dir="auto">{}</ul>').format(Markup().join(items))


def _table(lines: list[str]) -> Markup:
    """Rows, the first of which is a head where a rule follows it."""
    headed = len(lines) > 1 and _RULE.fullmatch(lines[1]) is not None
    rows = Markup()
    for number, line in enumerate(line for line in lines if not _RULE.fullmatch(line)):
        cell = Markup("<th>{}</th>") if headed and number == 0 else Markup('<td dir="auto">{}</td>')
        cells = line.strip().strip("|").split("|")
        rows += Markup("<tr>{}</tr>").format(Markup().join(cell.format(coded(each.strip())) for each in cells))
    return Markup('<div class="wide"><table><tbody>{}</tbody></table></div>').format(rows)


def _lines(lines: list[str]) -> Markup:
    return Markup('<p dir="auto">{}</p>').format(coded("\n".join(lines)))


_KINDS = {"items": _items, "rows": _table, "lines": _lines}


def plain(text: str) -> Markup:
    """Text from outside as paragraphs and lists."""
    return paragraphs(escape(text)) if text.strip() else Markup()


def coded(escaped: str) -> Markup:
    """Words between backticks as code, in text that is escaped already."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escaped)))  # noqa: S704


def listed(name: str, heading: str, items: Markup) -> Markup:
    """A headed list of sources or passages."""
    return Markup('<section class="{}"><h2>{}</h2><ol>{}</ol></section>').format(name, heading, items)


def line(html: Markup) -> str:
    """One line: a blank line would end the HTML block, a line break in the text is shown as one."""
    return str(html).strip().replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>")


NEAREST = 3
CHANGED = "The documents have changed since this answer was given: its numbers lead to them as they are now."
WRITING = "Writing, each sentence checked against its source …"
STOPPED = "Stopped. Ask again for the whole answer."


def question_html(question: str) -> str:
    """What the person asked, as they wrote it."""
    return line(Markup('<div class="asked" dir="auto">{}</div>').format(question))


def stopped_html(exchange: Exchange) -> str:
    """What had been written of an answer when the person stopped it."""
    written = Markup('<div class="answer">{}</div>').format(plain(exchange.written or ""))
    return _reply(exchange, written + _notices([STOPPED]))


def partial_html(text: str) -> str:
    """An answer that is still being written."""
    told = Markup('<p class="quiet doing">{}</p>').format(WRITING)
    return line(Markup('<div class="answer writing">{}{}</div>').format(paragraphs(escape(text)), told))


MEANWHILE = "The model is still working. Meanwhile, the answer extracted without it:"


def waiting_html(told: str = SEARCHING) -> str:
    """Before the first words."""
    spoken = Markup('<span class="doing">{}</span>').format(told)
    return line(Markup('<div class="answer waiting">{}<i></i><i></i><i></i></div>').format(spoken))


def offered_html(text: str) -> str:
    """The extracted answer, while a chat model works."""
    told = Markup('<span class="doing">{}</span>').format(MEANWHILE)
    waits = Markup('<div class="answer waiting">{}<i></i><i></i><i></i></div>').format(told)
    return line(waits + Markup('<div class="answer meanwhile">{}</div>').format(plain(text)))


def error_html(error: AssistantError) -> str:
    """What went wrong, and what to do."""
    body = Markup('<p dir="auto"><strong>{}</strong></p>').format(error.message)
    remedy = Markup('<p dir="auto">{}</p>').format(coded(escape(error.remedy))) if error.remedy else Markup()
    return line(Markup('<div class="problem">{}{}</div>').format(body, remedy))


def exchange_html(exchange: Exchange, essays: Essays) -> str:
    """The reply of an exchange, made anew from its data, with the data for the page's scripts."""
    if exchange.answer is None:
        return stopped_html(exchange)
    answer = with_passages(exchange, essays).answer or exchange.answer
    said = _abstention(exchange, answer, essays) if answer.abstained else _answered(exchange, answer, essays)
    said += case_html(answer.case, (), exchange.corpus) if answer.case and not answer.case.decided else Markup()
    shown = answer.case.in_words if answer.case else ()
    notices = [notice for notice in answer.notices if notice not in shown]
    notices += [CHANGED] if changed(exchange, essays) else []
    return _reply(exchange, said + _notices(notices), _checked(answer) + trace_html(exchange, essays))


def _checked(answer: Answer) -> Markup:
    """How many sentences were found to be borne out."""
    count = sum(claim.supported and bool(claim.markers) for claim in answer.claims)
    told = f"{count} sentence{'' if count == 1 else 's'} checked"
    return Markup('<span class="checked">{}</span>').format(told) if count else Markup()


def where(source: Citation | RankedPassage, essay: Essay | None) -> str:
    """Where words stand: ``notes on “Title”, Author · section``. A citation needs no essay for that."""
    known = essay or source
    if isinstance(known, RankedPassage):
        title, label = known.source_id, f"“{known.source_id}”"
    else:
        title, label = known.title, known.label
    return label if source.section == title else f"{label} · {source.section}"


def address(exchange: Exchange, source: Citation | RankedPassage) -> str:
    """The permalink of words, with the hash of the text they were taken from; cited ones bring the other citations."""
    cited = exchange.answer.citations if exchange.answer and isinstance(source, Citation) else ()
    cites = [Cite(c.marker, c.start, c.end, exchange.texts.get(c.source_id, ""), c.source_id) for c in cited]
    sha256 = exchange.texts.get(source.source_id, "")
    return address_of(source.source_id, source.start, source.end, sha256, corpus=exchange.corpus, cites=cites)


def _reply(exchange: Exchange, said: Markup, trace: Markup = Markup()) -> str:  # noqa: B008 - it never changes
    """All in one element, in whose foot the page's scripts put their buttons."""
    kept = exchange.model_dump_json()
    whole = Markup('<div class="reply"><div class="record">{}</div>{}<div class="foot">{}</div></div>')
    return line(whole.format(kept, said, trace))


def _answered(exchange: Exchange, answer: Answer, essays: Essays) -> Markup:
    case = answer.case if answer.case and answer.case.decided else None
    words = _case(exchange, answer, case, essays) if case else None
    body = Markup('<div class="answer">{}</div>').format(words or paragraphs(_with_links(exchange, answer, essays)))
    items, before = Markup(), ""
    for cited in answer.citations:
        quote = _quoted(exchange, cited, essays)
        items += _source(str(cited.marker), exchange, cited, essays, quote, same=cited.source_id == before)
        before = cited.source_id
    return body + (listed("sources", "Sources", items) if items else Markup())


def _case(exchange: Exchange, answer: Answer, case: CaseVerdict, essays: Essays) -> Markup:
    """The card of a case, its reasons being the answer's claims."""
    cited = {citation.marker: citation for citation in answer.citations}
    reasons = []
    for claim in answer.claims:
        chips = Markup().join(_chip(exchange, cited[m], essays) for m in claim.markers if m in cited)
        sentence = escape(answer.answer[claim.start : claim.end]) + chips
        reasons.append((case.deciding in claim.markers, sentence))
    return case_html(case, reasons, exchange.corpus)


def _quoted(exchange: Exchange, cited: Citation, essays: Essays) -> Markup:
    """The cited words, between the sentences around them where the document is still the one that was cited."""
    quote = Markup('<q dir="auto">{}</q>').format(cited.quote)
    if not stands(exchange, cited.source_id, essays):
        return quote
    sides = (
        Markup('<span class="around" dir="auto">{}</span>').format(text) if text else Markup()
        for text in around(essays[cited.source_id], cited.start, cited.end)
    )
    return Markup("{} {} {}").format(next(sides), quote, next(sides))


def _with_links(exchange: Exchange, answer: Answer, essays: Essays) -> Markup:
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
            made += Markup().join(_chip(exchange, cited[m], essays) for m in claim.markers if m in cited)
    return made + escape(answer.answer[at:])


def _chip(exchange: Exchange, citation: Citation, essays: Essays) -> Markup:
    preview = f"“{citation.quote}” ({where(citation, essays.get(citation.source_id))})"
    return Markup('<a class="cite reads" href="{}" title="{}">{}</a>').format(
        address(exchange, citation), preview, citation.marker
    )


def _source(
    number: str,
    exchange: Exchange,
    source: Citation | RankedPassage,
    essays: Essays,
    words: Markup,
    *,
    same: bool = False,
) -> Markup:
    """One row of a list; of the ``same`` document as the one above it names the section alone.

    Behind words of our notes stands a link to the author's own, marked on the author's page.
    """
    label, dot, section = where(source, essays.get(source.source_id)).rpartition(" · ")
    named = Markup('<span class="title">{}{}</span>{}').format(label, dot, section)
    original = source.original if isinstance(source, Citation) else None
    own = (
        Markup('<a class="author" href="{}" target="_blank" rel="noopener">Author’s page</a>').format(original.url)
        if original is not None and original.url
        else Markup()
    )
    row = Markup(
        '<li{}><a class="source reads" href="{}"><span class="number">{}</span><span class="words">{}</span>'
        '<span class="where" dir="auto">{}</span></a>{}</li>'
    )
    return row.format(
        Markup(' class="same"') if same and label else "", address(exchange, source), number, words, named, own
    )


def _abstention(exchange: Exchange, answer: Answer, essays: Essays) -> Markup:
    items = Markup().join(
        _source("→", exchange, passage, essays, Markup('<span dir="auto">{}</span>').format(opening(passage)))
        for passage in answer.passages[:NEAREST]
    )
    near = listed("nearest", "Nearest passages", items) if items else Markup()
    return Markup('<div class="abstained"><p class="label">Not in the {}</p>{}{}</div>').format(
        documents_noun(essays), plain(answer.answer), near
    )


def _notices(notices: Iterable[str]) -> Markup:
    """What to know about the answer."""
    return Markup().join(
        Markup('<p class="quiet" dir="auto">{}</p>').format(coded(escape(notice))) for notice in notices
    )
