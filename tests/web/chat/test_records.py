"""What a browser keeps of a conversation, and what comes back of it."""

import json
from html import unescape

import pytest

from assistant import Assistant
from assistant.errors import InputError
from assistant.types import Essay, RankedPassage
from assistant.web.chat import messages
from assistant.web.chat.conversation import restored
from assistant.web.chat.records import Exchange, changed, exchange_of, read_records, with_passages

QUESTION = "When should I fine-tune instead of using RAG?"
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def answered(assistant: Assistant) -> Exchange:
    return exchange_of(assistant.ask(QUESTION), assistant.essays, None)


def kept(*exchanges: Exchange) -> str:
    return "[" + ",".join(exchange.model_dump_json() for exchange in exchanges) + "]"


def test_a_conversation_comes_back_as_it_was_shown_and_said(assistant: Assistant, answered: Exchange) -> None:
    abstained = exchange_of(assistant.ask("Which GPU did they use for GSM8K?"), assistant.essays, None)
    found = restored(read_records(kept(answered, abstained)), lambda _: assistant.essays)
    assert found.shown[1]["content"] == messages.exchange_html(answered, assistant.essays)
    assert found.shown[3]["content"].count('class="source reads"') in (1, 2, 3)
    assert [turn.content for turn in found.turns] == [
        QUESTION, answered.answer and answered.answer.answer, abstained.question, abstained.answer.answer,
    ]  # fmt: skip
    assert "options" not in found.shown[1]
    assert found.shown[3]["options"]
    assert not found.answering


def test_little_is_kept_and_the_documents_words_are_not_kept_twice(answered: Exchange) -> None:
    assert len(kept(answered)) < 8_000
    assert answered.answer is not None
    assert {passage.text for passage in answered.answer.passages} == {""}


def test_a_citation_of_a_document_without_author_and_address_comes_back(
    assistant: Assistant, answered: Exchange
) -> None:
    assert answered.answer is not None
    bare = tuple(c.model_copy(update={"author": None, "url": None}) for c in answered.answer.citations)
    exchange = answered.model_copy(update={"answer": answered.answer.model_copy(update={"citations": bare})})
    html = messages.exchange_html(exchange, assistant.essays)
    shown = unescape(html.partition('<div class="record">')[2].partition("</div>")[0])
    assert read_records(f"[{shown}]") == [exchange]


def test_a_stopped_answer_comes_back_stopped_and_nothing_leans_on_it() -> None:
    found = restored(read_records(kept(Exchange(question="Why?", written="Because"))), lambda _: {})
    assert "Because" in found.shown[1]["content"]
    assert "Stopped." in found.shown[1]["content"]
    assert found.turns == []


def test_links_of_an_answer_from_changed_documents_keep_their_hash_and_the_reader_is_told(
    assistant: Assistant, answered: Exchange
) -> None:
    assert not changed(answered, assistant.essays)
    anew = {i: Essay(**(essay.model_dump() | {"text": f"New. {essay.text}"})) for i, essay in assistant.essays.items()}
    for essays in (anew, {}):
        html = messages.exchange_html(answered, essays)
        assert changed(answered, essays)
        assert messages.CHANGED in html
        assert all(f"sha256={sha256}" in html for sha256 in {answered.texts[c.source_id] for c in cited(answered)})
        assert cited(answered)[0].quote in html


def test_a_passage_is_shown_where_its_document_still_is_what_it_was(assistant: Assistant, answered: Exchange) -> None:
    first, *others = sorted({passage.source_id for passage in passages(answered)})
    anew = Essay(**(assistant.essays[first].model_dump() | {"text": f"New. {assistant.essays[first].text}"}))
    found = passages(with_passages(answered, {**assistant.essays, first: anew}))
    assert {passage.source_id for passage in found} == set(others)
    assert all(assistant.essays[p.source_id].text[p.start : p.end] == p.text for p in found)


def passages(exchange: Exchange) -> tuple[RankedPassage, ...]:
    assert exchange.answer is not None
    return exchange.answer.passages


def cited(exchange: Exchange) -> tuple:  # type: ignore[type-arg]
    assert exchange.answer is not None
    return exchange.answer.citations


def test_what_was_tampered_with_in_the_browser_is_shown_as_text(assistant: Assistant, answered: Exchange) -> None:
    raw = json.loads(kept(answered))
    raw[0]["question"] = raw[0]["answer"]["answer"] = HOSTILE
    raw[0]["answer"]["followups"] = [HOSTILE]
    for citation in raw[0]["answer"]["citations"]:
        citation |= {"quote": HOSTILE, "title": HOSTILE, "source_id": f'x" {HOSTILE}', "section": HOSTILE}
    raw[0]["answer"]["trace"].append({"stage": HOSTILE, "ms": 1, "detail": {}})
    found = restored(read_records(json.dumps(raw)), lambda _: assistant.essays)
    assert not any("<img" in message["content"] for message in found.shown)
    assert messages.CHANGED in found.shown[1]["content"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "nonsense", '[{"question": 1}]', "[" * 5000, '{"a": NaN}'])
def test_what_cant_be_read_says_what_to_do(text: str) -> None:
    with pytest.raises(InputError, match="Begin a new chat"):
        read_records(text)


def test_an_exchange_of_another_version_is_left_out(answered: Exchange) -> None:
    raw = json.loads(kept(answered, answered))
    raw[0]["answer"]["from_the_future"] = True
    assert len(read_records(json.dumps(raw))) == 1
