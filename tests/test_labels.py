"""How a document is named where its words are quoted."""

import pytest

from assistant.types import Citation, Essay

NOTES = Essay(id="n", title="T", author="Ann", publisher="P", kind="notes", text="Words.")


@pytest.mark.parametrize(
    ("given", "essay", "citation"),
    [
        ({}, "notes on “T”, Ann", "notes on “T”, Ann"),
        ({"kind": "original"}, "“T”, Ann", "“T”, Ann"),
        ({"author": None}, "notes on “T”, P", "notes on “T”"),
        ({"author": None, "publisher": None, "kind": "original"}, "“T”", "“T”"),
    ],
)
def test_it_is_named_alike_by_itself_and_by_its_citations(given: dict[str, object], essay: str, citation: str) -> None:
    made = NOTES.model_copy(update=given)
    assert made.label == essay
    assert Citation.of(made, marker=1, section="S", start=0, end=5).label == citation


def test_the_label_is_no_field_of_an_answer() -> None:
    cited = Citation.of(NOTES, marker=1, section="S", start=0, end=5)
    fields = {
        "marker", "source_id", "title", "author", "url", "kind", "section", "quote", "start", "end", "status",
        "original",
    }  # fmt: skip
    assert set(cited.model_dump()) == fields
    assert set(Citation.model_json_schema(mode="serialization")["properties"]) == fields
    assert "label" not in NOTES.model_dump()
