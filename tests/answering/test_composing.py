"""How an answer made of statements opens, by what is asked, and the form it takes."""

import re

import pytest

from assistant import Assistant
from assistant.answering.composed import Composed, Sentence, shaped
from assistant.retrieval.lexicon import relations
from assistant.retrieval.reading import Form
from assistant.types import Turn

OPENS = {
    "Does fine-tuning always beat prompting?": "No. ",
    "Does RAG solve everything?": "No. ",
    "Is an eval always needed before training?": "Yes. ",
    "Can a small tuned model beat a large one?": "Yes. ",
    "Do all authors agree that evals come first?": "Yes. ",
    "Do all four essays mention caching?": "No. Only Tian Pan speaks of this.",
    "Who wrote about Brex?": "The Logic founder",
    "In one word: fine-tune for facts, yes or no?": "No. [1]",
    "Is it too early for us to fine-tune if we have no tests?": "Yes. ",
    "Is there a risk of customer data leaking via a fine-tuned model?": "Yes. ",
    "Does the Logic founder ever recommend fine-tuning?": "Yes. ",
    "Is the upkeep of a tuned model negligible?": "No. ",
    "Is tuning a 70B model out of reach with one gaming card?": "Yes. ",
    "Would fine-tuning cure faulty logic?": "No. ",
    "Why do all four authors reject fine-tuning completely?": "None of the four rules fine-tuning out",
    "Why did Logic fine-tune a model for the purchase orders?": "Not so: ",
    "When is fine-tuning worth it?": "When prompting and retrieval fall short",
    "who says the prompt is the code?": "The Logic founder",
    "How do I calculate whether fine-tuning saves money?": "",
    "What does the trade journal conclude?": "DevX concludes",
    "List the cases where fine-tuning is right": "When prompting and retrieval fall short",
    "What fits a 13B model in memory?": "The essays do not give this for 13B.",
    "Summarize Dumitru's ladder in three bullets": "- The ladder starts with the prompt",
    "We have 2,000 clean tickets and latency must be under 300 ms. Fine-tune?": "It depends. A better prompt first.",
    "We have 5,000 labelled support emails and a tight latency budget. What would you do?": "A better prompt first.",
}
"""Questions and the first words of their answers."""


@pytest.mark.parametrize(("question", "opening"), OPENS.items())
def test_the_first_words_answer(assistant: Assistant, question: str, opening: str) -> None:
    assert assistant.ask(question).answer.lstrip().startswith(opening)


def test_an_item_of_an_authors_list_is_asked_of_that_author_and_why_adds_to_it(assistant: Assistant) -> None:
    talk: list[Turn] = []
    told = []
    for message in ("What are DevX's seven patterns where fine-tuning fails?", "explain number three", "why?"):
        told.append(assistant.ask(message, talk))
        talk += [Turn(role="user", content=message), Turn(role="assistant", content=told[-1].answer)]
    assert "latency" in told[1].answer
    assert {one.source_id for one in (*told[1].citations, *told[2].citations)} == {"devx-helps-hurts"}
    assert told[2].answer not in told[1].answer


def test_a_limit_of_words_is_kept_by_saying_it_otherwise(assistant: Assistant) -> None:
    answer = assistant.ask("In at most 25 words, why does Dumitru call the weights a black box?").answer
    assert 5 < len(re.sub(r"\[\d+\]", "", answer).split()) <= 25


@pytest.mark.parametrize(
    "question", ["What should we do before we fine-tune?", "What should a team do prior to training?"]
)
def test_what_comes_before_training_is_no_reason_to_train(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question).answer.lower()
    assert "prompt" in answer
    assert "right call" not in answer


def test_conditions_against_are_followed_by_none_in_favor(assistant: Assistant) -> None:
    assert "right call" not in assistant.ask("In what situations should we leave the weights alone?").answer


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("Name two risks of fine-tuning.", 2),
        ("Give me three reasons not to fine-tune.", 3),
        ("Summarize the Logic essay in three bullets.", 3),
        ("List four cases where training makes sense.", 4),
    ],
)
def test_as_many_points_as_are_asked_for(assistant: Assistant, question: str, count: int) -> None:
    lines = assistant.ask(question).answer.splitlines()
    assert len([line for line in lines if line.startswith("- ")]) == count


def test_a_list_that_is_too_long_is_shown_whole_in_few_words() -> None:
    lead = Sentence("Tides do three things: they rise; they stand, for a while; they fall.", ("a:b",))
    long = Sentence(" ".join(["word"] * 60), ("a:b",))
    opening, items, listed = shaped(Composed("prepared", (lead,), (long,) * 3, listed=True), Form())
    assert ([one.text for one in opening], listed) == (["Tides do three things:"], True)
    assert [one.text for one in items] == ["They rise", "They stand, for a while", "They fall"]


