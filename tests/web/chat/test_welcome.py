"""The words around the conversation, for the built-in essays and for a person's own documents."""

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.web.chat import messages, welcome
from assistant.web.chat.records import exchange_of
from assistant.web.chat.welcome import themes

GARDEN = "# Garden\n\nTomatoes need six hours of sun each day. Water them in the morning.\n"
STATEMENTS = """
statements:
  - id: sun
    original: {start: "six hours of sun"}
    ask: [How much sun do tomatoes need?]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with two documents of a person's own."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "garden.md").write_text(GARDEN)
    (folder / "kitchen.md").write_text("# Kitchen\n\nSalt the water before the pasta goes in.\n")
    return folder


def opened(folder: Path, *more: Path) -> Assistant:
    corpus = ":".join(map(str, (folder, *more)))
    return Assistant(corpus=corpus, index=folder.parent / "index")


def test_own_documents_are_not_called_these_essays(own: Path) -> None:
    with opened(own) as assistant:
        words = welcome.title(assistant) + welcome.heading_html(assistant) + welcome.engine(assistant)
        assert "your two documents" in words
        assert "Ask your documents" in words
        assert not any(word in words.lower() for word in ("essay", "fine-tun", "practitioners"))
        assert themes(assistant) == ()
        asked = assistant.ask("Which GPU did they use for GSM8K?")
        shown = messages.exchange_html(exchange_of(asked, assistant.essays, None), assistant.essays)
        assert "Not in the documents" in shown


def test_examples_for_own_documents_are_the_questions_written_for_them(own: Path) -> None:
    (own / "statements").mkdir()
    (own / "statements" / "garden.yaml").write_text(STATEMENTS)
    with opened(own) as assistant:
        (theme,) = themes(assistant)
        assert theme.title == "Garden"
        assert theme.questions == ("How much sun do tomatoes need?",)
        assert not assistant.ask(theme.questions[0]).abstained


def test_the_built_in_essays_keep_their_words(assistant: Assistant) -> None:
    assert welcome.title(assistant) == "Fine-tune, prompt, or retrieve?"
    assert "our notes on four essays" in welcome.engine(assistant)
    assert [theme.title for theme in themes(assistant)] == [
        "When to fine-tune", "Before you train", "Evals", "Cost and risk",
    ]  # fmt: skip
    questions = [question for theme in themes(assistant) for question in theme.questions]
    assert [question for question in questions if assistant.ask(question).abstained] == []
