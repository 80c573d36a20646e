"""The questions, and answers as people type them."""

import pytest

from assistant.advice.deciding import answered, questions, telling
from assistant.advice.rules import rulebook
from assistant.advice.situation import Situation, known, situation_of
from assistant.errors import InputError


def test_every_question_is_about_a_field_and_says_why() -> None:
    fields = [question.field for question in questions()]
    assert len(set(fields)) == len(fields)
    assert set(fields) <= set(Situation.model_fields)
    assert all(question.ask.endswith("?") and question.why for question in questions())


def test_every_choice_is_an_answer_that_is_taken() -> None:
    for question in questions():
        for choice in question.choices:
            assert getattr(answered(Situation(), question.field, choice), question.field) is not None


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("labelled_examples", "2k", 2000),
        ("pass-rate", "82%", 0.82),
        ("has_eval", "no", False),
        ("fails", "format, style", ["format", "style"]),
        ("tried", "nothing", []),
        ("changes", "Monthly", "monthly"),
        ("owners", "data, releases", {"data": True, "evals": False, "releases": True}),
        ("owners", "nobody", {"data": False, "evals": False, "releases": False}),
        ("owners.data", "yes", {"data": True}),
        ("training_cost", "$30,000", 30000),
        ("labelled_examples", "1,000", 1000),
        ("queries_per_month", "2M", 2_000_000),
        ("queries_per_month", "1.125M", 1_125_000),
        ("tokens_per_query", "40k", 40_000),
        ("prompt_price", "1.125", 1.125),
        ("pass_rate", "0.825", 0.825),
        ("pass_rate", "nine in ten", 0.9),
    ],
)
def test_answers_as_typed(field: str, text: str, value: object) -> None:
    case = answered(Situation(), field, text)
    assert known(case) == {field.replace("-", "_").split(".")[0]: value}


@pytest.mark.parametrize("nothing", ["", "unknown", "?"])
def test_no_answer_is_an_answer_and_takes_back_what_was_read(nothing: str) -> None:
    assert answered(situation_of({"changes": "monthly"}), "changes", nothing) == Situation()


def test_correcting_what_was_tried_makes_the_list_whole() -> None:
    case = answered(situation_of({"tried": ["retrieval"], "tried_is_all": False}), "tried", "better-prompt")
    assert known(case) == {"tried": ["better-prompt"]}


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("weather", "wet", "no field 'weather'"),
        ("owners.cats", "yes", "no field 'owners.cats'"),
        ("pass_rate", "94", "Give a share"),
        ("labelled_examples", "lots", "Give a number"),
        ("queries_per_month", "1.000.000", "a million is 1000000"),
        ("labelled_examples", "1.000", "Give a number"),
        ("training_cost", "4.000,50", "Give a number"),
        ("labelled_examples", "200-300", "Give a number"),
        ("labelled_examples", "20 or 30", "Give a number"),
        ("pass_rate", "40% to 60%", "Give a share"),
        ("labelled_examples", "-4", "can't be used"),
        ("changes", "often", "changes can't be used"),
        ("owners", "bob", "Name data, evals, releases, or nobody"),
        ("has_eval", "perhaps", "Give yes or no"),
    ],
)
def test_a_wrong_answer_is_a_sentence(field: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        answered(Situation(), field, text)


def test_what_fails_is_asked_first_and_what_cannot_matter_never() -> None:
    rules = rulebook().rules
    assert telling(rules, Situation())[0].field == "fails"
    over_target = situation_of({"pass_rate": 0.95, "target_pass_rate": 0.9, "fails": ["style"]})
    assert [question.field for question in telling(rules, over_target)] == []


def test_an_open_list_and_a_half_known_owner_are_still_asked_about() -> None:
    case = situation_of(
        {"tried": ["examples-in-context"], "tried_is_all": False, "owners": {"data": True}, "fails": ["style"]}
    )
    assert {"tried", "owners"} <= {question.field for question in telling(rulebook().rules, case)}
