"""What a provider may cache is marked where it wants marks, and what came from its cache is counted."""

from collections.abc import Iterator

import pytest
from answer_samples import TALK, Ask, Make, exact
from anthropic_server import AnthropicServer
from chat_server import ChatServer, evidence

from assistant.index.opened import OpenIndex

QUESTIONS = ("What does a LoRA training run cost?", "What is the 80% rule?")
MARK = {"type": "ephemeral"}


@pytest.fixture
def anthropic() -> Iterator[AnthropicServer]:
    with AnthropicServer() as running:
        yield running


@pytest.fixture
def claude(with_model: Make, anthropic: AnthropicServer) -> Make:
    def make(**more: object) -> object:
        own = {"model": "anthropic:local", "model_base_url": anthropic.address, "model_api_key": "k", "examples": "all"}
        return with_model(**(own | more))

    return make


def test_the_stable_block_is_marked_and_the_retrieved_sentences_are_not(
    claude: Make, ask: Ask, anthropic: AnthropicServer, notes: OpenIndex
) -> None:
    answer = ask(claude(), QUESTIONS[0])
    (body,) = anthropic.requests
    stable, varying = body["system"]
    assert stable["cache_control"] == MARK
    assert stable["text"].startswith("Answer the question")
    assert "Example question:" in stable["text"]
    assert set(varying) == {"type", "text"}
    assert varying["text"].startswith("Numbered sentences")
    assert body["messages"] == [{"role": "user", "content": QUESTIONS[0]}]
    assert answer.model == "anthropic:local"
    assert answer.answer == f"{evidence(body)[0][1]} [1]"
    assert exact(answer, notes)


def test_the_whole_documents_are_one_marked_block(claude: Make, ask: Ask, anthropic: AnthropicServer) -> None:
    pipeline = claude(context="whole")
    for question in QUESTIONS:
        ask(pipeline, question)
    first, second = (body["system"] for body in anthropic.requests)
    assert first == second
    assert [set(block) for block in first] == [{"type", "text", "cache_control"}]


def test_what_the_cache_was_written_and_read_is_counted(claude: Make, ask: Ask, anthropic: AnthropicServer) -> None:
    pipeline = claude(context="whole")
    written, read = (ask(pipeline, question).usage for question in QUESTIONS)
    first, second = anthropic.usage
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 1000
    assert (first["cache_read_input_tokens"], second["cache_creation_input_tokens"]) == (0, 0)
    assert written.cached_input_tokens == 0
    assert written.input_tokens == first["input_tokens"] + first["cache_creation_input_tokens"]
    assert read.cached_input_tokens == second["cache_read_input_tokens"]
    assert read.input_tokens == second["input_tokens"] + second["cache_read_input_tokens"]
    assert (written.output_tokens, read.output_tokens) == (9, 9)


def test_condensing_is_not_marked_since_no_other_question_begins_like_it(
    claude: Make, ask: Ask, anthropic: AnthropicServer
) -> None:
    ask(claude(), "And how much is that?", TALK)
    assert isinstance(anthropic.requests[0]["system"], str)
    assert isinstance(anthropic.requests[1]["system"], list)


def test_other_providers_get_one_plain_text(with_model: Make, ask: Ask, server: ChatServer) -> None:
    ask(with_model(), QUESTIONS[0])
    assert isinstance(server.requests[0]["messages"][0]["content"], str)
    assert "cache_control" not in str(server.requests[0])
