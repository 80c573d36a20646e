import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import CutOff
from model_server import ModelServer

from assistant.types import Answer

QUESTION = "When is fine-tuning worth it?"


def test_the_answer_comes_with_numbered_sources_quoted_whole(run) -> None:
    shown = run("ask", QUESTION)
    answer = Answer.model_validate_json(run("ask", QUESTION, "--json").stdout)
    assert shown.exit_code == 0
    assert shown.stdout.startswith(answer.answer)
    for citation in answer.citations:
        source = next(line for line in shown.stdout.splitlines() if line.startswith(f"[{citation.marker}] "))
        assert source.startswith(f"[{citation.marker}] notes on “{citation.title}”")
        assert source.endswith(f"{citation.section}: “{' '.join(citation.quote.split())}”")
    assert "notes on the essays" in shown.stderr


def test_every_quote_stands_in_the_text_that_corpus_show_prints(run) -> None:
    answer = json.loads(run("ask", "How much does a QLoRA run cost?", "--json").stdout)
    assert answer["citations"]
    for citation in answer["citations"]:
        text = run("corpus", "show", citation["source_id"]).stdout
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_question_the_essays_do_not_answer_gets_the_nearest_passages(run) -> None:
    shown = run("ask", "Which learning rate should we fine-tune with?")
    assert shown.exit_code == 0
    assert "do not mention learning rate" in shown.stdout
    assert shown.stdout.partition("Nearest passages:")[2].count("\n- ") == 3
    assert "earest passages" not in run("ask", "What is GSM8K?").stdout
    assert "near to this" in run("search", "zebra quantum").stdout


def test_everything_keeps_to_the_columns_there_are(run) -> None:
    for columns in (60, 200):
        lines = run("ask", QUESTION, env={"COLUMNS": str(columns)}).stdout.splitlines()
        assert columns - 40 < max(map(len, lines)) <= columns


def test_a_dash_reads_the_question_from_stdin(run) -> None:
    assert json.loads(run("ask", "-", "--json", input=f"{QUESTION}\n").stdout)["question"] == QUESTION


def test_a_history_file_makes_a_follow_up_understood(run, tmp_path: Path) -> None:
    told = [
        {"role": "user", "content": "What does Tian Pan say about LoRA?"},
        {"role": "assistant", "content": "Cheap."},
    ]
    (tmp_path / "turns.json").write_text(json.dumps(told))
    answer = json.loads(run("ask", "And what does it cost?", "--json", "--history", tmp_path / "turns.json").stdout)
    assert "LoRA" in answer["standalone_question"]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("no json", "is not JSON"),
        ('{"role": "user"}', "is no list"),
        ('[{"role": "system", "content": "x"}]', "Message 1"),
        ('[{"role": "user"}]', "Message 1"),
        (None, "can't be read"),
    ],
)
def test_a_history_that_can_not_be_used_is_named(held: str | None, said: str, run, tmp_path: Path) -> None:
    path = tmp_path / "turns.json"
    if held is not None:
        path.write_text(held)
    result = run("ask", QUESTION, "--history", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(path) in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize("question", ["", "  \n", "\u200b", "x" * 5000])
def test_an_unusable_question_is_bad_input(question: str, run) -> None:
    result = run("ask", question)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "The question is" in result.stderr


def test_a_question_in_another_encoding_is_bad_input(run) -> None:
    result = run("ask", "-", input="Was heißt das?".encode("latin-1"))
    assert result.exit_code == 2
    assert "UTF-8" in result.stderr


def test_model_overrides_the_setting(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL", "nonsense")
    assert "provider:model" in run("ask", QUESTION).stderr
    assert json.loads(run("ask", QUESTION, "--json", "--model", "extractive").stdout)["model"] == "extractive"


def test_an_answer_a_model_breaks_off_is_replaced_in_plain_sight(run, model_server: ModelServer) -> None:
    def broken(sentences: list[str]) -> Iterator[str]:
        number, text = sentences[2].split(" ", 1)  # not the one that the extracted answer begins with
        yield f"{text} {number} "
        yield "And then there is "
        raise CutOff

    model_server.answer = broken
    result = run("ask", QUESTION)
    withdrawn, _, final = result.stdout.partition("The text above was withdrawn. The answer is:")
    assert result.exit_code == 0
    assert withdrawn
    assert final.strip().startswith("When prompting and retrieval fall short")
    assert "extracted without it" in result.stderr


def test_text_in_a_document_can_not_steer_the_terminal(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zebras.md").write_text("# Zebras\n\nA zebra's stripes \x1b[2J\x1b[31mconfuse the biting horseflies.\n")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_INDEX", str(tmp_path / "index"))
    shown = run("ask", "What do a zebra's stripes do?")
    assert "horseflies" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "Building the index." in shown.stderr


@pytest.mark.parametrize(("wanted", "shown"), [("0", 0), ("3", 3), ("all", 8)])
def test_examples_are_shown_as_many_as_wanted(
    wanted: str, shown: int, run, model_server: ModelServer, tmp_path: Path
) -> None:
    prompts: list[str] = []
    model_server.heard = prompts.append
    (tmp_path / "questions.jsonl").write_text('{"question": "What is LoRA?"}\n')
    assert run("ask", "What is LoRA?", "--examples", wanted).exit_code == 0
    batch = ("batch", tmp_path / "questions.jsonl", "--out", tmp_path / "answers.jsonl", "--examples", wanted)
    assert run(*batch).exit_code == 0
    assert {prompt.count("Example question:") for prompt in prompts} == {shown}


def test_what_is_no_number_of_examples_is_bad_input(run) -> None:
    assert run("ask", "What is LoRA?", "--examples", "many").exit_code == 2
