"""What a kept conversation looks like as Markdown when people, models or documents wrote markup."""

from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from assistant import Assistant
from assistant.store import Conversation, Exchange
from assistant.types import Answer, Citation
from assistant.web.api.conversations import CHANGED, conversation_markdown, escaped
from assistant.web.catalog import DEFAULT, Shelf

MARKUP = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](http://evil.example/p.png)",
    "[click](javascript:alert(1))", "[a][b]\n\n[b]: http://evil.example", "<http://evil.example>", "# Title",
    "- item", "1. first", "    code", "`code`", "```\nblock\n```", "**bold** _it_", "> quote", "a | b\n--|--\n1 | 2",
    "&lt;b&gt;", "Title\n=====", "text\n---", "\\<b>",
]  # fmt: skip


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_and_not_followed(text: str) -> None:
    allowed = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "text_special"}
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(escaped(text))
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert {token.type for token in flat} <= allowed
    shown = "".join(token.content for token in flat if token.type != "inline")
    assert shown.split() == text.split() or shown == "".join(text.split("\n"))


def test_marks_stay_as_they_are() -> None:
    assert escaped("Costs little. [1] Very little. [2]") == "Costs little. [1] Very little. [2]"


@pytest.fixture
def shelf(assistant: Assistant) -> Shelf:
    return Shelf({DEFAULT: assistant})


def talk(citation: Citation, corpus: str | None = None) -> Conversation:
    answer = Answer(
        id="a1", question="Why?", standalone_question="Why?", answer="So. [1]", citations=(citation,),
        model="extractive", prompt_sha256="", index_fingerprint="",
    )  # fmt: skip
    now = datetime(2026, 2, 3, tzinfo=UTC)
    exchange = Exchange(question="Why?", answer=answer, created_at=now)
    return Conversation(id="c", owner="ann", corpus=corpus, created_at=now, updated_at=now, exchanges=(exchange,))


def test_a_citation_links_to_its_words(shelf: Shelf) -> None:
    essay = shelf.default.essays["pan-framework"]
    cited = Citation.of(essay, marker=1, section="x", start=10, end=40)
    written = conversation_markdown(talk(cited), shelf, "http://here/")
    assert f"<http://here/read/pan-framework?start=10&end=40&sha256={essay.sha256}#cited>" in written
    assert written.startswith("# Conversation of 2026-02-03\n\n## Why?\n\nSo. [1]\n")


def test_a_citation_whose_text_has_changed_or_gone_says_so(shelf: Shelf) -> None:
    essay = shelf.default.essays["pan-framework"]
    old = Citation.of(essay.model_copy(update={"text": "x" * 100}), marker=1, section="x", start=10, end=40)
    gone = Citation.of(essay.model_copy(update={"id": "gone"}), marker=1, section="x", start=10, end=40)
    kept = Citation.of(essay, marker=1, section="x", start=10, end=40)
    for conversation in (talk(old), talk(gone), talk(kept, corpus="no longer offered")):
        written = conversation_markdown(conversation, shelf, "http://here/")
        assert CHANGED in written
        assert "http://here/" not in written
