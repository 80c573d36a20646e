"""What people say besides questions, and that questions stay questions."""

import pytest

from assistant.answering.pipeline import Pipeline
from assistant.answering.replies import intent_of
from assistant.corpus.loading import load_corpus
from assistant.settings import load_settings

ESSAYS = load_corpus(load_settings()).essays
EVERY = tuple(essay.id for essay in ESSAYS)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("hello", "greeting"),
        ("Hi!", "greeting"),
        ("good morning", "greeting"),
        ("Hey there :)", "greeting"),
        ("thanks", "thanks"),
        ("Thank you so much!", "thanks"),
        ("Ok, thanks", "thanks"),
        ("bye", "farewell"),
        ("What can you do?", "abilities"),
        ("help", "abilities"),
        ("who are you?", "abilities"),
        ("Who made you?", "nature"),
        ("Which essay should I read first?", "essays"),
        ("how does this work?", "abilities"),
        ("hi, what can you do?", "abilities"),
        ("Which essays do you know?", "essays"),
        ("what are your sources?", "essays"),
        ("list the essays", "essays"),
        ("Who wrote these essays?", "essays"),
    ],
)
def test_small_talk_is_seen(message: str, kind: str) -> None:
    assert intent_of(message, ESSAYS).kind == kind


@pytest.mark.parametrize(
    "message",
    [
        "what can fine-tuning do?",
        "hi, when should I fine-tune?",
        "hello, what does LoRA cost?",
        "What can you do about catastrophic forgetting?",
        "help me choose between RAG and fine-tuning",
        "thanks, and what about privacy?",
        "which essays mention ENIAC?",
        "what are the seven patterns?",
        "how does this work with 200 tickets?",
        "what is this LoRA everyone talks about?",
        "Who wrote the first stored program?",
        "how can prompt engineering help me?",
        "goodbye prompts, hello weights: is that wise?",
        "what do the essays say about cost?",
        "ok but why?",
    ],
)
def test_real_questions_stay_questions(message: str) -> None:
    assert intent_of(message, ESSAYS).kind == "question"


@pytest.mark.parametrize(
    ("message", "essays"),
    [
        ("Summarize Dumitru's essay", ("dumitru-answer",)),
        ("summarise logic-trap", ("logic-trap",)),
        ("tl;dr of Pan's framework please", ("pan-framework",)),
        ("What is the main argument of Fine-Tuning Is (Probably) A Trap?", ("logic-trap",)),
        ("Give me an overview of all four essays", EVERY),
    ],
)
def test_a_summary_knows_of_which_essays(message: str, essays: tuple[str, ...]) -> None:
    intent = intent_of(message, ESSAYS)
    assert (intent.kind, intent.essays) == ("summary", essays)


@pytest.mark.parametrize(
    "message",
    ["Who wrote Fine-Tuning Is (Probably) A Trap?", "when was Dumitru's essay published?", "link to Pan's article"],
)
def test_questions_about_an_essay_itself(message: str) -> None:
    assert intent_of(message, ESSAYS).kind == "about"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("hello", "Hello! I answer questions"),
        ("thanks!", "You are welcome."),
        ("what can you do?", "carries a numbered citation"),
        ("which essays do you know?", "notes on four essays"),
        ("Who wrote Fine-Tuning Is (Probably) A Trap?", "Bits of Logic"),
    ],
)
def test_each_gets_a_fitting_reply(extractive: Pipeline, ask, message: str, said: str) -> None:
    answer = ask(extractive, message)
    assert said in answer.answer
    assert not answer.abstained
    assert answer.citations == ()
    assert answer.followups


def test_the_list_of_essays_calls_notes_notes(extractive: Pipeline, ask) -> None:
    answer = ask(extractive, "which essays do you know?").answer
    for essay in ESSAYS:
        assert f'Notes on "{essay.title}"' in answer
        assert str(essay.url) in answer


@pytest.mark.parametrize("source_id", EVERY)
def test_a_summary_cites_its_essay_alone(extractive: Pipeline, ask, source_id: str) -> None:
    answer = ask(extractive, f"Summarize {source_id}")
    assert {citation.source_id for citation in answer.citations} == {source_id}
    assert 2 <= len(answer.claims) <= 5
    assert len({citation.section for citation in answer.citations}) == len(answer.citations)


def test_a_summary_of_all_names_each_author(extractive: Pipeline, ask) -> None:
    answer = ask(extractive, "Give me an overview of all four essays")
    assert {citation.source_id for citation in answer.citations} == set(EVERY)
    assert all(essay.byline in answer.answer for essay in ESSAYS)
