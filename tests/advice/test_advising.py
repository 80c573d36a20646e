"""What a person is told: the verdict, its citations, the checklists, and what is still to be asked."""

import originals
import pytest

from assistant.advice.advising import advise
from assistant.advice.deciding import Advice
from assistant.advice.situation import Situation, situation_of
from assistant.corpus.loading import load_corpus
from assistant.errors import InputError
from assistant.settings import load_settings
from assistant.types import Essay

PREPARED = {
    "pass_rate": 0.8, "target_pass_rate": 0.95, "has_eval": True, "labelled_examples": 9000, "label_quality": "clean",
    "changes": "yearly", "tasks": 1, "owners": {"data": True, "evals": True, "releases": True},
    "tried": ["better-prompt", "examples-in-context", "many-examples", "retrieval", "orchestration"],
}  # fmt: skip
PRICED = {
    "queries_per_month": 5_000_000, "tokens_per_query": 1000, "prompt_price": 3, "tuned_price": 0.5,
    "training_cost": 30_000, "upkeep_per_month": 1000,
}  # fmt: skip


@pytest.fixture(scope="module")
def essays() -> tuple[Essay, ...]:
    return load_corpus(load_settings()).essays


@pytest.fixture
def verdict(essays: tuple[Essay, ...]):
    def of(**fields: object) -> Advice:
        return advise(situation_of(fields), essays)

    return of


def test_a_prepared_team_with_a_form_that_wont_hold_may_fine_tune(verdict) -> None:
    advice = verdict(fails=["format"], **PREPARED)
    assert (advice.rung, advice.ready_to_fine_tune) == ("fine-tune", True)
    assert advice.gate.says == "consider"


@pytest.mark.parametrize(
    "lack",
    [
        {"has_eval": False},
        {"labelled_examples": 499},
        {"label_quality": "noisy"},
        {"changes": "monthly"},
        {"tasks": 4},
        {"fails": ["rules"]},
        {"fails": ["format", "reasoning"]},
        {"fails": ["knowledge"]},
        {"pass_rate": 0.49},
        {"pass_rate": 0.95},
        {"owners": {"data": True, "evals": True, "releases": False}},
        {"compliance": ["commingling"]},
        {"tried": ["better-prompt", "examples-in-context"]},
    ],
    ids=lambda lack: ",".join(lack),
)
def test_one_thing_lacking_holds_it_back_and_says_what_would_change_it(verdict, lack: dict[str, object]) -> None:
    advice = verdict(**({"fails": ["format"]} | PREPARED | lack))
    assert advice.ready_to_fine_tune is False
    assert advice.rung not in {"fine-tune", "small-model"}
    assert advice.against_fine_tuning
    assert advice.would_change


@pytest.mark.parametrize(
    "unknown", ["has_eval", "labelled_examples", "label_quality", "changes", "owners", "pass_rate", "tried"]
)
def test_one_thing_unknown_is_asked_for_and_readiness_stays_open(verdict, unknown: str) -> None:
    fields = {name: value for name, value in PREPARED.items() if name != unknown}
    if unknown == "has_eval":
        fields.pop("pass_rate")
    advice = verdict(fails=["format"], **fields)
    assert advice.ready_to_fine_tune is None
    assert unknown in [question.field for question in advice.missing]
    assert all(question.why for question in advice.missing)
    assert not advice.next_steps[0].startswith("Train")


@pytest.mark.parametrize(
    ("rate", "says"), [(0.9, "consider"), (0.5, "consider"), (0.91, "ship"), (0.49, "fix the prompt")]
)
def test_the_gate_at_its_edges(verdict, rate: float, says: str) -> None:
    assert verdict(pass_rate=rate).gate.says == says


def test_no_eval_is_not_ready(verdict) -> None:
    advice = verdict(has_eval=False)
    assert advice.gate.says == "no eval, not ready"
    assert advice.ready_to_fine_tune is False


@pytest.mark.parametrize(
    ("fails", "rung"),
    [
        ("knowledge", "retrieval"),
        ("reasoning", "orchestration"),
        ("rules", "tools-or-rules"),
        ("format", "better-prompt"),
        ("style", "better-prompt"),
        ("latency", "better-prompt"),
    ],
)
def test_each_failure_has_its_own_remedy(verdict, fails: str, rung: str) -> None:
    assert verdict(fails=[fails]).rung == rung


@pytest.mark.parametrize(
    ("tried", "rung"),
    [
        ([], "better-prompt"),
        (["better-prompt"], "examples-in-context"),
        (["better-prompt", "examples-in-context"], "many-examples"),
        (["examples-in-context", "many-examples"], "better-prompt"),
    ],
)
def test_the_cheapest_untried_rung_comes_first(verdict, tried: list[str], rung: str) -> None:
    assert verdict(**(PREPARED | {"fails": ["style"], "tried": tried})).rung == rung


def test_many_examples_are_no_advice_to_who_has_next_to_none(verdict) -> None:
    assert verdict(labelled_examples=0).rung == "better-prompt"
    assert verdict(labelled_examples=0, changes="weekly").rung == "better-prompt"
    assert verdict(labelled_examples=9).rung == "examples-in-context"
    tried = ["better-prompt", "examples-in-context"]
    assert verdict(labelled_examples=9, tried=tried).rung == "better-prompt"
    assert verdict(labelled_examples=100, tried=tried).rung == "many-examples"
    assert verdict(**(PREPARED | {"fails": ["format"], "labelled_examples": 9})).ready_to_fine_tune is False


def test_more_examples_are_no_remedy_for_delay(verdict) -> None:
    advice = verdict(fails=["latency"], tried=["better-prompt"], changes="weekly", labelled_examples=100)
    assert advice.rung == "better-prompt"
    assert any("caching" in step for step in advice.next_steps)


