"""Which answers pass, why the others failed, and what is advised."""

import pytest
from scored_samples import BEYOND, CASE, ESSAYS, OAK, PASSAGES, abstained, answer, case, cite, passage

from assistant.errors import SuiteError
from assistant.evaluation.cases import Case
from assistant.evaluation.scoring import PassRule, errored, score
from assistant.types import Answer

BIRCH = "A birch lives for eighty years."
SWIFTS = "Swifts sleep on the wing."


def test_a_right_answer_passes_with_a_reason_for_every_measure() -> None:
    result = score(CASE, answer(), ESSAYS, repeat=2, ms=5.0)
    assert (result.passed, result.attribution, result.advice) == (True, None, None)
    assert (result.repeat, result.ms) == (2, 5.0)
    assert all(measure.reason for measure in result.scores.values())
    ones = {name for name, measure in result.scores.items() if measure.value == 1.0}
    assert ones >= {
        "recall@5",
        "mrr",
        "ndcg@10",
        "exactness",
        "citation_recall",
        "source",
        "facts",
        "abstention",
        "crag",
    }


def test_an_unanswerable_question_passes_by_abstaining_alone() -> None:
    assert score(BEYOND, abstained(), ESSAYS).passed
    result = score(BEYOND, answer(), ESSAYS)
    assert (result.passed, result.attribution) == (False, "should have abstained")
    assert result.scores["crag"].value == -1.0


@pytest.mark.parametrize(
    ("given", "attribution"),
    [
        (answer(SWIFTS, [cite(SWIFTS, "birds")], [passage("birds", 0)]), "not retrieved"),
        (abstained([passage("birds", 0)]), "not retrieved"),
        (abstained(), "should have answered"),
        (answer(BIRCH, [cite(BIRCH)]), "not cited"),
        (answer("Oaks grow slowly.", [cite("Oaks grow slowly.")]), "wrong span cited"),
        (answer("An oak of the park is 40 metres tall."), "fact missing"),
        (answer(OAK, [cite(OAK).model_copy(update={"start": 0})]), "wrong span cited"),
        (answer(OAK, [cite(OAK), cite(BIRCH, marker=2).model_copy(update={"end": 9_000})]), "wrong span cited"),
        (answer(f"{OAK[:-1]} by 500 owls."), "unsupported"),
        (answer(OAK, []), "not cited"),
        (answer(" ".join([OAK] * 12)), "too long"),
    ],
)
def test_a_failure_is_put_down_to_the_first_fault_on_the_way(given: Answer, attribution: str) -> None:
    result = score(CASE, given, ESSAYS)
    assert (result.passed, result.attribution) == (False, attribution)
    assert result.advice


def test_citing_far_more_than_the_gold_fails() -> None:
    short = case(evidence=["40"], facts=["40"])
    everything = [cite(p.text, p.source_id, i) for i, p in enumerate(PASSAGES, start=1)]
    result = score(short, answer(OAK, everything), ESSAYS)
    assert (result.passed, result.attribution) == (False, "wrong span cited")
    assert score(short, answer(OAK, everything), ESSAYS, rule=PassRule(min_precision=0.0)).passed


def test_a_citation_of_any_of_the_cases_sources_will_do() -> None:
    dusk = "The park closes at dusk"
    both = case(sources=["birds", "trees"], facts=["dusk"], evidence=[dusk])
    assert score(both, answer(dusk, [cite(dusk, "birds")]), ESSAYS).passed
    only = case(sources=["trees"], facts=["dusk"], evidence=[dusk])
    assert score(only, answer(dusk, [cite(dusk, "birds")]), ESSAYS).scores["source"].value == 0.0


def test_a_case_of_facts_alone_can_be_scored() -> None:
    bare = Case(id="bare", question="How tall?", facts=("40",))
    assert score(bare, answer(), ESSAYS).passed
    assert score(bare, answer("Tall.", []), ESSAYS).attribution == "fact missing"


def test_the_wording_of_an_abstention_states_no_fact() -> None:
    result = score(CASE, abstained(), ESSAYS)
    assert result.scores["facts"].value == 0.0
    assert result.scores["crag"].value == 0.0
    assert result.scores["abstention"].reason == "abstained, answerable"
    assert result.scores["citation_recall"].value == 0.0


def test_an_error_fails_and_stays_in_every_mean() -> None:
    result = errored(CASE, "The model is down.")
    assert (result.passed, result.attribution, result.error) == (False, "error", "The model is down.")
    quality = {name for name, one in score(CASE, answer(), ESSAYS).scores.items() if one.value is not None}
    quality -= {"exactness", "citing", "brevity"}
    assert {name: measure.value for name, measure in result.scores.items()} == dict.fromkeys(quality, 0.0)
    assert set(errored(BEYOND, "down").scores) == {"abstention", "crag"}


def test_gold_that_is_gone_is_an_error_and_no_lower_score() -> None:
    with pytest.raises(SuiteError):
        score(case(evidence=["words that left the essay"]), answer(), ESSAYS)


def test_an_answer_from_elsewhere_without_passages_is_not_blamed_on_retrieval() -> None:
    assert score(CASE, answer(passages=()), ESSAYS).passed
    assert score(CASE, answer(SWIFTS, [cite(SWIFTS, "birds")], ()), ESSAYS).attribution == "not cited"
    assert score(CASE, answer("Oaks grow slowly.", [cite("Oaks grow slowly.")], ()), ESSAYS).attribution == (
        "wrong span cited"
    )


def test_an_empty_answer_fails() -> None:
    result = score(CASE, answer("", []).model_copy(update={"claims": ()}), ESSAYS)
    assert not result.passed
    assert result.scores["supported"].value == 0.0
