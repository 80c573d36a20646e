"""A careful reader's measures: what an answer must open with, hold, leave out and look like."""

import pytest
from scored_samples import BEYOND, BIRDS, ESSAYS, OAK, TREES, abstained, answer, case, cite

from assistant.evaluation.careful import careful_scores
from assistant.evaluation.gold import anchor
from assistant.evaluation.results import Score
from assistant.evaluation.scoring import errored, score
from assistant.types import Answer, Claim

BIRCH = "A birch lives for eighty years."
SWIFTS = "Swifts sleep on the wing."
NAMES = {"lead", "verdict", "premise", "form", "must_not", "filler"}


def measured(name: str, said: str | Answer, **wanted: object) -> Score:
    """One measure of the oak case, with further wishes, on a text or an answer."""
    asked = case(**wanted)
    given = said if isinstance(said, Answer) else answer(said, [])
    return careful_scores(asked, given, anchor(asked, ESSAYS))[name]


def composed(*parts: tuple[str, str, str]) -> Answer:
    """An answer of sentences, each with the quote and the essay it cites."""
    text, claims, citations = "", [], []
    for marker, (sentence, quote, source) in enumerate(parts, start=1):
        start = len(text)
        text += sentence
        claims.append(Claim(start=start, end=len(text), markers=(marker,), supported=True))
        text += f" [{marker}] "
        citations.append(cite(quote, source, marker))
    return answer("-", citations).model_copy(update={"answer": text.strip(), "claims": tuple(claims)})


def test_a_case_that_asks_for_nothing_more_is_measured_by_none() -> None:
    found = careful_scores(case(), answer(), anchor(case(), ESSAYS))
    assert set(found) == NAMES
    assert {one.value for one in found.values()} == {None}
    assert all(one.reason for one in found.values())


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("It is 40 metres tall. Birches grow fast.", 1.0),
        ("It is forty metres tall.", 1.0),
        ("Birches grow fast. It is 40 metres tall.", 0.0),
        ("No. It is 40 metres tall. Birches grow fast.", 1.0),
        ("**It depends.** It is 40 metres tall.", 1.0),
        ("Of its size this is said:\n- 40 metres tall [1]\n- old [2]", 1.0),
        ("Two things:\n- old [2]\n- 40 metres tall [1]", 0.0),
        ("| Tree | Height |\n| --- | --- |\n| Oak | 40 metres |\n| Birch | little |", 1.0),
        ("| Tree | 40 metres |\n| --- | --- |\n| Birch | little |", 0.0),
        ("", 0.0),
    ],
)
@pytest.mark.parametrize(("name", "field"), [("lead", "lead"), ("premise", "corrects")])
def test_the_first_sentence_answers_or_corrects(said: str, value: float, name: str, field: str) -> None:
    assert measured(name, said, **{field: "40 metres"}).value == value


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("Yes.", "yes"),
        ("Yes, if the soil is wet.", "yes"),
        ("**No.** Oaks grow slowly.", "no"),
        ("No: oaks grow slowly. [1]", "no"),
        ("no – oaks grow slowly", "no"),
        ("No\n\nOaks grow slowly.", "no"),
        ("It depends on the soil.", "depends"),
        ("Depends.", "depends"),
        ("No oak grows fast.", None),
        ("Noble oaks grow.", None),
        ("Not at all.", None),
        ("No-dig beds are best.", None),
        ("Oaks grow slowly. Yes.", None),
        ("Yesterday it rained.", None),
        ("", None),
    ],
)
def test_a_verdict_is_the_first_word_and_a_word_of_its_own(said: str, verdict: str | None) -> None:
    for wanted in ("yes", "no", "depends"):
        assert measured("verdict", said, verdict=wanted).value == float(wanted == verdict)


def test_the_reason_tells_both_verdicts() -> None:
    assert measured("verdict", "No. Oaks.", verdict="depends").reason == "opens with No; wanted It depends"
    assert measured("verdict", "Oaks.", verdict="yes").reason == "opens with no verdict; wanted Yes"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Oaks grow slowly.", 1.0),
        ("Oaks grow slowly. Birches grow FAST.", 0.0),
        ("Oaks grow slowly.\n\n- Yes, they do", 1.0),
        ("Yes. Oaks grow slowly.", 0.0),
        ("It took thirty seconds.", 0.0),
        ("It took 30 hours.", 1.0),
    ],
)
def test_what_must_not_be_said_may_stand_nowhere(said: str, value: float) -> None:
    assert measured("must_not", said, must_not=["grow fast", "^yes", "30 s"]).value == value


