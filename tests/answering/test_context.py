"""What a chat model is given: the whole documents or what was found, behind a prefix no question changes."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile

import pytest
from answer_samples import QUESTION, Ask, Make, exact
from chat_server import Body, ChatServer, evidence, quoting, saying, system

from assistant import Assistant
from assistant.answering.calls import estimated_tokens
from assistant.answering.context import FEWEST, LARGE_BUDGET, SMALL_BUDGET, SMALL_EXAMPLES, SMALL_SENTENCES
from assistant.answering.models import ChatModel
from assistant.answering.pipeline import Pipeline
from assistant.answering.prompts import REFUSAL, examples, joined, rules, worked
from assistant.answering.stages import Done
from assistant.corpus.furniture import is_furniture
from assistant.corpus.loading import load_corpus
from assistant.errors import ConfigurationError
from assistant.index.opened import OpenIndex
from assistant.settings import Settings, load_settings

QUESTIONS = (QUESTION, "What is the 80% rule?", "How do Pan and Dumitru differ on when to fine-tune?")


def sha256(body: Body) -> str:
    return hashlib.sha256(system(body).encode()).hexdigest()


def shown(body: Body) -> list[str]:
    """The questions of the worked examples in a prompt, in order."""
    return re.findall(r"^Example question: (.*)$", system(body), re.MULTILINE)


def common_start(texts: list[str]) -> str:
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in alike)


def test_retrieved_is_what_is_set_unless_somebody_sets_otherwise() -> None:
    assert Settings().context == "retrieved"


def test_the_whole_documents_are_given_sentence_by_sentence(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex
) -> None:
    answer = ask(with_model(context="whole"), QUESTION)
    listed = evidence(server.requests[0])
    spans = [(p.source_id, span) for p in notes.passages for span in p.sentences]
    every = {" ".join(text.split()) for i, s in spans if not is_furniture(text := s.of(notes.essays[i].text))}
    assert [number for number, _ in listed] == list(range(1, len(listed) + 1))
    assert len(listed) > 200
    assert {" ".join(text.split()) for _, text in listed} == every
    assert all(
        f"({'notes on '}" in system(server.requests[0]) and e.title in system(server.requests[0])
        for e in notes.essays.values()
    )
    assert server.requests[0]["messages"][-1] == {"role": "user", "content": QUESTION}
    drafting = next(stage for stage in answer.trace if stage.stage == "draft").detail
    assert (drafting["context"], drafting["evidence"]) == ("whole", len(listed))


def test_an_answer_from_the_whole_is_verified_like_any_other(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex
) -> None:
    def half_true(body: Body):
        number, text = evidence(body)[-1]
        yield f"{text} [{number}] Turtles pilot nuclear submarines nightly. [{number}][9998]"

    server.reply = half_true
    answer = ask(with_model(context="whole"), QUESTION)
    assert exact(answer, notes)
    assert "Turtles" not in answer.answer
    assert (answer.trace[-2].detail["dropped"], answer.trace[-2].detail["forged_marks"]) == (1, 1)


def test_a_model_that_fails_leaves_the_same_extracted_answer(
    with_model: Make, ask: Ask, server: ChatServer, extractive: Pipeline
) -> None:
    server.status = 500
    assert ask(with_model(context="whole"), QUESTION).answer == ask(extractive, QUESTION).answer


def test_whether_to_abstain_stays_ours(with_model: Make, ask: Ask, server: ChatServer) -> None:
    assert ask(with_model(context="whole"), "Who won the football world cup in 1998?").abstained
    assert server.requests == []


def test_every_question_is_asked_behind_the_same_bytes(with_model: Make, ask: Ask, server: ChatServer) -> None:
    pipeline = with_model(context="whole")
    for question in QUESTIONS:
        ask(pipeline, question)
    assert len({sha256(body) for body in server.requests}) == 1
    assert [body["messages"][1]["content"] for body in server.requests] == list(QUESTIONS)


@pytest.mark.slow
def test_another_process_sends_the_same_bytes(with_model: Make, ask: Ask, server: ChatServer) -> None:
    ask(with_model(context="whole"), QUESTION)
    code = "from assistant import Assistant; Assistant().ask('What is the 80% rule?')"
    chosen = {"MODEL": "openai:local", "MODEL_BASE_URL": server.address, "CONTEXT": "whole"}
    env = os.environ | {f"ASSISTANT_{name}": value for name, value in chosen.items()} | {"PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=200)
    ours, theirs = server.requests
    assert sha256(ours) == sha256(theirs)


def test_retrieved_sentences_come_behind_rules_and_examples(with_model: Make, ask: Ask, server: ChatServer) -> None:
    pipeline = with_model(examples="all")
    for question in QUESTIONS:
        ask(pipeline, question)
    stable = joined(rules(), worked(examples()))
    rest = [system(body).removeprefix(stable) for body in server.requests]
    assert len(set(rest)) == len(QUESTIONS)
    assert all(text.startswith("\n\nNumbered sentences\n(notes on ") for text in rest)


def size(body: Body) -> int:
    return estimated_tokens("\n\n".join(message["content"] for message in body["messages"]))


@pytest.fixture(scope="module")
def with_statements(assistant: Assistant, chat: ChatServer) -> Make:
    """``with_statements(prompt_budget=300)``: a pipeline over the essays with all that belongs to them."""
    corpus = load_corpus(assistant.settings)

    def make(**more: object) -> Pipeline:
        chosen: dict[str, object] = {"model": "openai:local", "model_base_url": chat.address}
        return Pipeline(load_settings(**(chosen | more)), assistant.index, corpus)

    return make


@pytest.fixture(scope="module")
def chat() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


def test_the_prompt_fits_a_small_model(with_statements: Make, ask: Ask, chat: ChatServer) -> None:
    pipeline = with_statements()
    for question in QUESTIONS:
        ask(pipeline, question)
        body = chat.requests[-1]
        assert size(body) <= SMALL_BUDGET
        assert 8 <= len(evidence(body)) <= SMALL_SENTENCES
        assert system(body).startswith(rules(may_refuse=False))


def test_the_statements_that_answer_come_first(with_statements: Make, ask: Ask, chat: ChatServer) -> None:
    pipeline = with_statements()
    for question in QUESTIONS:
        extracted = next(d for d in pipeline.stream(question, model="extractive") if isinstance(d, Done)).answer
        ask(pipeline, question)
        shown = [text for _, text in evidence(chat.requests[-1])]
        assert {" ".join(c.quote.split()) for c in extracted.citations} <= set(shown)


@pytest.mark.parametrize("budget", [50, 600, 1500])
def test_a_budget_of_ones_own_holds(with_statements: Make, ask: Ask, chat: ChatServer, budget: int) -> None:
    ask(with_statements(prompt_budget=budget), QUESTION)
    listed = evidence(chat.requests[-1])
    assert len(listed) == FEWEST if budget < 600 else size(chat.requests[-1]) <= budget
    assert (len(listed) > SMALL_SENTENCES) == (budget > SMALL_BUDGET)


def test_examples_are_shown_as_far_as_they_fit(with_statements: Make, ask: Ask, chat: ChatServer) -> None:
    ask(with_statements(prompt_budget=4000), QUESTION)
    assert len(shown(chat.requests[-1])) == SMALL_EXAMPLES
    ask(with_statements(), QUESTION)
    assert len(shown(chat.requests[-1])) < SMALL_EXAMPLES


def test_a_hosted_model_is_given_more(with_statements: Make, ask: Ask, chat: ChatServer) -> None:
    pipeline = with_statements()
    assert pipeline.model is not None
    pipeline.model.small = False
    ask(pipeline, QUESTION)
    assert SMALL_BUDGET < size(chat.requests[-1]) <= LARGE_BUDGET
    assert len(evidence(chat.requests[-1])) > SMALL_SENTENCES
    assert len(shown(chat.requests[-1])) == len(examples())


@pytest.mark.parametrize(
    ("model", "address", "small"),
    [
        ("ollama:qwen3", None, True),
        ("openai:m", "http://127.0.0.1:8080/v1", True),
        ("openai:m", "http://10.0.0.7/v1", True),
        ("openai:m", "http://llama:8080/v1", True),
        ("openai:m", "https://api.openai.com/v1", False),
        ("openai:m", "https://models.example.com/v1", False),
        ("openai:m", None, False),
        ("anthropic:m", None, False),
    ],
)
def test_a_model_on_ones_own_machines_counts_as_small(model: str, address: str | None, small: bool) -> None:
    assert ChatModel(load_settings(model=model, model_base_url=address, model_api_key="k")).small == small


@pytest.mark.parametrize("small", [True, False])
def test_a_small_model_that_finds_nothing_leaves_the_extracted_answer(
    with_statements: Make, ask: Ask, chat: ChatServer, small: bool
) -> None:
    """Whether the essays answer is decided in code, and better so than by a model that fits on a laptop."""
    pipeline = with_statements()
    assert pipeline.model is not None
    pipeline.model.small = small
    chat.reply = saying(REFUSAL)
    answer = ask(pipeline, QUESTION)
    assert answer.abstained != small
    assert (f"exactly: {REFUSAL}" in system(chat.requests[-1])) != small
    assert ("found no answer in the sentences" in " ".join(answer.notices)) == small


def test_both_sides_of_a_comparison_are_given(with_statements: Make, ask: Ask, chat: ChatServer) -> None:
    ask(with_statements(), QUESTIONS[2])
    listed = system(chat.requests[-1])
    assert "Pan)" in listed
    assert "Dumitru)" in listed


def test_auto_takes_the_whole_where_it_fits_and_else_what_was_found(
    with_model: Make, ask: Ask, server: ChatServer
) -> None:
    ask(with_model(context="auto"), QUESTION)
    whole = evidence(server.requests[0])
    ask(with_model(context="auto", context_budget=100), QUESTION)
    assert len(evidence(server.requests[1])) < len(whole) / 2


def test_a_whole_that_does_not_fit_is_refused_with_the_figures(with_model: Make) -> None:
    with pytest.raises(ConfigurationError, match=r"take about [\d,]+ tokens \(estimated.*BUDGET allows 100\."):
        with_model(context="whole", context_budget=100)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2)])
def test_four_characters_are_taken_for_a_token(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


def test_all_examples_are_shown_in_the_order_of_their_file(with_model: Make, ask: Ask, server: ChatServer) -> None:
    answer = ask(with_model(examples="all"), QUESTION)
    assert shown(server.requests[0]) == [example["question"] for example in examples()]
    assert next(stage for stage in answer.trace if stage.stage == "draft").detail["examples"] == len(examples())


def test_no_example_is_shown_where_none_is_wanted(with_model: Make, ask: Ask, server: ChatServer) -> None:
    ask(with_model(examples="0"), QUESTION)
    assert "Worked examples" not in system(server.requests[0])
    assert shown(server.requests[0]) == []


def test_as_many_as_there_are_means_all(with_model: Make, ask: Ask, server: ChatServer) -> None:
    for wanted in ("all", str(len(examples())), "99"):
        ask(with_model(examples=wanted), QUESTION)
    assert len({sha256(body) for body in server.requests}) == 1


@pytest.mark.parametrize("context", ["retrieved", "whole"])
def test_the_nearest_examples_come_behind_the_stable_part(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex, context: str
) -> None:
    pipeline = with_model(examples="2", context=context)
    for question in QUESTIONS:
        ask(pipeline, question)
    vectors = notes.encode([example["question"] for example in examples()])
    for question, body in zip(QUESTIONS, server.requests, strict=True):
        likeness = vectors @ notes.encode([question])[0]
        nearest = [examples()[row]["question"] for row in likeness.argsort()[-2:]]
        assert shown(body) == nearest
    same = common_start([system(body) for body in server.requests])
    assert same.startswith(rules())
    assert ("Numbered sentences" in same) == (context == "whole")
    if context == "whole":
        last = evidence(server.requests[0])[-1]
        assert f"[{last[0]}] " in same


@pytest.mark.parametrize("wanted", ["-1", "some", "1.5", "1000"])
def test_a_number_of_examples_that_is_none_is_refused(wanted: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_EXAMPLES"):
        load_settings(examples=wanted)


def test_a_quote_from_anywhere_can_be_cited(with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex) -> None:
    server.reply = quoting(0, -1)
    answer = ask(with_model(context="whole"), QUESTION)
    assert len({citation.source_id for citation in answer.citations}) == 2
    assert exact(answer, notes)
