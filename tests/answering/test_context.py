"""What a chat model is given: the whole documents or what was found, behind a prefix no question changes."""

import hashlib
import os
import re
import subprocess
import sys
from itertools import takewhile

import pytest
from answer_samples import QUESTION, Ask, Make, exact
from chat_server import Body, ChatServer, evidence, quoting, system

from assistant.answering.calls import estimated_tokens
from assistant.answering.pipeline import Pipeline
from assistant.answering.prompts import examples, joined, rules, worked
from assistant.corpus.furniture import is_furniture
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
    pipeline = with_model()
    for question in QUESTIONS:
        ask(pipeline, question)
    stable = joined(rules(), worked(examples()))
    rest = [system(body).removeprefix(stable) for body in server.requests]
    assert len(set(rest)) == len(QUESTIONS)
    assert all(text.startswith("\n\nNumbered sentences\n[1] (") for text in rest)


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
    answer = ask(with_model(), QUESTION)
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
