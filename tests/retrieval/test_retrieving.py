"""Which passages a question finds among the notes."""

import pytest

from assistant.index.opened import OpenIndex
from assistant.retrieval.retriever import HybridRetriever

AUTHORS = {
    "Dumitru": "dumitru-answer",
    "Tian Pan": "pan-framework",
    "Bits of Logic": "logic-trap",
    "DevX": "devx-helps-hurts",
}


def sources(retriever: HybridRetriever, question: str, k: int = 8) -> list[str]:
    return [passage.source_id for passage in retriever.retrieve(question, k).passages]


@pytest.mark.parametrize(("name", "source_id"), AUTHORS.items())
@pytest.mark.parametrize("about", ["cost", "when to fine-tune"])
def test_a_name_leans_to_that_essay(
    retriever: HybridRetriever, notes: OpenIndex, name: str, source_id: str, about: str
) -> None:
    with_name = sources(retriever, f"What does {name} say about {about}?")
    without = sources(retriever, f"What is said about {about}?")
    assert with_name.count(source_id) > without.count(source_id) or set(with_name[:4]) == {source_id}


@pytest.mark.parametrize(
    "question",
    [
        "How do the authors differ on when fine-tuning is worth it?",
        "What do all four essays agree on?",
        "Compare what each essay says about cost",
        "Where do the essays contradict each other on prompting?",
    ],
)
def test_a_comparing_question_draws_from_several_essays(retriever: HybridRetriever, question: str) -> None:
    found = sources(retriever, question)
    assert len(set(found[:3])) == 3
    assert retriever.retrieve(question).focus.compares


def test_naming_two_authors_draws_from_both_in_turn(retriever: HybridRetriever) -> None:
    found = retriever.retrieve("Pan and Dumitru on evaluation sets")
    assert found.focus.named == ("dumitru-answer", "pan-framework")
    assert {passage.source_id for passage in found.passages[:2]} == {"dumitru-answer", "pan-framework"}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How much VRAM does full fine-tuning of a 7B model take?", "100–120 GB"),
        ("How heavy was the ENIAC?", "thirty tons"),
        ("By how much does Anthropic's prefix caching cut latency?", "85%"),
    ],
)
def test_a_fact_is_found_first(retriever: HybridRetriever, question: str, words: str) -> None:
    found = retriever.retrieve(question)
    assert words in found.passages[0].text
    assert words in found.sentences[0].text


def test_passages_are_exact_distinct_and_best_first(retriever: HybridRetriever, notes: OpenIndex) -> None:
    found = retriever.retrieve("When does fine-tuning help?")
    assert len({passage.id for passage in found.passages}) == 8
    scores = [passage.score for passage in found.passages]
    assert scores == sorted(scores, reverse=True)
    for item in (*found.passages, *found.sentences):
        assert notes.essays[item.source_id].text[item.start : item.end] == item.text


@pytest.mark.parametrize("k", [1, 3, 20, 10_000])
def test_as_many_passages_as_asked_for_or_all(retriever: HybridRetriever, notes: OpenIndex, k: int) -> None:
    assert len(retriever.retrieve("cost of training", k).passages) == min(k, len(notes.passages))


@pytest.mark.parametrize(
    "question", ["????", "日本語の質問", "🦓🦓🦓", "the of and", "x" * 4000, "\\ \" ' ` $ {} [] ()", "-"]
)
def test_odd_questions_still_rank(retriever: HybridRetriever, question: str) -> None:
    assert len(retriever.retrieve(question).passages) == 8


def test_the_same_question_finds_the_same(retriever: HybridRetriever) -> None:
    assert retriever.retrieve("What is LoRA?") == retriever.retrieve("What is LoRA?")
