"""Where the gold stands among the retrieved passages, whatever way the documents are split."""

import math

import pytest
from scored_samples import ESSAYS, PASSAGES, TREES, answer, case, passage

from assistant.evaluation.citing import ranking_scores
from assistant.evaluation.gold import anchor
from assistant.types import RankedPassage


def values(passages: tuple[RankedPassage, ...], **changes: object) -> tuple[float | None, ...]:
    given = answer(passages=passages).model_copy(update={"index_fingerprint": "ours"})
    scores = ranking_scores(given, anchor(case(**changes), ESSAYS).sets)
    return tuple(scores[name].value for name in ("recall@5", "mrr", "ndcg@10"))


OTHERS = (passage("birds", 0), passage("birds", 1), passage("trees", 1), passage("trees", 2))


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_a_single_quote_scores_by_its_rank(rank: int) -> None:
    passages = (*OTHERS[: rank - 1], passage("trees", 0), *OTHERS[rank - 1 :])
    assert values(passages) == pytest.approx((1.0, 1 / rank, 1 / math.log2(rank + 1)))


def test_a_quote_below_the_fifth_place_is_missed_by_recall_alone() -> None:
    passages = (*OTHERS, OTHERS[0].model_copy(update={"id": "again"}), passage("trees", 0))
    assert values(passages) == pytest.approx((0.0, 1 / 6, 1 / math.log2(7)))


def test_a_quote_nowhere_among_the_passages_scores_nothing() -> None:
    assert values(OTHERS) == (0.0, 0.0, 0.0)
    assert values(()) == (0.0, 0.0, 0.0)


def test_two_quotes_of_which_one_is_found() -> None:
    found = values((passage("trees", 0),), evidence=["Oaks grow slowly", "Birches grow fast"])
    ideal = 1 + 1 / math.log2(3)
    assert found == pytest.approx((0.5, 1.0, 1 / ideal))


def test_overlapping_passages_of_one_quote_are_no_gain_and_no_loss() -> None:
    overlapping = passage("trees", 0).model_copy(update={"id": "wider", "end": len(TREES.text)})
    assert values((passage("trees", 0), overlapping)) == (1.0, 1.0, 1.0)


def test_half_a_quote_is_not_found() -> None:
    cut = passage("trees", 0).model_copy(update={"end": TREES.text.index("tall")})
    assert values((cut,)) == (0.0, 0.0, 0.0)


def test_any_set_of_evidence_will_do() -> None:
    assert values((passage("birds", 0), passage("trees", 1)), alternatives=[["Birches grow fast"]])[:2] == (1.0, 0.5)


def test_without_gold_there_is_no_score() -> None:
    assert values(PASSAGES, evidence=[]) == (None, None, None)


def test_the_reason_names_the_ranks() -> None:
    score = ranking_scores(answer(), anchor(case(evidence=["Birches grow fast"]), ESSAYS).sets)["mrr"]
    assert score.reason == "gold quotes at: rank 3"


def test_an_answer_from_elsewhere_that_lists_no_passages_has_no_score() -> None:
    scores = ranking_scores(answer(passages=()), anchor(case(), ESSAYS).sets)
    assert {score.value for score in scores.values()} == {None}
