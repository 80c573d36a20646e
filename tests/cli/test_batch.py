import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_server import ModelServer

from assistant.types import Answer

ASKED = [
    {"id": "b", "question": "What is LoRA?", "tags": ["x"], "answerable": True},
    {"id": "a", "question": "hello"},
    {"question": "What is GSM8K?"},
    {"id": 7, "question": "And what does it cost?", "history": [{"role": "user", "content": "What is LoRA?"}]},
]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write(tmp_path / "questions.jsonl", *map(json.dumps, ASKED))


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_question_gets_an_answer_object_in_order_under_its_id(run, questions: Path, tmp_path: Path) -> None:
    result = run("batch", questions, "--out", tmp_path / "answers.jsonl")
    answers = read(tmp_path / "answers.jsonl")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "4 of 4 answers" in result.stderr
    assert [answer["question"] for answer in answers] == [line["question"] for line in ASKED]
    assert [answer["id"] for answer in answers if answer["id"] != answers[2]["id"]] == ["b", "a", 7]
    assert len(str(answers[2]["id"])) == 32
    assert Answer.model_validate(answers[0]).citations
    assert "LoRA" in str(answers[3]["standalone_question"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "questions.jsonl"]


def test_answers_go_to_stdout_when_asked(run, questions: Path) -> None:
    result = run("batch", "-", "--out", "-", input=questions.read_bytes())
    assert [json.loads(line)["question"] for line in result.stdout.splitlines()] == [line["question"] for line in ASKED]


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        "[1]",
        '{"id": "x"}',
        '{"question": 3}',
        '{"question": " "}',
        '{"question": "x", "id": [1]}',
        '{"question": "x", "history": "y"}',
        '{"question": "x", "history": [{"role": "system", "content": "y"}]}',
        json.dumps({"question": "x" * 4001}),
    ],
)
def test_a_bad_line_stops_everything_before_it_starts(bad: str, run, tmp_path: Path) -> None:
    source = write(tmp_path / "questions.jsonl", '{"question": "hello"}', "", bad)
    out = write(tmp_path / "answers.jsonl", "of yesterday")
    result = run("batch", source, "--out", out)
    assert result.exit_code == 2
    assert "Line 3" in result.stderr
    assert out.read_text() == "of yesterday\n"


@pytest.mark.parametrize("held", [b"", b"\n\n", b'{"question": "\xff"}'])
def test_a_file_without_usable_lines_is_bad_input(held: bytes, run, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(held)
    result = run("batch", tmp_path / "questions.jsonl", "--out", tmp_path / "answers.jsonl")
    assert result.exit_code == 2
    assert not (tmp_path / "answers.jsonl").exists()


def test_the_questions_are_not_overwritten_nor_a_folder_replaced(run, questions: Path, tmp_path: Path) -> None:
    before = questions.read_text()
    assert run("batch", questions, "--out", questions).exit_code == 2
    assert run("batch", questions, "--out", tmp_path).exit_code == 2
    assert run("batch", questions, "--out", tmp_path / "nowhere" / "answers.jsonl").exit_code == 2
    assert questions.read_text() == before


def test_a_question_that_fails_leaves_the_others_answered(run, tmp_path: Path) -> None:
    lines = (
        '{"id": "1", "question": "hello"}',
        '{"id": "2", "question": "\\u200b"}',
        '{"id": "3", "question": "thanks"}',
    )
    result = run("batch", write(tmp_path / "q.jsonl", *lines), "--out", tmp_path / "answers.jsonl")
    assert result.exit_code == 1
    assert "Line 2" in result.stderr
    assert [answer["id"] for answer in read(tmp_path / "answers.jsonl")] == ["1", "3"]


def test_a_pipe_is_written_to_and_stays_a_pipe(run, questions: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        result = run("batch", questions, "--out", tmp_path / "pipe")
        told, _ = reader.communicate()
    assert result.exit_code == 0
    assert len(told.splitlines()) == 4
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.slow
@pytest.mark.parametrize("answered", [0, 1])
def test_ctrl_c_keeps_what_is_done(answered: int, start, tmp_path: Path, model_server: ModelServer) -> None:
    reached, release, calls = threading.Event(), threading.Event(), iter(range(9))

    def stall(sentences: list[str]) -> Iterator[str]:
        if next(calls) == answered:
            reached.set()
            release.wait()
        yield f"{sentences[0].rpartition(') ')[2]} [1]"

    model_server.answer = stall
    source = write(tmp_path / "q.jsonl", *[json.dumps({"question": f"What is LoRA, take {n}?"}) for n in range(3)])
    out = write(tmp_path / "answers.jsonl", '"of yesterday"')
    process = start("batch", source, "--out", out)
    assert reached.wait(120)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    release.set()
    assert process.returncode == 130
    assert "Traceback" not in told
    kept = read(out)
    assert kept == ["of yesterday"] if answered == 0 else [a["question"] for a in kept] == ["What is LoRA, take 0?"]
    assert "Stopped." in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "q.jsonl"]