def test_rules_that_are_broken_go_to_code_even_over_the_target(verdict) -> None:
    assert verdict(fails=["rules"], pass_rate=0.97, target_pass_rate=0.9).rung == "tools-or-rules"


def test_volume_that_pays_back_soon_asks_for_a_small_model(verdict) -> None:
    advice = verdict(**(PREPARED | {"fails": ["cost"]} | PRICED))
    assert (advice.rung, advice.ready_to_fine_tune) == ("small-model", True)
    assert advice.break_even is not None
    assert advice.break_even.crossings[0].simple_months == 2.4


@pytest.mark.parametrize("change", [{"queries_per_month": 1_000_000}, {"tuned_price": 3}, {"cached_price": 0.1}])
def test_a_payback_too_late_or_never_holds_training_back(verdict, change: dict[str, object]) -> None:
    advice = verdict(**(PREPARED | {"fails": ["cost"]} | PRICED | change))
    assert (advice.rung, advice.ready_to_fine_tune) == ("better-prompt", False)


def test_a_stated_saving_gives_the_months_without_prices(verdict) -> None:
    advice = verdict(training_cost=12_000, saving_per_month=4_000, upkeep_per_month=1_000)
    assert advice.break_even is None
    assert advice.break_even_note.startswith("$12,000 of training over $4,000 saved a month is 3.0 months, 4.0 with")
    assert "never" in verdict(training_cost=1, saving_per_month=0).break_even_note


def test_missing_figures_are_named(verdict) -> None:
    assert (
        "needs prompt price and tuned price"
        in verdict(queries_per_month=1, tokens_per_query=1, training_cost=1).break_even_note
    )


def test_the_five_questions_and_seven_patterns_come_in_order(verdict) -> None:
    advice = verdict(fails=["format"], **PREPARED)
    assert [item.number for item in advice.framework] == [1, 2, 3, 4, 5]
    assert [item.answer for item in advice.framework] == ["no", "no", "yes", "no", "unknown"]
    assert [item.number for item in advice.readiness] == [1, 2, 3, 4, 5, 6, 7]
    assert [item.answer for item in advice.readiness] == [
        "ready",
        "ready",
        "unknown",
        "ready",
        "ready",
        "ready",
        "ready",
    ]


def test_both_sides_are_shown_where_the_essays_differ(verdict) -> None:
    (sides,) = verdict(hosting="private").both_sides
    assert sides.topic == "privacy"
    assert {side.source_id for side in sides.sides} == {"pan-framework", "logic-trap"}
    assert {side.stance for side in sides.sides} == {"for", "against"}


def test_a_cited_figure_that_was_checked_brings_its_note() -> None:
    corpus = load_corpus(load_settings())
    advice = advise(Situation(fails=("latency",)), corpus.essays, claims=corpus.claims)
    (caching,) = [c.marker for c in advice.citations if "85%" in c.quote and "90%" in c.quote]
    assert any(f"[{caching}]" in notice and "Checked against the source" in notice for notice in advice.notices)


def test_the_same_case_gets_the_same_words(verdict) -> None:
    assert verdict(fails=["format"], **PREPARED) == verdict(fails=["format"], **PREPARED)


def test_an_absent_essay_drops_its_rules_and_says_so(essays: tuple[Essay, ...]) -> None:
    few = [essay for essay in essays if essay.id != "pan-framework"]
    advice = advise(Situation(fails=("knowledge",)), few)
    assert advice.framework == ()
    assert all(citation.source_id != "pan-framework" for citation in advice.citations)
    assert any("pan-framework" in notice and "not among the documents" in notice for notice in advice.notices)


def test_with_no_essay_nothing_is_claimed() -> None:
    advice = advise(Situation(fails=("rules",)), [])
    assert (advice.reasons, advice.citations, advice.rung) == ((), (), "better-prompt")
    assert len(advice.notices) == 4


def test_words_that_are_gone_are_not_cited(essays: tuple[Essay, ...]) -> None:
    other = [essay.model_copy(update={"text": "# New\n\nThis text is another."}) for essay in essays]
    advice = advise(Situation(fails=("knowledge",)), other)
    assert advice.citations == ()
    assert all("no longer holds their words" in notice for notice in advice.notices)


@originals.needed
def test_originals_are_quoted_where_the_corpus_holds_them(essays: tuple[Essay, ...]) -> None:
    whole = load_corpus(load_settings(corpus=str(originals.ESSAYS))).essays
    situation = situation_of({"fails": ["format"]} | PREPARED)
    from_notes, from_originals = advise(situation, essays), advise(situation, whole)
    assert from_originals.notices == ()
    assert {citation.kind for citation in from_originals.citations} == {"original"}
    texts = {essay.id: essay.text for essay in whole}
    assert all(texts[c.source_id][c.start : c.end] == c.quote for c in from_originals.citations)
    assert [r.rule for r in from_originals.reasons] == [r.rule for r in from_notes.reasons]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"pass_rate": 94}, "pass_rate can't be used: must be less than or equal to 1"),
        ({"training_cost": -1}, "training_cost can't be used: must be greater"),
        ({"training_cost": float("nan")}, "training_cost can't be used"),
        ({"queries_per_month": 0}, "queries_per_month can't be used: must be greater than 0"),
        ({"fails": ["luck"]}, "fails can't be used"),
        ({"colour": "red"}, "no field colour"),
    ],
)
def test_a_bad_figure_is_a_sentence(fields: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        situation_of(fields)


def test_the_schema_describes_every_field_for_a_model_that_calls_it_as_a_tool() -> None:
    properties = Situation.model_json_schema()["properties"]
    assert set(properties) == set(Situation.model_fields)
    assert all(field.get("description") for field in properties.values())
