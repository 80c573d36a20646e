"""Gold quotes are found anew in the documents, and gold that is no longer there is an error."""

import pytest
from scored_samples import ESSAYS, TREES, case

from assistant.corpus.loading import catalog
from assistant.errors import SuiteError
from assistant.evaluation.gold import anchor


def words(gold_set: tuple, essays: dict = ESSAYS) -> list[str]:
    return [essays[place.source_id].text[place.start : place.end] for place in gold_set]


def test_a_quote_becomes_the_span_it_stands_at() -> None:
    (evidence,) = anchor(case(), ESSAYS).sets
    assert words(evidence) == ["is 40 metres tall and was planted in 1820"]


def test_the_span_follows_an_edit_of_the_essay() -> None:
    moved = {"trees": TREES.model_copy(update={"text": "A new beginning. " + TREES.text})}
    (evidence,) = anchor(case(), moved).sets
    assert words(evidence, moved) == ["is 40 metres tall and was planted in 1820"]


def test_a_line_break_inside_a_quote_does_not_lose_it() -> None:
    wrapped = {"trees": TREES.model_copy(update={"text": TREES.text.replace("40 metres", "40\nmetres")})}
    (evidence,) = anchor(case(), wrapped).sets
    assert words(evidence, wrapped) == ["is 40\nmetres tall and was planted in 1820"]


@pytest.mark.parametrize(
    "evidence",
    [
        ["is 41 metres tall"],
        [{"quote": "The park closes at dusk", "source": "trees", "context": "so owls have it"}],
        [{"quote": "Owls hunt at night", "source": "trees"}],
    ],
)
def test_gold_that_does_not_resolve_is_an_error_naming_case_and_quote(evidence: list) -> None:
    with pytest.raises(SuiteError, match=r"Case oak: the quote '.*does not stand in trees"):
        anchor(case(evidence=evidence), ESSAYS)


def test_a_source_the_corpus_lacks_is_an_error() -> None:
    with pytest.raises(SuiteError, match=r"Case oak: there is no essay 'fish'.*birds, trees"):
        anchor(case(sources=["fish"]), ESSAYS)


def test_a_context_says_which_of_several_places_is_meant() -> None:
    twice = "The park closes at dusk"
    context = "The park closes at dusk, so owls have it"
    gold = anchor(case(sources=["trees", "birds"], evidence=[{"quote": twice, "context": context}]), ESSAYS)
    assert [place.source_id for place in gold.places] == ["birds"]
    assert gold.notices == ()


def test_without_a_context_each_place_is_right_and_a_notice_says_so() -> None:
    gold = anchor(case(sources=["trees", "birds"], evidence=["The park closes at dusk"]), ESSAYS)
    assert [[place.source_id for place in evidence] for evidence in gold.sets] == [["trees"], ["birds"]]
    assert "stands 2 times" in gold.notices[0]


def test_alternatives_are_sets_of_their_own() -> None:
    gold = anchor(case(evidence=["Oaks grow slowly"], alternatives=[["Birches grow fast", "eighty years"]]), ESSAYS)
    assert [words(evidence) for evidence in gold.sets] == [["Oaks grow slowly"], ["Birches grow fast", "eighty years"]]


def test_an_unanswerable_case_needs_no_gold() -> None:
    assert anchor(case(answerable=False, facts=[], evidence=[], sources=[]), ESSAYS).sets == ()


def test_the_sentences_a_case_allows_are_whole_and_may_stand_several_times() -> None:
    gold = anchor(case(allowed=["An oak of the", "The park closes"]), ESSAYS)
    assert words(gold.allowed) == [
        "An oak of the park is 40 metres tall and was planted in 1820.",
        "The park closes at dusk, and its gate is made of iron.",
        "The park closes at dusk, so owls have it to themselves.",
    ]


def test_an_allowed_sentence_that_is_gone_is_an_error() -> None:
    with pytest.raises(SuiteError, match=r"Case oak: the allowed words 'An elm' stand in no document"):
        anchor(case(allowed=["An elm"]), ESSAYS)


def test_allowed_sentences_of_notes_that_an_original_replaces_are_none() -> None:
    (note,) = (note for name, note in catalog().items() if name == "pan-framework")
    bare = case(sources=[], evidence=[], allowed=["Tian Pan holds that fine-tuning"])
    assert anchor(bare, {note.id: note}).allowed
    original = note.model_copy(update={"kind": "original", "text": "Something else is written here.\n"})
    assert anchor(bare, {note.id: original}).allowed == ()
    with pytest.raises(SuiteError):
        anchor(bare, ESSAYS)
