"""The one reader of a question, and of what a follow-up asks, as tables of cases."""

import pytest

from assistant.quantities import quantities
from assistant.retrieval.conversation import list_items, parts_of, standalone
from assistant.retrieval.opposites import exchanged, opposed
from assistant.retrieval.reading import form_of, plain, words_read
from assistant.types import Essay, Turn

ESSAYS = (
    Essay(id="a", title="On bees", author="Ada Byron", publisher="Hive", text="."),
    Essay(id="b", title="On wasps", author="Grace Hopper", text="."),
)
KINDS = {
    "Is a prompt enough?": ("verdict", False),
    "Isn't tuning simply the best way?": ("verdict", False),
    "Is it unwise to train first?": ("verdict", True),
    "We have 40 pages. Should we train?": ("verdict", False),
    "When should I train?": ("when", False),
    "When should I not train?": ("when", True),
    "Under which conditions is training a mistake?": ("when", True),
    "Why do prompts win?": ("reasons", False),
    "What speaks against training?": ("reasons", True),
    "How much memory does it take?": ("amount", False),
    "What does a run cost?": ("amount", False),
    "What is RAG?": ("definition", False),
    "How do I start?": ("how", False),
    "Should tests come before or after a run?": ("what", False),
    "Should we prompt or train?": ("what", False),
    "What are the weaknesses of a prompt?": ("reasons", True),
    "Where do the two differ?": ("difference", False),
    "What do all of them agree on?": ("agreement", False),
    "Who is the strictest?": ("who", False),
    "Which essays speak of caching?": ("comparison", False),
}
FORMS = {
    "Sum it up in two sentences": {"max_sentences": 2},
    "in one line please": {"max_sentences": 1},
    "the costs as bullets": {"listed": True},
    "Sum it up in three bullets": {"points": 3, "listed": True},
    "Name two risks of a run.": {"points": 2, "listed": True},
    "top 5 mistakes?": {"points": 5, "listed": True},
    "We have two reasons to train. Are they good?": {},
    "as a table": {"table": True},
    "TL;DR, max 40 words": {"max_words": 40, "max_sentences": 1},
    "What does it cost?": {},
}
FOLLOW_UPS = {
    "thanks, and by how much?": "and by how much? (How much memory does a 70B take)",
    "no, I meant 7B": "How much memory does a 7B take?",
    "shorter please": "How much memory does a 70B take?",
    "and Hopper?": "How much memory does a 70B take according to Grace Hopper?",
    "When do bees build a new hive?": "When do bees build a new hive?",
}


def test_what_is_asked_and_its_polarity() -> None:
    read = {question: (plain(question).asked, plain(question).denied) for question in KINDS}
    assert {q: got for q, got in read.items() if got != KINDS[q]} == {}


def test_the_form_that_is_wanted() -> None:
    read = {text: form_of(text).model_dump(exclude_defaults=True) for text in FORMS}
    assert {text: got for text, got in read.items() if got != FORMS[text]} == {}


def test_words_that_the_reader_looks_for_are_no_typing_slips() -> None:
    assert {"sorry", "typo", "oops", "bullets", "checklist"} <= words_read()


def test_numbers_with_their_units() -> None:
    text = "24GB, 40K examples, $9,000, 60 percent, thirty seconds, 5 million calls and 1.5 months"
    assert [(q.value, q.unit) for q in quantities(text)] == [
        (24, "GB"), (40_000, "examples"), (9_000, "USD"), (60, "percent"), (30, "seconds"), (5e6, "calls"),
        (1.5, "months"),
    ]  # fmt: skip


def test_a_follow_up_edits_the_question_that_stands() -> None:
    history = [Turn(role="user", content="How much memory does a 70B take?"), Turn(role="assistant", content="A lot.")]
    read = {said: parts_of(standalone(said, history, ESSAYS))[0].search for said in FOLLOW_UPS}
    assert {m: got for m, got in read.items() if got != FOLLOW_UPS[m]} == {}


def test_thanks_between_two_questions_change_nothing() -> None:
    said = ["How much memory does a 70B take?", "ok thanks", "no, I meant 7B"]
    history = [Turn(role="user", content=text) for text in said[:-1]]
    assert standalone(said[-1], history, ESSAYS).text == "How much memory does a 7B take?"


@pytest.mark.parametrize(
    ("message", "item"), [("explain the second", "Explain “wasps”"), ("why the last one?", "why moths?")]
)
def test_an_item_of_the_last_list_is_named_by_its_place(message: str, item: str) -> None:
    reply = "Three things fly here: bees, wasps, and moths. [1]"
    history = [Turn(role="user", content="What flies here?"), Turn(role="assistant", content=reply)]
    assert standalone(message, history, ESSAYS).text == item


def test_items_that_open_with_one_word_are_whole() -> None:
    assert list_items("It asks two things: whether a, b or c fails, whether d holds, and whether e does.") == [
        "whether a, b or c fails", "whether d holds", "whether e does",
    ]  # fmt: skip


def test_opposites_turn_a_sentence_round() -> None:
    assert opposed("Is one card enough?", "Do I need a data center?") % 2 == 1
    assert opposed("Is the gap growing?", "Does the gap shrink?") % 2 == 1
    assert opposed("Is the gap growing?", "Is the gap increasing?") == 0


def test_a_comparison_with_its_sides_exchanged_is_turned_round() -> None:
    assert exchanged("Is a tuned model faster than a prompt?", "Is a prompt quicker than a tuned model?")
    assert not exchanged("Is a tuned model faster than a prompt?", "Is a tuned model quicker than a long prompt?")
    assert not exchanged("Is a tuned model fast?", "Is a prompt quicker than a tuned model?")


def test_what_a_follow_up_leans_on_is_chosen_by_content() -> None:
    said = [
        ("How long is probation?", "Probation takes three months. It can be extended once."),
        ("What is paid into the pension?", "The company pays in four percent."),
        ("ok, thanks", "You are welcome."),
    ]
    history = [turn for q, a in said for turn in (Turn(role="user", content=q), Turn(role="assistant", content=a))]
    read = {
        message: parts_of(standalone(message, history, ESSAYS))[0]
        for message in (
            "And can it be extended twice?",
            "And does it pay in more later?",
            "Back to probation: who decides on it?",
        )
    }
    assert [part.search.partition("(")[2].rstrip(")") for part in read.values()] == [
        "How long is probation", "What is paid into the pension", "How long is probation",
    ]  # fmt: skip
    assert read["And does it pay in more later?"].said == "The company pays in four percent."
    alone = standalone("How many days of holiday does a trainee get each year?", history, ESSAYS)
    assert (alone.topic, alone.said) == ("", "")
