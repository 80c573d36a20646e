"""Conditions know what they don't know."""

import pytest
from pydantic import ValidationError

from assistant.advice.conditions import Condition

FACTS = {
    "rate": 0.9,
    "fails": ("format",),
    "eval": None,
    "tried": {"retrieval": True, "orchestration": None},
    "kind": "a",
}
TRUE, FALSE, UNKNOWN = {"field": "rate", "above": 0.5}, {"field": "rate", "above": 0.9}, {"field": "eval", "is": True}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (TRUE, True),
        (FALSE, False),
        (UNKNOWN, None),
        ({"field": "rate", "at_least": 0.9}, True),
        ({"field": "rate", "below": 0.9}, False),
        ({"field": "fails", "has": "format"}, True),
        ({"field": "fails", "has": "rules"}, False),
        ({"field": "tried", "has": "retrieval"}, True),
        ({"field": "tried", "has": "orchestration"}, None),
        ({"field": "kind", "one_of": ["a", "b"]}, True),
        ({"field": "kind", "one_of": ["b"]}, False),
        ({"field": "eval", "known": False}, True),
        ({"field": "rate", "known": False}, False),
        ({"all": [TRUE, UNKNOWN]}, None),
        ({"all": [FALSE, UNKNOWN]}, False),
        ({"any": [TRUE, UNKNOWN]}, True),
        ({"any": [FALSE, UNKNOWN]}, None),
        ({"any": [FALSE, FALSE]}, False),
        ({"not": UNKNOWN}, None),
        ({"not": FALSE}, True),
        ({"unless": UNKNOWN}, True),
        ({"unless": TRUE}, False),
    ],
)
def test_three_values(condition: dict[str, object], holds: bool | None) -> None:
    assert Condition.model_validate(condition).holds(FACTS) is holds


@pytest.mark.parametrize(
    "wrong", [{}, {"field": "rate"}, {"above": 1}, {"all": []}, TRUE | {"below": 1}, TRUE | {"not": TRUE}]
)
def test_half_a_condition_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Condition.model_validate(wrong)


def test_it_names_every_field_it_asks_about() -> None:
    condition = Condition.model_validate(
        {"all": [TRUE, {"any": [{"not": UNKNOWN}, {"unless": {"field": "kind", "is": "a"}}]}]}
    )
    assert condition.fields() == {"rate", "eval", "kind"}
