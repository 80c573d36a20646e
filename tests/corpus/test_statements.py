"""Statements: each stands in the notes, at its author's words where the original is there, and knows its questions."""

from pathlib import Path
from shutil import copyfile

import pytest

from assistant.corpus.loading import Corpus, load_corpus
from assistant.corpus.statements import Statement
from assistant.errors import CorpusError
from assistant.settings import load_settings

ESSAYS = Path(__file__).resolve().parents[3] / "shared" / "essays"
here = pytest.mark.skipif(not ESSAYS.is_dir(), reason="the originals are not beside the checkout")
TEXT = "# Bees\n\nA hive wants sun. Smoke calms the bees.\n"
STATEMENT = """
owner: us
version: 1
statements:
  - {id: smoke, original: {start: calms the}, ask: [Why smoke?], "no": [Does smoke anger them?]}
"""


@pytest.fixture(scope="module")
def notes() -> Corpus:
    return load_corpus(load_settings())


def own(folder: Path, statements: str) -> tuple[Statement, ...]:
    (folder / "statements").mkdir()
    (folder / "bees.md").write_text(TEXT)
    (folder / "statements" / "bees.yaml").write_text(statements)
    return load_corpus(load_settings(corpus=str(folder))).statements


def test_every_sentence_of_the_notes_is_a_statement(notes: Corpus) -> None:
    for essay in notes.essays:
        stated = {one.text for one in notes.statements if one.source_id == essay.id}
        body = [line for line in essay.text.splitlines() if line and not line.startswith("#")]
        assert stated
        assert [text for text in stated if text not in essay.text] == []
        assert sum(map(len, stated)) > 0.95 * len(" ".join(body)) - 3 * len(body)


def test_a_statement_without_notes_points_at_the_authors_page(notes: Corpus) -> None:
    pointed = [one.original for one in notes.statements if one.original is not None]
    assert len(pointed) > 250
    assert {words.quote for words in pointed} == {None}
    assert all(words.url and "#:~:text=" in words.url for words in pointed)
    assert max(len(f"{words.start} {words.end}".split()) for words in pointed) <= 14


@here
def test_an_original_is_known_by_its_words_whatever_the_file_is_called(tmp_path: Path) -> None:
    for number, path in enumerate(sorted(ESSAYS.glob("*.txt"))):
        copyfile(path, tmp_path / f"scan-{number}.txt")
    corpus = load_corpus(load_settings(corpus=str(tmp_path)))
    texts = {essay.id: essay.text for essay in corpus.essays}
    assert len(corpus.statements) > 245
    for one in corpus.statements:
        assert one.original is not None
        assert texts[one.source_id][one.start : one.end] == one.original.quote
        assert one.text not in texts[one.source_id] or one.text == one.original.quote


def test_a_document_of_ones_own_may_bring_statements(tmp_path: Path) -> None:
    (smoke,) = own(tmp_path, STATEMENT)
    assert (smoke.ref, smoke.text) == ("bees:smoke", "Smoke calms the bees.")
    assert list(smoke.asks.every()) == [("Why smoke?", None), ("Does smoke anger them?", "no")]


def test_an_anchor_that_is_astray_is_passed_over(tmp_path: Path) -> None:
    assert own(tmp_path, STATEMENT.replace("calms the", "angers the")) == ()


@pytest.mark.parametrize(
    "content", ["[unclosed", "statements: a", "statements: [{ask: [a]}]", "statements: [{id: a, aks: []}]"]
)
def test_a_file_that_holds_no_statements_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(CorpusError, match=r"bees\.yaml: "):
        own(tmp_path, content)
