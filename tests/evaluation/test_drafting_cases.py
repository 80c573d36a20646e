"""Real conversations become drafts: the questions as people asked them, never marked as checked."""

import json
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.evaluation import load_suite
from assistant.evaluation.exporting import draft_cases


def log(folder: Path, *lines: object) -> Path:
    file = folder / "log.jsonl"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return file


CITED = {"question": "What is LoRA?", "citations": [{"source_id": "trees", "quote": "Oaks grow slowly."}]}
CHAT = {
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "What is LoRA?"},
        {"role": "assistant", "content": "A method."},
        {"role": "user", "content": [{"type": "text", "text": "And what does it cost?"}]},
    ]
}


def test_an_answer_object_proposes_what_it_cited(tmp_path: Path) -> None:
    (draft,) = draft_cases(log(tmp_path, CITED))
    assert draft["id"] == "log-001"
    assert (draft["sources"], draft["evidence"], draft["tags"]) == (["trees"], ["Oaks grow slowly."], ["draft"])
    (declined,) = draft_cases(log(tmp_path, CITED | {"abstained": True}))
    assert (declined["answerable"], declined["evidence"]) == (False, [])


def test_each_turn_of_a_conversation_is_a_question_with_what_came_before(tmp_path: Path) -> None:
    first, second = draft_cases(log(tmp_path, CHAT))
    assert (first["question"], first["history"], first["kind"]) == ("What is LoRA?", [], "fact")
    assert (second["question"], second["kind"]) == ("And what does it cost?", "followup")
    assert [turn["role"] for turn in second["history"]] == ["user", "assistant"]


def test_a_question_comes_once_and_the_unhappy_ones_come_first(tmp_path: Path) -> None:
    again = {"question": "what is  lora?", "rating": "up"}
    drafts = draft_cases(log(tmp_path, CITED, again, {"question": "Who pays?", "rating": "down"}))
    assert [draft["question"] for draft in drafts] == ["Who pays?", "What is LoRA?"]
    assert drafts[0]["tags"] == ["draft", "unhappy"]


def test_drafts_with_evidence_load_as_a_suite(tmp_path: Path) -> None:
    file = tmp_path / "drafts.jsonl"
    file.write_text(json.dumps(draft_cases(log(tmp_path, CITED))[0]))
    assert load_suite(file).cases[0].evidence[0].quote == "Oaks grow slowly."


def test_a_readers_comment_is_proposed_as_what_is_expected(tmp_path: Path) -> None:
    rated = {"question": "Who pays?", "rating": "down", "comment": "Names the vendor, not us."}
    wishes = {"expect": "Names the vendor, not us.", "lead": None, "verdict": None, "must_not": []}
    first, second = draft_cases(log(tmp_path, CITED, rated))
    assert {name: first[name] for name in wishes} == wishes
    assert second["expect"] == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x", "line 1: is no JSON object"),
        ("[1]", "line 1"),
        ({"text": "x"}, "neither"),
        ({"question": "x", "history": ["y"]}, "role and content"),
        ("", "holds no question"),
    ],
)
def test_a_log_that_can_not_be_read_is_refused(line: object, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=reason):
        draft_cases(log(tmp_path, line))
    with pytest.raises(InputError, match="can't be read"):
        draft_cases(tmp_path / "none.jsonl")
