"""What a browser keeps of a conversation: its questions with their answer objects, and no HTML.

Records come back from the browser as data from outside: each is checked by its type, and rendered anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, TypeAdapter, ValidationError

from assistant.errors import InputError
from assistant.types import Answer, Essay, Frozen, Turn

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
