"""Support is judged sentence by sentence, whatever the answer says of itself."""

import pytest
from scored_samples import OAK, answer, cite

from assistant.evaluation.saying import abstention, brevity, crag, stated, supported
from assistant.types import Answer, Claim

BIRCH = "A birch lives for eighty years."


def unclaimed(text: str, *, claims: tuple[Claim, ...] = ()) -> Answer:
    return answer(OAK, [cite(OAK), cite(BIRCH, marker=2)]).model_copy(update={"answer": text, "claims": claims})


def test_a_sentence_in_its_quotes_words_is_borne_out() -> None:
    assert supported(answer()).value == 1.0


def test_the_answers_own_word_for_it_is_not_believed() -> None:
    score = supported(answer("An oak of the park is 50 metres tall."))
    assert (score.value, score.reason) == (0.0, "not borne out: 'An oak of the park is 50 metres tall.'")


def test_words_that_no_claim_covers_count_against_the_answer() -> None:
    whole = f"{OAK} [1] Owls are the best of all birds."
    claims = (Claim(start=0, end=len(OAK), markers=(1,), supported=True),)
    assert supported(unclaimed(whole, claims=claims)).value == 0.5


def test_a_lead_and_a_heading_are_no_claims() -> None:
    text = f"Kirstie Sands (Trees, Inc.): {OAK} [1]"
    start = text.index(OAK)
    claims = (Claim(start=start, end=start + len(OAK), markers=(1,), supported=True),)
    assert supported(unclaimed(text, claims=claims)).value == 1.0


def test_an_answer_without_claims_is_read_by_its_markers() -> None:
    text = f"{OAK} [1] {BIRCH} [2] An oak lives for eighty years [1]."
    assert [marks for _, marks in stated(unclaimed(text))] == [(1,), (2,), (1,)]
    assert supported(unclaimed(text)).value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("answerable", "abstained", "value", "cell"),
    [
        (True, True, 0.0, "abstained, answerable"),
        (True, False, 1.0, "answered, answerable"),
        (False, True, 1.0, "abstained, unanswerable"),
        (False, False, 0.0, "answered, unanswerable"),
    ],
)
def test_the_four_cells_of_abstention(answerable: bool, abstained: bool, value: float, cell: str) -> None:
    score = abstention(answerable, abstained)
    assert (score.value, score.reason) == (value, cell)


def test_the_parts_of_the_crag_score() -> None:
    assert crag(True, False, True).value == 1.0
    assert crag(True, False, False).value == -1.0
    assert crag(False, False, True).value == -1.0
    assert [crag(answerable, True, False).value for answerable in (True, False)] == [0.0, 0.0]


def test_brevity_counts_words_and_no_markers() -> None:
    assert brevity(answer("Three words only")).value == 3.0
