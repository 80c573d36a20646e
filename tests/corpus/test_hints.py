"""Questions tied to sentences: each leads to one sentence of the notes, and of the original where one is there."""

import json
from pathlib import Path

import originals
import pytest
import yaml

from assistant.corpus.hints import load_hints
from assistant.corpus.loading import load_corpus
from assistant.errors import CorpusError
from assistant.settings import bundled_corpus, load_settings
from assistant.types import Essay

RECORDS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    for path in sorted((bundled_corpus() / "questions").glob("*.yaml"))
}
TEXT = "# Bees\n\nA hive wants sun. Smoke calms the bees.\n\n- Mice stay out.\n"


def essay(text: str = TEXT, **more: object) -> Essay:
    return Essay(id="bees", title="Bees", text=text, **more)  # type: ignore[arg-type]


def record(anchor: str, *asks: str, **more: str) -> str:
    return json.dumps([{"original": yaml.safe_load(anchor), "ask": asks, **more}])[1:-1]


def hints_of(folder: Path, content: str, one: Essay | None = None) -> list[tuple[str, str]]:
    (folder / "questions").mkdir()
    (folder / "questions" / "bees.yaml").write_text(content, encoding="utf-8")
    one = one or essay()
    return [(hint.ask, one.text[hint.start : hint.end]) for hint in load_hints(one, (folder,))]


@pytest.mark.parametrize("source_id", RECORDS)
def test_every_answer_stands_once_in_the_notes(source_id: str) -> None:
    text = load_corpus(load_settings()).essay(source_id).text
    astray = [record["answer"] for record in RECORDS[source_id] if text.count(record["answer"]) != 1]
    assert RECORDS[source_id]
    assert astray == []


@pytest.mark.parametrize("source_id", RECORDS)
def test_every_question_leads_to_a_sentence_of_the_notes(source_id: str) -> None:
    corpus = load_corpus(load_settings())
    asked = [ask for record in RECORDS[source_id] for ask in record["ask"]]
    assert [hint.ask for hint in corpus.hints if hint.source_id == source_id] == asked


@originals.needed
@pytest.mark.parametrize("source_id", RECORDS)
def test_every_original_anchor_stands_in_the_original(source_id: str) -> None:
    text = load_corpus(load_settings(corpus=str(originals.ESSAYS))).essay(source_id).text
    anchors = [record["original"] for record in RECORDS[source_id] if record.get("original")]
    assert anchors
    assert [anchor for anchor in anchors if text.count(anchor) != 1] == []


def test_a_question_leads_to_the_whole_sentence(tmp_path: Path) -> None:
    found = hints_of(tmp_path, f"[{record('calms the', 'What calms bees?', 'Why smoke?')}, {record('Mice', 'Pests?')}]")
    assert found == [
        ("What calms bees?", "Smoke calms the bees."),
        ("Why smoke?", "Smoke calms the bees."),
        ("Pests?", "Mice stay out."),
    ]


def test_notes_and_originals_have_anchors_of_their_own(tmp_path: Path) -> None:
    content = record("Smoke", "What?", answer="A hive")
    assert hints_of(tmp_path, f"[{content}]", essay(kind="notes")) == [("What?", "A hive wants sun.")]


@pytest.mark.parametrize("anchor", ["wasps", "e", "null", "Bees", "[a, list]"])
def test_an_anchor_that_is_astray_is_passed_over(tmp_path: Path, anchor: str) -> None:
    assert hints_of(tmp_path, f"[{record(anchor, 'What?')}, {record('Mice', 'Pests?')}]") == [
        ("Pests?", "Mice stay out.")
    ]


def test_the_first_folder_that_has_questions_gives_them(tmp_path: Path) -> None:
    for name in ("own", "other"):
        (tmp_path / name / "questions").mkdir(parents=True)
        (tmp_path / name / "questions" / "bees.yaml").write_text(f"- {{original: Smoke, ask: [of {name}]}}")
    folders = (tmp_path / "missing", tmp_path / "own", tmp_path / "other")
    assert [hint.ask for hint in load_hints(essay(), folders)] == ["of own"]


def test_a_document_without_questions_is_fine(tmp_path: Path) -> None:
    assert load_hints(essay(), (tmp_path,)) == ()


@pytest.mark.parametrize(
    "content",
    [
        "- [unclosed",
        "just text",
        "- text",
        "- {answer: x}",
        "- {ask: one}",
        "ask: [a]",
        "questions: a",
        "- {ask: [a], on: 2024-13-45}",
    ],
)
def test_a_file_that_is_no_list_of_records_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(CorpusError, match=r"bees\.yaml: .*Correct it or remove it\."):
        hints_of(tmp_path, content)
