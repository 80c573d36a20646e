"""The form's answers, as they are typed, sent and read back."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.datastructures import QueryParams

from assistant.advice.situation import Situation, situation_of
from assistant.web.pages.case_form import MAX_TEXT, NAMES, Form, asks, form_of, typed_of, unread

TICKETS = "We have 200 labelled tickets, categories change monthly. The prompt passes 82% of our tests."
SUITE = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "eval" / "situations.jsonl").read_text(encoding="utf-8").splitlines()
]


def sent(**answers: object) -> Form:
    return form_of(QueryParams(urlencode({k.replace("__", "."): v for k, v in answers.items()}, doseq=True)))


def again(form: Form) -> Form:
    """The form at the address that holds it."""
    return form_of(QueryParams(form.address(None).partition("?")[2]))


def test_there_is_a_question_for_every_field_and_each_says_why() -> None:
    fields = {name.partition(".")[0] for name in NAMES}
    assert fields == set(Situation.model_fields) - {"tried_is_all"}
    assert all(ask.why for name, ask in asks().items() if name not in {"owners.evals", "owners.releases"})


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case["id"])
def test_every_situation_survives_the_form_and_its_address(case: dict[str, object]) -> None:
    situation = situation_of(case["situation"])  # type: ignore[arg-type]
    form = form_of(QueryParams(urlencode(typed_of(situation), doseq=True)))
    assert form.errors == {}
    assert form.situation == situation
    assert again(form).situation == situation


def test_a_text_fills_the_form_and_names_its_words() -> None:
    form = sent(text=TICKETS)
    assert form.typed["labelled_examples"] == ("200",)
    assert form.typed["pass_rate"] == ("82%",)
    told = {each.name: each for each in form.told}
    assert told["changes"].value == "Monthly"
    assert told["labelled_examples"].words == ("200 labelled tickets",)
    assert again(form).situation == form.situation


def test_a_correction_wins_over_the_text_and_stays_in_the_address() -> None:
    form = sent(text=TICKETS, was=TICKETS, **{**sent(text=TICKETS).typed, "labelled_examples": "2k"})
    assert form.situation.labelled_examples == 2_000
    assert [each.name for each in form.told if each.changed] == ["labelled_examples"]
    assert again(form).situation.labelled_examples == 2_000


def test_what_is_taken_back_stays_unknown() -> None:
    form = sent(text="We have 200 labelled tickets.", was="We have 200 labelled tickets.", labelled_examples="")
    assert not form.known
    assert not again(form).known


def test_a_new_text_replaces_what_the_old_one_said_and_leaves_the_rest() -> None:
    first = sent(text=TICKETS)
    form = sent(text="Our answers have the wrong format.", was=TICKETS, **{**first.typed, "tasks": "3"})
    assert form.situation == Situation(fails=("format",), tasks=3)


def test_the_browsers_line_ends_do_not_make_a_text_new() -> None:
    text = "We have 200 labelled tickets.\nThey are clean."
    crossed = text.replace("\n", "\r\n")
    assert sent(text=crossed, was=crossed, labelled_examples="300").situation.labelled_examples == 300
    assert sent(text=crossed, was=text, labelled_examples="300").situation.labelled_examples == 300


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("pass_rate", "140%", "a share such as 0.82 or 82%"),
        ("labelled_examples", "-5", "greater than or equal to 0"),
        ("prompt_price", "cheap", "a number such as"),
        ("changes", "hourly", "must be"),
        ("queries_per_month", "0", "greater than 0"),
    ],
)
def test_a_bad_answer_is_a_sentence_and_the_rest_stands(name: str, value: str, said: str) -> None:
    form = sent(**{"fails": "format", name: value})
    assert said in form.errors[name]
    assert name not in form.errors[name]
    assert form.situation == Situation(fails=("format",))
    assert form.typed[name] == (value,)


def test_what_was_tried_may_be_a_part_of_it() -> None:
    assert sent(tried=["retrieval", "more"]).situation == Situation(tried=("retrieval",), tried_is_all=False)
    assert sent(tried=["retrieval"]).situation == Situation(tried=("retrieval",))
    assert sent(tried="nothing").situation == Situation(tried=())
    assert not sent(tried="more").known


def test_half_known_owners_stay_half_known() -> None:
    form = sent(owners__data="yes")
    assert form.situation.owners is not None
    assert (form.situation.owners.data, form.situation.owners.evals) == (True, None)


def test_a_text_too_long_for_an_address_is_told_so() -> None:
    form = sent(text="x" * (MAX_TEXT + 1))
    assert "Say the main points" in form.errors["text"]


def test_a_text_not_yet_read_is_read_when_it_is_sent_again() -> None:
    form = unread(QueryParams(urlencode({"text": TICKETS})))
    assert (form.text, form.was, form.readable, form.known) == (TICKETS, "", True, False)
    assert sent(text=form.text, was=form.was).situation.labelled_examples == 200


def test_answers_to_a_text_not_yet_read_stay_when_it_is_sent_again() -> None:
    form = unread(QueryParams(urlencode({"text": TICKETS, "labelled_examples": "2k"})))
    assert (form.was, form.situation.labelled_examples) == (TICKETS, 2_000)
    assert sent(text=form.text, was=form.was, **form.typed).situation.labelled_examples == 2_000


@pytest.mark.parametrize("typed", ["1.000.000", "20 or 30", "200-300"])
def test_a_figure_that_is_no_single_number_is_refused_beside_its_field(typed: str) -> None:
    form = sent(labelled_examples=typed)
    assert form.situation.labelled_examples is None
    assert "Give a number" in form.errors["labelled_examples"]
