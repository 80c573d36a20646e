"""How an answer was made, in words."""

import re

import pytest

from assistant import Assistant
from assistant.types import StageTrace, Turn, Usage
from assistant.web.chat.records import described, exchange_of, trace_html


def test_every_stage_is_told_with_its_time_and_every_passage_with_its_score(assistant: Assistant) -> None:
    answer = assistant.ask("What is catastrophic forgetting?")
    html = str(trace_html(exchange_of(answer, assistant.essays, None), assistant.essays))
    assert re.findall(r"<th>(\w+)</th>", html) == [stage.stage.capitalize() for stage in answer.trace]
    assert len(re.findall(r"<td>[\d.]+ m?s</td>", html)) == len(answer.trace)
    assert re.findall(r'class="score">([\d.]+)<', html) == [f"{passage.score:.2f}" for passage in answer.passages]
    assert "Answered by extractive, no tokens of a chat model." in html
    assert answer.id in html
    assert answer.index_fingerprint[:12] in html


def test_a_chat_models_tokens_are_described(assistant: Assistant) -> None:
    usage = Usage(input_tokens=1200, output_tokens=80, cached_input_tokens=1000)
    answer = assistant.ask("What is RAG?").model_copy(update={"usage": usage, "model": "openai:local"})
    html = str(trace_html(exchange_of(answer, assistant.essays, "mine"), assistant.essays))
    assert "Answered by openai:local, 1,200 tokens read (1,000 from a cache), 80 written." in html
    assert "Corpus mine." in html


def test_a_question_that_leans_on_the_last_one_is_told_as_it_was_read(assistant: Assistant) -> None:
    history = (
        Turn(role="user", content="What does Tian Pan say about catastrophic forgetting?"),
        Turn(role="assistant", content="It overwrites general capabilities."),
    )
    trace = assistant.ask("Why does it happen?", history).trace
    assert described(trace[0]).startswith("Read with what was said before (leans on the last): “")


@pytest.mark.parametrize(
    ("message", "sentences"),
    [
        ("Hello!", ["Understood as a greeting.", "Nothing to search for.", "Nothing to judge."]),
        ("What can you do?", ["Understood as a question about the assistant.", "Nothing to search for."]),
        ("Summarise Tian Pan's essay", ["Understood as a request for a summary.", "by meaning", "Nothing to judge."]),
        (
            "We have 200 labelled tickets and the categories change monthly. Should we fine-tune?",
            ["Understood as a case to advise on.", "by meaning", "answer it.", "of the decision framework: "],
        ),
    ],
)
def test_a_message_that_is_no_plain_question_is_described_as_it_was_handled(
    assistant: Assistant, message: str, sentences: list[str]
) -> None:
    made = [described(stage) for stage in assistant.ask(message).trace]
    assert [sentence for sentence, words in zip(made, sentences, strict=False) if words not in sentence] == []
    assert len(made) >= len(sentences)


@pytest.mark.parametrize(
    ("stage", "detail", "words"),
    [
        ("condense", {"how": "stands alone", "parts": ["a", "b"]}, "Split into 2 questions."),
        ("judge", {"answerable": False, "parts": [{"reason": "No GPU is named.", "confidence": 0.5}]}, "No GPU"),
        ("verify", {"kept": 1, "dropped": 2, "forged_marks": 1}, "1 sentence borne out by the cited words, 2 dropped"),
        ("draft", {"by": "extractive", "statements": ["a", "b"]}, "Composed of 2 statements by extractive."),
        ("a stage of tomorrow", {"x": 1}, ""),
    ],
)
def test_each_stage_is_told_in_a_sentence(stage: str, detail: dict[str, object], words: str) -> None:
    assert words in described(StageTrace(stage=stage, ms=1, detail=detail))