TABLE = (
    "| Tree | Height | Age |\n|---|:--:|--:|\n| Oak | 40 metres [1] | old [2] |\n| Birch | little [3] | 80 years [4] |"
)
LIST = "Two things:\n- It is old. [1]\n- It is tall. [2]"


@pytest.mark.parametrize(
    ("wanted", "said", "value"),
    [
        ({"max_sentences": 2}, "No. Oaks grow slowly. They stand.", 1.0),
        ({"max_sentences": 1}, "Oaks grow slowly. They stand.", 0.0),
        ({"max_sentences": 1}, "Oaks grow slowly, e.g. here. [1] [2]", 1.0),
        ({"max_words": 3}, "Oaks grow – slowly. [1]", 1.0),
        ({"max_words": 2}, "Oaks grow slowly.", 0.0),
        ({"min_items": 2}, LIST, 1.0),
        ({"min_items": 3}, LIST, 0.0),
        ({"min_items": 2}, "1. Oaks\n2. Birches", 1.0),
        ({"min_items": 2}, TABLE, 1.0),
        ({"min_items": 2}, "Oaks and birches.", 0.0),
        ({"table": True}, TABLE, 1.0),
        ({"table": True}, f"As asked:\n\n{TABLE}\n\nThat is all.", 1.0),
        ({"table": True}, "a | b\n--- | ---\n1 | 2", 1.0),
        ({"table": True}, "| Tree | Height |\n| --- | --- |", 0.0),
        ({"table": True}, "Oak | 40\nBirch | 20", 0.0),
        ({"checklist": True}, "- [ ] Measure\n- [x] Plant", 1.0),
        ({"checklist": True}, "- [ ] Measure\n- Plant", 0.0),
        ({"checklist": True}, "Measure.", 0.0),
        ({"min_items": 2, "max_words": 3}, LIST, 0.5),
    ],
)
def test_the_form_is_that_which_was_asked_for(wanted: dict[str, object], said: str, value: float) -> None:
    assert measured("form", said, form=wanted).value == value


def test_the_reason_tells_what_the_form_is_instead() -> None:
    reason = measured("form", LIST, form={"min_items": 3, "table": True}).reason
    assert reason == "2 items, at least 3 wanted; no table"


ALLOWED = ["An oak of the", "A birch lives"]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (composed((OAK, OAK, "trees")), 0.0),
        (composed((OAK, OAK, "trees"), (SWIFTS, SWIFTS, "birds")), 0.5),
        (composed((SWIFTS, SWIFTS, "birds")), 1.0),
        (composed(("Yes. The oak is a tall one.", OAK, "trees"), ("Birches live long.", BIRCH, "trees")), 0.0),
        (composed(("The oak is a tall one.", TREES.text.strip(), "trees")), 1.0),
        (composed((OAK, TREES.text.strip(), "trees")), 0.0),
        (composed((f"{OAK} {SWIFTS}", OAK, "trees")), 0.0),
        (composed((TREES.text.split("\n")[0], TREES.text.split("\n")[0], "trees")), 0.5),
        (answer("Nobody can tell how tall it is.", []), 1.0),
    ],
)
def test_a_sentence_that_cites_nothing_allowed_is_filler(given: Answer, value: float) -> None:
    assert measured("filler", given, allowed=ALLOWED).value == value


def test_the_reason_names_the_idle_sentence() -> None:
    given = composed((OAK, OAK, "trees"), (SWIFTS, SWIFTS, "birds"))
    assert measured("filler", given, allowed=ALLOWED).reason == f"adds nothing: {SWIFTS!r}"


def test_where_nothing_can_be_judged_filler_is_not_measured() -> None:
    assert measured("filler", answer()).value is None
    assert measured("filler", abstained(), allowed=ALLOWED).value is None
    assert measured("filler", answer("Yes.", []), allowed=ALLOWED).value is None


