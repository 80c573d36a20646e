"""What a browser keeps of a conversation: its questions with their answer objects, and no HTML.

Records come back from the browser as data from outside: each is checked by its type, and rendered anew. How an answer
was made is shown out of its record: stages with their times, passages with their scores, tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from markupsafe import Markup
from pydantic import Field, TypeAdapter, ValidationError

from assistant.errors import InputError
from assistant.retrieval.conversation import STANDS_ALONE
from assistant.types import Answer, Essay, Frozen, StageTrace, Turn
from assistant.web.rendering import address_of

Essays = Mapping[str, Essay]
_RAW = TypeAdapter(list[object])
UNREADABLE = InputError(
    "The conversation kept in this browser can't be read.", "Begin a new chat; the other conversations are still there."
)


class Exchange(Frozen):
    """A question with its finished answer, or with what was ``written`` of one that was stopped.

    ``texts`` maps the id of each cited or retrieved document to the SHA-256 of the text its offsets count in.
    ``corpus`` is the one that was asked, None meaning the default. ``conversation_id`` names the conversation that
    the server keeps it in, None where it keeps none.
    """

    question: str
    corpus: str | None = None
    answer: Answer | None = None
    written: str | None = None
    conversation_id: str | None = None
    texts: dict[str, str] = Field(default_factory=dict)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What later questions lean on; nothing where the answer was stopped."""
        if self.answer is None:
            return ()
        said = Turn(role="assistant", content=self.answer.answer)
        return (Turn(role="user", content=self.question), said)


def exchange_of(answer: Answer, essays: Essays, corpus: str | None) -> Exchange:
    """A finished answer as it is kept: passages without their text, which the documents hold."""
    named = {*(c.source_id for c in answer.citations), *(p.source_id for p in answer.passages)}
    texts = {source: essays[source].sha256 for source in sorted(named) if source in essays}
    passages = tuple(passage.model_copy(update={"text": ""}) for passage in answer.passages)
    slim = answer.model_copy(update={"passages": passages})
    return Exchange(question=answer.question, corpus=corpus, answer=slim, texts=texts)


def with_passages(exchange: Exchange, essays: Essays) -> Exchange:
    """The exchange with the text of each passage that stands where it stood."""
    if exchange.answer is None:
        return exchange
    passages = tuple(
        passage.model_copy(update={"text": essays[passage.source_id].text[passage.start : passage.end]})
        for passage in exchange.answer.passages
        if passage.source_id in essays and stands(exchange, passage.source_id, essays)
    )
    return exchange.model_copy(update={"answer": exchange.answer.model_copy(update={"passages": passages})})


def stands(exchange: Exchange, source: str, essays: Essays) -> bool:
    """Whether a document is still the one the answer was made from."""
    return source in essays and essays[source].sha256 == exchange.texts.get(source)


def changed(exchange: Exchange, essays: Essays) -> bool:
    """Whether an answer cites words that no longer stand where they stood."""
    cited = exchange.answer.citations if exchange.answer else ()
    return any(
        not stands(exchange, c.source_id, essays) or essays[c.source_id].text[c.start : c.end] != c.quote for c in cited
    )


def read_records(text: str) -> list[Exchange]:
    """The exchanges a browser kept, oldest first. One of an older version is left out.

    Raises InputError where none can be read.
    """
    try:
        raw = _RAW.validate_json(text)
    except ValidationError:
        raise UNREADABLE from None
    found = [exchange for each in raw if (exchange := _read(each)) is not None]
    if not found:
        raise UNREADABLE
    return found


def _read(raw: object) -> Exchange | None:
    try:
        return Exchange.model_validate(raw)
    except ValidationError:
        return None


Detail = Mapping[str, object]
_SHORT = 12
_UNDERSTOOD: Mapping[str, str] = {
    "greeting": "a greeting",
    "thanks": "thanks",
    "farewell": "a farewell",
    "nature": "a question about the assistant",
    "abilities": "a question about the assistant",
    "essays": "a question about the documents",
    "about": "a question about one document",
    "summary": "a request for a summary",
    "situation": "a case to advise on",
}
"""Words for what the pipeline calls an intent; a plain question needs none."""


def trace_html(exchange: Exchange, essays: Essays) -> Markup:
    """A closed ``details`` element."""
    answer = exchange.answer
    if answer is None or not answer.trace:
        return Markup()
    row = Markup("<tr><th>{}</th><td>{}</td><td>{}</td></tr>")
    rows = Markup().join(row.format(each.stage.capitalize(), described(each), _time(each)) for each in answer.trace)
    stages = Markup("<table><tbody>{}</tbody></table>").format(rows)
    return Markup('<details class="trace"><summary>How this was answered</summary>{}{}{}</details>').format(
        stages, _passages(exchange, answer, essays), _facts(exchange, answer)
    )


