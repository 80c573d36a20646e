"""How the value of a field is told."""

import pytest

from assistant.advice.conditions import Payback, facts_of, shown
from assistant.advice.deciding import answered
from assistant.advice.situation import SHARES, Situation, situation_of, told


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("pass_rate", 0.82, "82%"),
        ("target_pass_rate", 2 / 3, "66.7%"),
        ("cached_share", 1, "100%"),
        ("queries_per_month", 2_000_000.0, "2,000,000"),
        ("prompt_price", 1.5, "1.5"),
        ("has_eval", False, "no"),
        ("changes", "monthly", "monthly"),
        ("changes", None, "unknown"),
        ("fails", ["format", "style"], "format, style"),
        ("tried", (), "nothing"),
        ("owners", {"data": True, "evals": False}, "data yes, evals no"),
    ],
)
def test_a_value_is_told_as_people_write_it(name: str, value: object, said: str) -> None:
    assert told(name, value) == said


def test_a_sentence_of_a_rule_says_it_the_same_way() -> None:
    case = situation_of({"pass_rate": 0.825, "cached_share": 0.9, "owners": {"data": True}})
    said = shown(facts_of(case, Payback(sentence="")))
    assert (said["pass_rate"], said["cached_share"]) == ("82.5%", "90%")
    assert said["owners"] == "data yes, evals unknown, releases unknown"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("pass_rate", 0.666667, "66.6667%"),
        ("cached_price", 0.075, "0.075"),
        ("training_cost", 1e12, "1,000,000,000,000"),
        ("labelled_examples", 2_400, "2,400"),
    ],
)
def test_told_exactly_it_can_be_typed_back(name: str, value: float, said: str) -> None:
    assert told(name, value, exact=True) == said
    assert getattr(answered(Situation(), name, said), name) == value


def test_every_share_is_one_of_the_fields_between_nothing_and_all() -> None:
    bounded = {name for name, field in Situation.model_fields.items() if "Le(le=1)" in repr(field)}
    assert bounded == SHARES
