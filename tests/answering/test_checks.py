"""The checks between the stages: what fails is named, repaired at most once, and never takes back what was shown."""

from collections.abc import Iterator

import pytest
from answer_samples import QUESTION, TALK, Ask, Make, exact
from chat_server import Body, ChatServer, CutOff, evidence, in_turn, quoting, saying, system

from assistant.answering import stages
from assistant.answering.pipeline import Pipeline
from assistant.answering.prompts import REFUSAL
from assistant.answering.stages import Done, Token
from assistant.index.opened import OpenIndex
from assistant.retrieval.retriever import HybridRetriever, Retrieved
from assistant.settings import load_settings

NONSENSE = saying("Turtles pilot nuclear submarines nightly. [1]")
AGAIN = "The chat model was asked once more."


def passed(answer) -> list[tuple[str, object]]:
    """Each stage that has a check, and what it said."""
    return [(stage.stage, stage.detail["check"]) for stage in answer.trace if "check" in stage.detail]


@pytest.mark.parametrize(
    ("problem", "found"),
    [
        (stages.condensed(""), "nothing"),
        (stages.condensed("Sure!\nWhat?"), "one line"),
        (stages.condensed("x" * 601), "one line"),
        (stages.condensed("What does LoRA cost?"), ""),
        (stages.retrieved([]), "no passage"),
        (stages.retrieved(["p"]), ""),
        (stages.drafted(0, 0), "nothing was written"),
        (stages.drafted(2, 0), "no sentence carries"),
        (stages.drafted(2, 1), ""),
        (stages.verified(0), "none of its sentences"),
        (stages.verified(1), ""),
    ],
)
def test_each_check_says_what_is_wrong_or_nothing(problem: str, found: str) -> None:
    assert found in problem
    assert bool(found) == bool(problem)


def test_an_answer_without_a_fault_passes_every_check(extractive: Pipeline, ask: Ask) -> None:
    answer = ask(extractive, QUESTION)
    assert passed(answer) == [(stage, "passed") for stage in ("condense", "retrieve", "draft", "verify")]


@pytest.mark.parametrize(
    ("first", "stage"), [(NONSENSE, "verify"), (saying("Turtles pilot submarines."), "draft"), (saying(""), "draft")]
)
def test_a_draft_that_fails_is_repaired_at_once(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex, first, stage: str
) -> None:
    server.reply = in_turn(first, quoting(3))
    answer = ask(with_model(), QUESTION)
    asked, again = server.requests
    assert answer.answer == f"{evidence(asked)[3][1]} [1]"
    assert exact(answer, notes)
    assert (answer.model, len(answer.notices)) == ("openai:local", 2)  # the other says that the documents are notes
    assert answer.notices[0].startswith(f"The {stage} stage failed its check: ")
    assert answer.notices[0].endswith(AGAIN)
    assert next(name for name, check in passed(answer) if check != "passed") == stage
    assert passed(answer)[-2:] == [("draft", "passed"), ("verify", "passed")]
    assert system(again) == system(asked)