def test_a_table_is_judged_by_its_cells() -> None:
    sentence = "40 metres tall is the oak"
    text = f"| Tree | Height |\n| --- | --- |\n| Oak of the park | {sentence} [1] |\n| Birch | The essays do not say |"
    start = text.index(sentence)
    claims = (Claim(start=start, end=start + len(sentence), markers=(1,), supported=True),)
    given = answer(OAK).model_copy(update={"answer": text, "claims": claims})
    assert measured("filler", given, allowed=ALLOWED).value == 0.0
    assert score(case(), given, ESSAYS).scores["supported"].value == 1.0
    unclaimed = given.model_copy(update={"claims": ()})
    assert score(case(), unclaimed, ESSAYS).scores["supported"].value == 1.0
    invented = text.replace("The essays do not say", "It is 50 metres tall")
    assert score(case(), unclaimed.model_copy(update={"answer": invented}), ESSAYS).scores["supported"].value == 0.5


WISHES = {
    "lead": "40",
    "verdict": "yes",
    "corrects": "40",
    "form": {"max_sentences": 3},
    "must_not": ["swift"],
    "allowed": ["An oak of the"],
}
RIGHT = composed((f"Yes. {OAK}", OAK, "trees"))


def test_an_answer_as_expected_passes() -> None:
    result = score(case(**WISHES), RIGHT, ESSAYS)
    assert (result.passed, result.attribution) == (True, None)
    assert {name: result.scores[name].value for name in NAMES - {"filler"}} == dict.fromkeys(NAMES - {"filler"}, 1.0)
    assert (result.scores["filler"].value, result.scores["crag"].value) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("wishes", "attribution"),
    [
        ({"must_not": ["metres"]}, "says what it must not"),
        ({"verdict": "no"}, "wrong verdict"),
        ({"corrects": "swift"}, "premise not corrected"),
        ({"lead": "swift"}, "answer not first"),
        ({"allowed": ["Swifts sleep"]}, "filler"),
        ({"form": {"table": True}}, "wrong form"),
    ],
)
def test_each_wish_that_is_not_met_fails_for_its_own_reason(wishes: dict[str, object], attribution: str) -> None:
    result = score(case(**WISHES | wishes), RIGHT, ESSAYS)
    assert (result.passed, result.attribution) == (False, attribution)
    assert result.advice
    right = attribution not in {"says what it must not", "wrong verdict", "premise not corrected"}
    assert result.scores["crag"].value == (1.0 if right else -1.0)


def test_a_little_filler_passes_and_more_does_not() -> None:
    four = [(OAK, OAK, "trees"), (BIRCH, BIRCH, "trees"), ("The oak is tall: 40 metres.", OAK, "trees")]
    wishes = case(allowed=ALLOWED)
    assert score(wishes, composed(*four, (SWIFTS, SWIFTS, "birds")), ESSAYS).passed
    idle = composed(*four[:2], (SWIFTS, SWIFTS, "birds"))
    assert score(wishes, idle, ESSAYS).attribution == "filler"


def test_declining_what_can_be_answered_has_nothing_of_what_is_wanted() -> None:
    result = score(case(**WISHES), abstained(), ESSAYS)
    assert result.attribution == "should have answered"
    assert {result.scores[name].value for name in ("lead", "verdict", "premise", "form")} == {0.0}


def test_declining_rightly_still_must_not_mislead() -> None:
    beyond = BEYOND.model_copy(update={"must_not": ("1820",), "lead": "x"})
    result = score(beyond, abstained(), ESSAYS)
    assert (result.passed, result.attribution) == (False, "says what it must not")
    assert result.scores["lead"].value is None
    assert score(beyond, answer(BIRDS.text, []), ESSAYS).attribution == "should have abstained"


def test_an_error_has_the_worst_value_of_each_measure() -> None:
    found = errored(case(**WISHES), "down").scores
    assert {name: found[name].value for name in NAMES} == dict.fromkeys(NAMES, 0.0) | {"filler": 1.0}


def test_without_gold_what_was_retrieved_and_cited_is_not_measured() -> None:
    bare = case(evidence=[], sources=[], lead="40")
    result = score(bare, RIGHT, ESSAYS)
    names = ("recall@5", "mrr", "ndcg@10", "citation_precision", "citation_recall", "citation_f1", "source")
    assert {result.scores[name].value for name in names} == {None}
    assert set(names).isdisjoint(errored(bare, "down").scores)
    assert result.passed