def described(stage: StageTrace) -> str:
    """What a stage did, as a sentence; empty for a stage this page does not know."""
    describe = _SENTENCES.get(stage.stage)
    return describe(stage.detail) if describe else ""


def _condensed(detail: Detail) -> str:
    parts = _texts(detail.get("parts"))
    how = str(detail.get("how", ""))
    if understood := _UNDERSTOOD.get(str(detail.get("intent"))):
        return f"Understood as {understood}."
    if how != STANDS_ALONE:
        return f"Read with what was said before ({how}): {'; '.join(f'“{part}”' for part in parts)}"
    return f"Split into {len(parts)} questions." if len(parts) > 1 else "Taken as it stands."


def _retrieved(detail: Detail) -> str:
    if not detail.get("terms"):  # one list for each part that was searched for
        return "Nothing to search for."
    return f"{_count(len(_texts(detail.get('passages'))), 'passage')} by meaning and by words."


def _judged(detail: Detail) -> str:
    parts = detail.get("parts")
    judged = [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list | tuple) else []
    if not judged:
        return "Nothing to judge."
    reasons = [str(part["reason"]) for part in judged if part.get("reason")]
    nearness = ", ".join(f"{float(part['confidence']):.2f}" for part in judged if "confidence" in part)
    verdict = " ".join(reasons) if reasons else "The documents answer it." if detail.get("answerable") else "No answer."
    return f"{verdict} Confidence {nearness}." if nearness else verdict


def _advised(detail: Detail) -> str:
    return f"{_count(len(_texts(detail.get('rules'))), 'rule')} of the decision framework: {detail.get('headline', '')}"


def _drafted(detail: Detail) -> str:
    if "statements" in detail:
        return f"Composed of {_count(len(_texts(detail['statements'])), 'statement')} by {detail.get('by', '')}."
    sentences = _count(detail.get("sentences", 0), "sentence")
    return f"{sentences} by {detail.get('by', '')}, from {detail.get('evidence', 0)} numbered ones."


def _verified(detail: Detail) -> str:
    kept = f"{_count(detail.get('kept', 0), 'sentence')} borne out by the cited words"
    more = {"repaired": "given another citation", "dropped": "dropped", "forged_marks": "forged marks removed"}
    return ", ".join([kept, *(f"{detail[name]} {text}" for name, text in more.items() if detail.get(name))]) + "."


def _finished(_: Detail) -> str:
    return "Questions to ask next."


_SENTENCES: Mapping[str, Callable[[Detail], str]] = {
    "condense": _condensed,
    "retrieve": _retrieved,
    "judge": _judged,
    "advise": _advised,
    "draft": _drafted,
    "verify": _verified,
    "finish": _finished,
}


def _passages(exchange: Exchange, answer: Answer, essays: Essays) -> Markup:
    if not answer.passages:
        return Markup()
    items = Markup().join(
        Markup(
            '<li><a class="reads" href="{}">{}</a><span class="where" dir="auto">{}</span>'
            '<span class="score">{:.2f}</span></li>'
        ).format(
            address_of(p.source_id, p.start, p.end, exchange.texts.get(p.source_id, ""), corpus=exchange.corpus),
            p.section,
            essays[p.source_id].byline if p.source_id in essays else p.source_id,
            p.score,
        )
        for p in answer.passages
    )
    return Markup("<h3>Passages, best first</h3><ol>{}</ol>").format(items)


def _facts(exchange: Exchange, answer: Answer) -> Markup:
    used = answer.usage
    tokens = (
        f"{used.input_tokens:,} tokens read ({used.cached_input_tokens:,} from a cache), {used.output_tokens:,} written"
        if used.input_tokens or used.output_tokens
        else "no tokens of a chat model"
    )
    facts = [
        f"Answered by {answer.model}, {tokens}.",
        *([f"Corpus {exchange.corpus}."] if exchange.corpus else []),
        f"Index {answer.index_fingerprint[:_SHORT]} · prompts {answer.prompt_sha256[:_SHORT]} · answer {answer.id}",
    ]
    return Markup().join(Markup('<p class="quiet">{}</p>').format(fact) for fact in facts)


def _time(stage: StageTrace) -> str:
    return (
        f"{stage.ms / 1000:.1f} s"
        if stage.ms >= 1000
        else f"{stage.ms:.1f} ms"
        if stage.ms < 10
        else f"{stage.ms:.0f} ms"
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _count(number: object, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