def test_the_model_is_told_what_was_wrong_with_what_it_said(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.reply = in_turn(NONSENSE, quoting(0))
    ask(with_model(), QUESTION)
    turns = server.requests[1]["messages"][1:]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"] == QUESTION
    assert turns[1]["content"] == "Turtles pilot nuclear submarines nightly. [1]"
    assert "the documents bear none of its sentences out." in turns[2]["content"]
    assert turns[2]["content"].endswith(QUESTION)


def test_an_empty_reply_is_not_sent_back(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.reply = in_turn(saying(" "), quoting(0))
    ask(with_model(), QUESTION)
    assert [turn["role"] for turn in server.requests[1]["messages"]] == ["system", "user"]


def test_failing_twice_leaves_the_extracted_answer_after_two_calls(
    with_model: Make, ask: Ask, server: ChatServer, extractive: Pipeline
) -> None:
    server.reply = NONSENSE
    answer = ask(with_model(), QUESTION)
    assert len(server.requests) == 2
    assert (answer.model, answer.answer) == ("extractive", ask(extractive, QUESTION).answer)
    assert answer.notices[0].startswith("Nothing the chat model wrote was borne out")
    assert AGAIN in answer.notices[1]
    assert [stage.detail["by"] for stage in answer.trace if stage.stage == "draft"] == [
        "openai:local",
        "openai:local",
        "extractive",
    ]


def test_what_was_shown_is_what_stands(with_model: Make, server: ChatServer) -> None:
    for reply, calls in ((in_turn(NONSENSE, quoting(0, 1)), 2), (NONSENSE, 4), (quoting(0), 5)):
        server.reply = reply
        events = list(with_model().stream(QUESTION))
        done = events[-1]
        assert isinstance(done, Done)
        assert "".join(event.text for event in events if isinstance(event, Token)) == done.answer.answer
        assert len(server.requests) == calls


def test_a_draft_with_a_true_sentence_is_not_asked_for_again(with_model: Make, ask: Ask, server: ChatServer) -> None:
    def half_true(body: Body) -> Iterator[str]:
        yield from quoting(0)(body)
        yield "Turtles pilot nuclear submarines nightly. [1]"

    server.reply = half_true
    answer = ask(with_model(), QUESTION)
    assert len(server.requests) == 1
    assert not any("check" in notice for notice in answer.notices)


def test_a_true_sentence_without_a_mark_is_shown_and_the_check_named(
    with_model: Make, ask: Ask, server: ChatServer
) -> None:
    server.reply = lambda body: iter([evidence(body)[2][1]])
    answer = ask(with_model(), QUESTION)
    assert len(server.requests) == 1
    assert answer.model == "openai:local"
    assert answer.notices[0].startswith("The draft stage failed its check: no sentence carries")
    assert answer.notices[0].endswith("Verification found what bears them out.")


def test_a_repair_that_breaks_off_leaves_the_extracted_answer(
    with_model: Make, ask: Ask, server: ChatServer, extractive: Pipeline
) -> None:
    def broken(body: Body) -> Iterator[str]:
        yield from quoting(0, 1)(body)
        raise CutOff

    server.reply = in_turn(NONSENSE, broken)
    answer = ask(with_model(), QUESTION)
    assert (answer.model, answer.answer) == ("extractive", ask(extractive, QUESTION).answer)
    assert "extracted without it" in answer.notices[0]


def test_both_drafts_share_one_limit(with_model: Make, ask: Ask, server: ChatServer) -> None:
    def silent(body: Body) -> Iterator[str]:
        server.wait()
        yield "late"

    server.reply = in_turn(NONSENSE, silent)
    answer = ask(with_model(model_timeout=1), QUESTION)
    assert sum(stage.ms for stage in answer.trace if stage.stage == "draft") < 3000
    assert "was not done in time" in answer.notices[0]
    assert answer.model == "extractive"


def test_a_model_that_refuses_when_asked_again_abstains(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.reply = in_turn(NONSENSE, saying(REFUSAL))
    answer = ask(with_model(), QUESTION)
    assert (answer.abstained, answer.model, len(server.requests)) == (True, "openai:local", 2)


def test_both_drafts_are_counted(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.reply = NONSENSE
    server.usage = lambda _: {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    assert ask(with_model(), QUESTION).usage.input_tokens == 200


def test_a_condensation_that_fails_is_not_repeated(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.condensed = saying("")
    answer = ask(with_model(), "And how much is that?", TALK)
    assert len(server.requests) == 2
    assert passed(answer)[0] == ("condense", "the chat model replied with nothing.")


class _BlindAtFirst(HybridRetriever):
    """Finds nothing among few passages."""

    def retrieve(self, question: str, k: int | None = None, *, asking: str | None = None, said: str = "") -> Retrieved:
        found = super().retrieve(question, k, asking=asking, said=said)
        return found if k else found.model_copy(update={"passages": (), "sentences": ()})


@pytest.mark.parametrize("question", [QUESTION, "Summarize Pan's essay."])
def test_a_search_that_finds_nothing_is_widened_once(notes: OpenIndex, ask: Ask, question: str) -> None:
    pipeline = Pipeline(load_settings(), notes)
    pipeline._retriever = _BlindAtFirst(notes, 8)
    answer = ask(pipeline, question)
    assert answer.citations
    assert 1 <= len(answer.passages) <= 8
    assert answer.notices[0].startswith("The retrieve stage failed its check: no passage was found.")
    assert dict(passed(answer))["retrieve"] == "no passage was found."
