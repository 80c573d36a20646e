"""The sentences that verification is measured on, and the measure."""

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app
from assistant.errors import SuiteError
from assistant.evaluation.verification import FAITHFUL, judged, load_sentences, scored

QUOTE = "The tide turns at noon."
GOOD = {"id": "a", "half": "tune", "kind": "faithful", "source": "sea", "sentence": QUOTE, "quotes": [QUOTE]}
BAD = GOOD | {"id": "b", "kind": "negation", "sentence": "The tide never turns at noon."}


def written(folder: Path, *cases: object) -> Path:
    file = folder / "sentences.jsonl"
    file.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return file


def test_there_are_enough_sentences_of_each_kind_in_both_halves() -> None:
    every = load_sentences()
    counts = Counter((one.half, one.kind == FAITHFUL) for one in every)
    assert min(counts.values()) >= 150
    assert sum(one.kind == FAITHFUL for one in every) >= 300 <= sum(one.kind != FAITHFUL for one in every)
    assert len({one.id for one in every}) == len(every)
    assert {one.kind for one in every if one.half == "tune"} == {one.kind for one in every if one.half == "last"}


def test_the_measure_counts_kept_and_rejected(tmp_path: Path) -> None:
    missed = GOOD | {"id": "c", "sentence": "The moon is full at midnight."}
    result = scored(judged(load_sentences(written(tmp_path, GOOD, BAD, missed)), {}))
    assert (result.kept.k, result.kept.n, result.rejected.k, result.rejected.n) == (1, 2, 1, 1)
    assert [one.case.id for one in result.wrong] == ["c"]
    assert not result.good


@pytest.mark.parametrize(("half", "status"), [("tune", 0), ("last", 1)])
def test_the_command_measures_a_half(tmp_path: Path, half: str, status: int) -> None:
    said = CliRunner().invoke(app, ["eval", "verification", str(written(tmp_path, GOOD, BAD)), "--half", half])
    assert said.exit_code == status, said.output
    assert ("Faithful kept: 1 of 1. False rejected: 1 of 1." in said.stdout) == (half == "tune")


def test_a_line_that_is_no_sentence_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="line 2: is no sentence"):
        load_sentences(written(tmp_path, GOOD, {"id": "x"}))


@pytest.mark.slow
def test_the_tuned_half_is_told_apart() -> None:
    assert CliRunner().invoke(app, ["eval", "verification"]).exit_code == 0
