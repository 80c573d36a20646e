"""Support is judged sentence by sentence, whatever the answer says of itself."""

import pytest
from scored_samples import OAK, answer, cite

from assistant.evaluation.gold import Place
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


def test_an_authors_sentence_is_also_read_in_the_words_of_our_note() -> None:
    given = answer("The park's highest tree measures 40 metres.")
    place = Place(source_id="trees", start=given.citations[0].start, end=given.citations[0].end)
    note = "The highest tree of the park measures 40 metres."
    assert supported(given).value == 0.0
    assert supported(given, {place: note}).value == 1.0
    assert supported(given, {place.model_copy(update={"end": place.end + 1}): note}).value == 0.0
    assert supported(answer("The park's highest tree measures 50 metres."), {place: note}).value == 0.0


@pytest.mark.parametrize(
    "opening",
    ["Yes. ", "No: ", "It depends. ", "Not 10 metres: ", "Not 1.5 million dollars. ", "Not about 7% of it; "],
)
def test_a_verdict_and_a_denied_figure_need_no_quote(opening: str) -> None:
    claims = (Claim(start=0, end=len(opening + OAK), markers=(1,), supported=True),)
    assert stated(unclaimed(f"{opening}{OAK} [1]", claims=claims)) == [(OAK, (1,))]


@pytest.mark.parametrize("claimed", ["Not 10 metres.", "Not many oaks grow: 3 do.", "No oak is 10 metres tall."])
def test_a_denial_that_is_all_or_part_of_a_sentence_stays(claimed: str) -> None:
    claims = (Claim(start=0, end=len(claimed), markers=(1,), supported=True),)
    assert stated(unclaimed(f"{claimed} [1]", claims=claims)) == [(claimed, (1,))]


def test_what_leads_to_a_list_is_no_claim_even_if_it_is_marked_as_one() -> None:
    lead = "Two things are said of it:"
    text = f"{lead} [1]\n\n- {OAK} [1]"
    claims = tuple(
        Claim(start=text.index(part), end=text.index(part) + len(part), markers=(1,), supported=True)
        for part in (lead, OAK)
    )
    assert stated(unclaimed(text, claims=claims)) == [(OAK, (1,))]


def test_the_marks_of_a_claim_bear_out_nothing_behind_them() -> None:
    whole = f"{OAK} [1] An oak of the park is tall."
    claims = (Claim(start=0, end=len(OAK), markers=(1,), supported=True),)
    assert stated(unclaimed(whole, claims=claims))[1] == ("An oak of the park is tall.", ())


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
