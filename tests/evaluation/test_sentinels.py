"""Answerers that deserve no pass get none from a good suite, and a bad suite is told that it lets one through."""

import pytest
from scored_samples import BEYOND, CASE, ESSAYS, OAK, PASSAGES, abstained, answer, case

from assistant import Assistant
from assistant.errors import NothingMeasured
from assistant.evaluation.cases import load_suite
from assistant.evaluation.citing import exactness
from assistant.evaluation.grading import SENTINELS, run_sentinels
from assistant.evaluation.results import Sentinel
from assistant.evaluation.scoring import errored, score

NAMES = ["copy top passage", "always abstain", "cite everything", "cite at random"]


def by_name(found: tuple[Sentinel, ...]) -> dict[str, Sentinel]:
    return {sentinel.name: sentinel for sentinel in found}


def test_the_smoke_suite_stops_every_sentinel(assistant: Assistant) -> None:
    asked = [(case, assistant.ask(case.question, case.history)) for case in load_suite("smoke").cases]
    found = run_sentinels([score(case, real, assistant.essays) for case, real in asked], assistant.essays)
    assert [sentinel.name for sentinel in found] == NAMES
    assert [sentinel.name for sentinel in found if sentinel.lets_through] == []
    assert all(sentinel.passed.n == 12 for sentinel in found)
    shares = {name: sentinel.passed.k for name, sentinel in by_name(found).items()}
    assert shares["always abstain"] == 4
    assert shares["cite everything"] == 0


def test_a_suite_without_answerable_questions_lets_silence_through() -> None:
    silence = by_name(run_sentinels([score(BEYOND, abstained(), ESSAYS)], ESSAYS))["always abstain"]
    assert silence.lets_through
    assert silence.reason == "passes 1 of 1 cases"


def test_a_suite_of_gold_as_wide_as_passages_lets_copying_through() -> None:
    wide = case(evidence=[PASSAGES[0].text])
    results = [score(wide, answer(), ESSAYS), score(BEYOND, abstained(), ESSAYS)]
    copying = by_name(run_sentinels(results, ESSAYS))["copy top passage"]
    assert (copying.passed.k, copying.passed.n, copying.lets_through) == (1, 2, True)
    assert copying.reason == "passes 1 of 1 answerable cases"


def test_silence_is_not_called_a_pass_of_the_answerable_ones() -> None:
    results = [score(CASE, answer(), ESSAYS), score(BEYOND, abstained(), ESSAYS)]
    silence = by_name(run_sentinels(results, ESSAYS))["always abstain"]
    assert (silence.passed.k, silence.lets_through, silence.reason) == (1, False, "")
    assert by_name(run_sentinels(results, ESSAYS, bar=0.5))["always abstain"].lets_through


@pytest.mark.parametrize("name", NAMES)
def test_a_sentinel_cites_real_words_and_does_the_same_each_time(name: str) -> None:
    made = SENTINELS[name](CASE, answer(), ESSAYS)
    assert made == SENTINELS[name](CASE, answer(), ESSAYS)
    assert exactness(made.citations, ESSAYS).value in (1.0, None)
    assert made.abstained == (name == "always abstain")


def test_citing_everything_says_the_right_words_and_fails_by_precision_alone() -> None:
    narrow = case(evidence=["40"], facts=["40"])
    made = SENTINELS["cite everything"](narrow, answer(), ESSAYS)
    assert made.answer.startswith(OAK)
    result = score(narrow, made, ESSAYS)
    assert result.scores["facts"].value == result.scores["exactness"].value == result.scores["supported"].value == 1.0
    assert (result.passed, result.attribution) == (False, "wrong span cited")


def test_repeats_count_once_and_errors_stay_in_the_count() -> None:
    results = [score(CASE, answer(), ESSAYS, repeat=i) for i in range(3)] + [errored(BEYOND, "down")]
    assert {sentinel.passed.n for sentinel in run_sentinels(results, ESSAYS)} == {2}


def test_nothing_to_run_beside_is_an_error() -> None:
    with pytest.raises(NothingMeasured):
        run_sentinels([], ESSAYS)
