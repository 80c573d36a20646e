"""What is said of a citation's words, and how citations are measured against the gold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_samples import BIRDS, ESSAYS, OAK, TREES, case, cite

from assistant.evaluation.citing import citation_scores, exactness, merged, overlap, verdict
from assistant.evaluation.gold import anchor
from assistant.types import Citation


def changed(**changes: object) -> Citation:
    return cite(OAK).model_copy(update=changes)


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        (cite(OAK), "exact"),
        (changed(quote=OAK.replace(" of the", "\n of  the")), "whitespace-normalised"),
        (changed(start=cite(OAK).start + 1, end=cite(OAK).end + 1), "wrong offset"),
        (changed(end=cite(OAK).end - 1), "wrong offset"),
        (changed(start=90_000, end=90_010), "wrong offset"),
        (changed(source_id="birds"), "wrong essay"),
        (changed(source_id="unheard-of"), "wrong essay"),
        (changed(quote="Oaks grow slowly. … A birch lives for eighty years."), "stitched"),
        (changed(quote="Birches grow fast. Swifts sleep on the wing."), "stitched"),
        (changed(quote=OAK.replace("40", "41")), "not found"),
        (changed(quote="An elm of the park is never watered by anybody."), "not found"),
        (changed(quote=""), "not found"),
        (changed(quote="", end=cite(OAK).start), "not found"),
    ],
)
def test_the_verdict_on_a_citation(citation: Citation, expected: str) -> None:
    assert verdict(citation, ESSAYS) == expected


@given(st.integers(0, len(TREES.text)), st.integers(0, len(TREES.text)), st.integers(-5, 5))
def test_only_the_words_at_the_span_are_exact(one: int, other: int, shift: int) -> None:
    start, end = sorted((one, other))
    quote = TREES.text[start:end]
    moved = changed(quote=quote, start=max(0, start + shift), end=max(0, end + shift))
    same = bool(quote) and TREES.text[moved.start : moved.end] == quote
    assert (verdict(moved, ESSAYS) == "exact") == same


def test_exactness_is_the_share_and_names_the_wrong_ones() -> None:
    score = exactness([cite(OAK), changed(marker=2, source_id="birds")], ESSAYS)
    assert (score.value, score.reason) == (0.5, "[2] wrong essay")
    assert exactness([], ESSAYS).value is None


def scores(*citations: Citation, **changes: object) -> list[float | None]:
    found = citation_scores(citations, anchor(case(**changes), ESSAYS).sets)
    return [found[name].value for name in ("citation_precision", "citation_recall", "citation_f1")]


def test_precision_recall_and_f1_count_characters() -> None:
    gold = len("is 40 metres tall and was planted in 1820")
    assert scores(cite(OAK)) == pytest.approx([gold / len(OAK), 1.0, 2 * gold / (gold + len(OAK))])
    assert scores(cite("is 40 metres tall")) == pytest.approx([1.0, 17 / gold, 2 * 17 / (17 + gold)])


def test_characters_cited_twice_count_once() -> None:
    assert scores(cite(OAK), cite(OAK, marker=2), cite("tall and", marker=3)) == scores(cite(OAK))


def test_a_further_wrong_citation_costs_precision() -> None:
    alone, more = scores(cite(OAK)), scores(cite(OAK), cite("Swifts sleep on the wing.", "birds", 2))
    assert more[0] < alone[0]
    assert more[1] == alone[1]


def test_the_same_offsets_in_another_essay_hit_nothing() -> None:
    assert scores(changed(source_id="birds")) == [0.0, 0.0, 0.0]


def test_silence_is_not_free() -> None:
    assert scores() == [0.0, 0.0, 0.0]


def test_the_evidence_set_that_fits_best_counts() -> None:
    alternatives = [["Birches grow fast"]]
    assert scores(cite("Birches grow fast."), alternatives=alternatives)[1] == 1.0
    assert scores(cite(OAK), alternatives=alternatives) == scores(cite(OAK))


def test_every_quote_of_a_set_is_wanted() -> None:
    half = scores(cite("Birches grow fast"), evidence=["Birches grow fast", "Oaks grow slowly."])
    assert half == pytest.approx([1.0, 0.5, 2 / 3])


def test_without_gold_there_is_no_score() -> None:
    assert scores(cite(OAK), evidence=[]) == [None, None, None]


spans = st.lists(st.tuples(st.sampled_from(["trees", "birds"]), st.integers(0, 40), st.integers(0, 40)), max_size=6)


@given(spans, spans)
def test_overlap_counts_the_characters_in_both(one: list, other: list) -> None:
    sets = [{(source, i) for source, a, b in each for i in range(a, b)} for each in (one, other)]
    assert overlap(merged(one), merged(other)) == len(sets[0] & sets[1])


def test_the_samples_hold_what_the_tests_cite() -> None:
    assert OAK in TREES.text
    assert OAK not in BIRDS.text
