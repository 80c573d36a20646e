"""What is said where no document is quoted, over a person's own documents."""

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.answering import replies
from assistant.answering.replies import Intent, IntentKind
from assistant.types import Essay

GARDEN = "# Garden\n\nTomatoes need six hours of sun each day. Water them in the morning.\n"
STATEMENTS = """
statements:
  - id: one
    original: {start: "six hours of sun"}
    ask: [How much sun do tomatoes need?, Is shade bad for them?]
"""
OURS = ("essay", "fine-tun", "customizing", "prompting", "train")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "garden.md").write_text(GARDEN)
    (documents / "kitchen.md").write_text("# Kitchen\n\nSalt the water before the pasta goes in.\n")
    return documents


def named(*titles: str) -> dict[str, Essay]:
    return {title: Essay(id=title, title=title, text=f"{title}.") for title in titles}


def said(kind: IntentKind, essays: dict[str, Essay]) -> str:
    return replies.reply(Intent(kind=kind), essays)


@pytest.mark.parametrize("message", ["hello", "what can you do?", "are you a robot?", "which essays do you know?"])
def test_small_talk_speaks_of_these_documents(folder: Path, message: str) -> None:
    with Assistant(corpus=str(folder), index=folder.parent / "index") as assistant:
        answer = assistant.ask(message)
        assert not answer.abstained
        assert not [word for word in OURS if word in answer.answer.lower()]
        assert answer.followups == ()


def test_a_greeting_names_the_documents(folder: Path) -> None:
    with Assistant(corpus=str(folder), index=folder.parent / "index") as assistant:
        assert 'these documents, with citations you can check: "Garden" and "Kitchen".' in assistant.ask("hello").answer


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        (("A",), 'from this document, with citations you can check: "A".'),
        (("A", "B", "C"), 'check: "A", "B" and "C".'),
        (("A", "B", "C", "D", "E"), 'check: "A", "B", "C" and 2 more.'),
    ],
)
def test_a_greeting_names_three_at_most(titles: tuple[str, ...], told: str) -> None:
    assert said("greeting", named(*titles)).endswith(told)


def test_one_document_is_one() -> None:
    assert "from one document:" in said("nature", named("A"))
    assert "from two documents:" in said("nature", named("A", "B"))


def test_where_nothing_is_near_the_questions_written_for_the_documents_are_suggested(folder: Path) -> None:
    (folder / "statements").mkdir()
    (folder / "statements" / "garden.yaml").write_text(STATEMENTS)
    salted = STATEMENTS.replace("six hours of sun", "Salt the water").replace(
        "Is shade bad for them", "When is it salted"
    )
    kitchen = salted.replace("How much sun do tomatoes", "What does pasta")
    (folder / "statements" / "kitchen.yaml").write_text(kitchen)
    with Assistant(corpus=str(folder), index=folder.parent / "index") as assistant:
        suggested = assistant.ask("hello").followups
        assert suggested == ("How much sun do tomatoes need?", "What does pasta need?", "Is shade bad for them?")
