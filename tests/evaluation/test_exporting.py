"""Failures leave as training examples a model could have been asked, and only those training could mend."""

import json

import pytest
from run_samples import owl, run_of, setup
from scored_samples import BEYOND, ESSAYS, PASSAGES, abstained, answer

from assistant.answering.prompts import REFUSAL
from assistant.errors import InputError
from assistant.evaluation.cases import Form
from assistant.evaluation.exporting import export_failures
from assistant.evaluation.results import CaseResult, Run
from assistant.evaluation.scoring import errored, score


def failed(*results: CaseResult) -> Run:
    assert not any(result.passed for result in results)
    return run_of([]).model_copy(update={"results": results})


MISSED = score(owl(1), abstained(), ESSAYS)
ANSWERED = score(BEYOND, answer(), ESSAYS)


def test_an_example_is_the_prompt_the_question_and_the_gold_with_its_mark() -> None:
    (line,) = export_failures(failed(MISSED), ESSAYS).lines
    system, user, assistant = json.loads(line)["messages"]
    assert [system["role"], user["role"], assistant["role"]] == ["system", "user", "assistant"]
    assert user["content"] == "When do owls hunt, 1?"
    text, mark = assistant["content"].rsplit(" ", 1)
    assert text == "Owls hunt at night."
    assert f"{mark} (" in system["content"]
    assert f'{mark} ("Birds", Birds) Owls hunt at night.' in system["content"]


def test_what_should_have_been_declined_is_answered_with_the_agreed_refusal() -> None:
    (line,) = export_failures(failed(ANSWERED), ESSAYS).lines
    assert json.loads(line)["messages"][-1]["content"] == REFUSAL


def test_a_verdict_that_is_wanted_stands_before_the_gold() -> None:
    asked = owl(1).model_copy(update={"verdict": "yes"})
    (line,) = export_failures(failed(score(asked, abstained(), ESSAYS)), ESSAYS).lines
    assert json.loads(line)["messages"][-1]["content"].startswith("Yes. Owls hunt at night. [")


def test_what_no_quote_has_is_left_out_and_counted() -> None:
    table = owl(2).model_copy(update={"form": Form(table=True)})
    exported = export_failures(failed(MISSED, score(table, abstained(), ESSAYS)), ESSAYS)
    assert exported.left_out == {"a form or a correction that no quote has": 1}


def test_errors_and_what_was_never_retrieved_are_left_out_and_counted() -> None:
    nowhere = score(owl(2), abstained(PASSAGES[:1]), ESSAYS)
    exported = export_failures(failed(MISSED, nowhere, errored(owl(3), "down")), ESSAYS)
    assert len(exported.lines) == 1
    assert exported.left_out == {"not retrieved": 1, "error": 1}
    assert any("1 not retrieved, 1 error" in notice for notice in exported.notices)


def test_a_case_that_failed_each_time_is_one_example() -> None:
    assert len(export_failures(failed(MISSED, MISSED.model_copy(update={"repeat": 1})), ESSAYS).lines) == 1


def test_few_examples_come_with_a_warning() -> None:
    assert any("fewer than 500" in notice for notice in export_failures(failed(MISSED), ESSAYS).notices)
    many = tuple(score(owl(i), abstained(), ESSAYS) for i in range(500))
    assert not any("fewer than" in notice for notice in export_failures(failed(*many), ESSAYS).notices)


def test_the_held_back_suite_is_never_trained_on() -> None:
    for suite in ("last-look", "reader-last-look"):
        run = failed(MISSED).model_copy(update={"setup": setup(suite=suite)})
        with pytest.raises(InputError, match=f"{suite} is held back"):
            export_failures(run, ESSAYS)
    with pytest.raises(InputError, match="no failure"):
        export_failures(run_of([True]), ESSAYS)