def test_two_sentences_are_two(assistant: Assistant) -> None:
    answer = assistant.ask("In two sentences: why do evals matter before training?")
    assert len(answer.claims) == 2


def test_a_table_of_all_authors_is_on_the_subject_that_is_named(assistant: Assistant) -> None:
    answer = assistant.ask("Compare all four authors on LoRA in a table.").answer
    assert answer.startswith("|  | LoRA and QLoRA |")
    assert "| Ionut Dumitru | The essays do not say |" in answer


def test_a_clause_behind_a_colon_is_no_list() -> None:
    bees = Composed("statement", lead=(said("What decides is the weather: then, says Ada, bees fly, work and sleep."),))
    assert [s.text for s in shaped(bees, Form(listed=True))[1]] == [bees.lead[0].text]


def said(text: str) -> Sentence:
    return Sentence(text, ("a:one",))


def test_a_sentence_that_enumerates_as_many_is_taken_apart_and_no_other() -> None:
    bees = Composed("statement", lead=(said("Bees need three things: water, light and peace."),))
    lead, items, listed = shaped(bees, Form(points=3, listed=True))
    assert ([s.text for s in lead], [s.text for s in items], listed) == (
        ["Bees need three things:"], ["Water", "Light", "Peace"], True
    )  # fmt: skip
    _, items, _ = shaped(bees, Form(points=2, listed=True))
    assert [s.text for s in items] == ["Bees need three things: water, light and peace."]


def test_fewer_points_than_a_list_has_go_without_the_sentence_that_counts_all() -> None:
    four = Composed("prepared", lead=(said("There are four."),), items=tuple(map(said, "ABCD")), listed=True)
    assert shaped(four, Form(points=2, listed=True)) == ([], [said("A"), said("B")], True)
    assert shaped(four, Form(points=4, listed=True))[0] == [said("There are four.")]


def test_words_of_relation_are_kept_with_what_they_stand_before() -> None:
    assert relations("What comes before a fine-tune?") == ("~before", "~before tune")
    assert relations("Can it work without labels?") == ("~without", "~without label")
    assert relations("What does it cost?") == ()


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("No. Facts are for retrieval, and not for weights.", 3, "No."),
        (
            "Facts in weights are costly, says Ionut Dumitru: facts change.",
            8,
            "Facts in weights are costly: facts change.",
        ),
        (
            "Tian Pan names three: training, data, and ongoing maintenance.",
            6,
            "Training, data, and ongoing maintenance.",
        ),
        ("Write the evaluation first.", 4, "Write the evaluation first."),
    ],
)
def test_an_answer_is_cut_to_the_words_wanted_without_turning_it(text: str, most: int, kept: str) -> None:
    lead, _, _ = shaped(Composed("prepared", lead=(Sentence(text, ("a:b",)),)), Form(max_words=most))
    assert lead[0].text == kept


def test_the_name_before_a_sentence_counts_among_the_words_wanted() -> None:
    items = tuple(Sentence("One two three.", (f"a:{n}",), label="Ionut Dumitru: ") for n in range(4))
    _, shown, _ = shaped(Composed("compared", items=items, listed=True), Form(max_words=12))
    assert len(shown) == 2


def test_a_lone_pronoun_stands_for_the_one_technique_asked_about_before(assistant: Assistant) -> None:
    talk = [("user", "What is retrieval good for?"), ("assistant", "Retrieval is for facts that the model lacks. [1]")]
    history = [{"role": role, "content": content} for role, content in talk]
    answer = assistant.ask("and what is it not good for?", history=history).answer
    assert answer.startswith("Retrieval is for missing facts")
    assert "another kind" in answer


@pytest.mark.parametrize(
    ("question", "head", "rows"),
    [
        ("table: options vs. cost and data needed", "|  | Cost | Data needed |", 5),
        ("Compare the approaches by risk in a table", "|  | Risk |", 7),
    ],
)
def test_a_table_of_the_options_has_those_of_which_most_is_known(
    assistant: Assistant, question: str, head: str, rows: int
) -> None:
    first, _, *lines = assistant.ask(question).answer.splitlines()
    assert first == head
    assert len(lines) >= rows


def test_two_options_are_told_apart_in_one_sentence_where_that_is_wanted(assistant: Assistant) -> None:
    answer = assistant.ask("In one sentence: what's the difference between prompting and LoRA?").answer
    assert answer.startswith("Prompting: ")
    assert "; LoRA: " in answer


def test_who_is_asked_for_the_strictest_does_not_get_the_kindest(assistant: Assistant) -> None:
    assert assistant.ask("Which author is the wariest of training models?").answer.startswith("The Logic founder")


def test_a_name_with_odd_capitals_counts_in_small_letters_and_other_words_for_a_name_count(
    assistant: Assistant,
) -> None:
    assert "DevX" in assistant.ask("what does devx say about compliance?").answer
    assert "mention RAG" not in assistant.ask("Does DevX recommend RAG first?").answer
