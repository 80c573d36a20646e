"""A candidate answers in the shadow: nobody sees it, and everything about it is compared."""

import pytest
from run_samples import RIGHT, Scripted, owl
from scored_samples import OAK, abstained, answer

from assistant.errors import ModelUnavailable, NothingMeasured
from assistant.evaluation.cases import Case
from assistant.evaluation.results import CaseResult
from assistant.evaluation.shadow import shadow
from assistant.types import Answer

CASES = [owl(i) for i in range(4)]


def named(name: str, reply=lambda _: RIGHT) -> Scripted:
    made = Scripted(reply)
    made.model = name
    return made


def test_users_see_only_the_current_answers() -> None:
    shown: list[CaseResult] = []
    current, candidate = named("now"), named("next", lambda _: answer(OAK))
    made = shadow(CASES, current, candidate, show=shown.append)
    assert sorted(result.case.id for result in shown) == [case.id for case in CASES]
    assert {result.answer for result in shown if result.answer} == {RIGHT}
    assert sorted(candidate.asked) == sorted(current.asked)
    assert [pair.differs for pair in made.pairs] == [("the candidate cites other passages",)] * 4


def test_what_differs_is_said_and_failures_stay_in() -> None:
    def reply(case: Case) -> Answer:
        if case.id == "owl-0":
            raise ModelUnavailable("The server is down.")
        return abstained() if case.id == "owl-1" else RIGHT

    made = shadow(CASES, named("now"), named("next", reply))
    assert [pair.differs for pair in made.pairs] == [("the candidate failed",), ("the candidate abstains",), (), ()]
    assert made.errors == (0, 1)
    compared = {one.name: one for one in made.differences}
    assert compared["abstained"].n == 3
    assert compared["words"].n == compared["supported"].n == 2


def test_nothing_to_compare_is_an_error() -> None:
    def down(case: Case) -> Answer:
        raise ModelUnavailable("The server is down.")

    with pytest.raises(NothingMeasured, match="no question"):
        shadow([], named("now"), named("next"))
    with pytest.raises(NothingMeasured, match="The server is down"):
        shadow(CASES, named("now", down), named("next", down))
