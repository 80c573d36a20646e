"""A chat model that is down, slow, limited or talks nonsense: the documents answer, in time, with a notice."""

import re
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from answer_samples import QUESTION, TALK, Ask, Make, exact
from chat_server import Body, ChatServer, CutOff, quoting, saying

from assistant.answering import streams
from assistant.answering.pipeline import Pipeline
from assistant.index.opened import OpenIndex


def broken(body: Body) -> Iterator[str]:
    yield from quoting(0, 1)(body)
    yield "And then there"
    raise CutOff


def cut_at_once(body: Body) -> Iterator[str]:
    raise CutOff
    yield ""


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_server_that_refuses_is_replaced_by_the_extracted_answer(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex, status: int
) -> None:
    server.status = status
    answer = ask(with_model(), QUESTION)
    assert (answer.model, answer.abstained) == ("extractive", False)
    assert exact(answer, notes)
    assert re.search(rf"openai:local failed: \w+ {status}\. Check the server and the key\.", answer.notices[0])
    assert "This is the answer extracted without it." in answer.notices[0]


@pytest.mark.parametrize("reply", [broken, cut_at_once])
def test_a_reply_cut_off_is_replaced_whole(
    with_model: Make, ask: Ask, server: ChatServer, extractive: Pipeline, reply
) -> None:
    server.reply = reply
    answer = ask(with_model(), QUESTION)
    assert answer.answer == ask(extractive, QUESTION).answer
    assert answer.model == "extractive"
    assert "extracted without it" in answer.notices[0]


def test_a_server_that_is_down(with_model: Make, ask: Ask, notes: OpenIndex) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    answer = ask(with_model(model_base_url=address), QUESTION)
    assert exact(answer, notes)
    assert "ConnectionError. Check the server and the key." in answer.notices[0]


def flooding(body: Body) -> Iterator[str]:
    yield from quoting(0, 1)(body)
    while True:
        yield "and on and on. "


def test_a_server_that_floods_is_cut_off(with_model: Make, ask: Ask, server: ChatServer, extractive: Pipeline) -> None:
    server.reply = flooding
    answer = ask(with_model(model_max_tokens=100), QUESTION)
    assert answer.answer == ask(extractive, QUESTION).answer
    assert "went on beyond the 100 tokens it was allowed" in answer.notices[0]
    assert len(server.requests) == 1


def test_a_line_without_end_is_cut_off(
    with_model: Make, ask: Ask, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_BYTES", 100_000)
    server.reply = saying("x" * 1_000_000)
    answer = ask(with_model(), QUESTION)
    assert "ReplyTooLong" in answer.notices[0]


def test_a_reply_that_ends_without_saying_why_is_replaced(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.reason = None
    answer = ask(with_model(), QUESTION)
    assert answer.model == "extractive"
    assert "broke off: its reply has no finish reason" in answer.notices[0]


def test_a_reply_cut_at_its_most_tokens_keeps_its_whole_sentences(
    with_model: Make, ask: Ask, server: ChatServer
) -> None:
    server.reason = "length"
    server.reply = lambda body: (piece for piece in (*quoting(0)(body), quoting(1)(body).__next__()[:-20]))
    answer = ask(with_model(), QUESTION)
    assert (answer.model, len(answer.claims)) == ("openai:local", 1)
    assert "was cut at the most tokens" in " ".join(answer.notices)


def test_a_server_that_stumbles_once_is_asked_again(
    with_model: Make, ask: Ask, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAUSE", 0)
    server.refusals = [503]
    assert ask(with_model(), QUESTION).model == "openai:local"


def test_a_server_that_names_a_time_is_left_alone_until_then(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.status, server.headers = 429, {"Retry-After": "1000"}
    pipeline = with_model()
    assert "It asks to be left alone for 1000 s." in ask(pipeline, QUESTION).notices[0]
    assert re.search(r"asked to be left alone for \d+ s more", ask(pipeline, QUESTION).notices[0])
    assert len(server.requests) == 1


def silent(server: ChatServer) -> Callable[[Body], Iterator[str]]:
    def reply(body: Body) -> Iterator[str]:
        server.wait()
        yield "late"

    return reply


def stalling(server: ChatServer) -> Callable[[Body], Iterator[str]]:
    def reply(body: Body) -> Iterator[str]:
        yield from quoting(0, 1)(body)
        server.wait()
        yield "late"

    return reply


@pytest.mark.parametrize(
    ("slow", "limit", "setting"),
    [(silent, {"model_first_token": 0.2}, "FIRST_TOKEN"), (stalling, {"model_silence": 0.2}, "SILENCE")],
)
def test_a_model_is_given_up_where_it_does_not_begin_or_falls_silent(
    with_model: Make, ask: Ask, server: ChatServer, slow, limit: dict[str, float], setting: str
) -> None:
    server.reply = slow(server)
    answer = ask(with_model(**limit), QUESTION)
    assert answer.model == "extractive"
    assert f"Raise ASSISTANT_MODEL_{setting}" in answer.notices[0]


def endless(body: Body) -> Iterator[str]:
    yield from quoting(0, 1)(body)
    while True:
        time.sleep(0.01)
        yield " "


def test_a_reply_without_end_is_given_up_even_while_pieces_keep_coming(
    with_model: Make, ask: Ask, server: ChatServer, extractive: Pipeline
) -> None:
    server.reply = endless
    answer = ask(with_model(model_timeout=1, model_max_tokens=100_000), QUESTION)
    assert answer.answer == ask(extractive, QUESTION).answer
    assert "was not done in time. Raise ASSISTANT_MODEL_TIMEOUT" in answer.notices[0]


@pytest.mark.parametrize("slow", [silent, stalling])
def test_a_model_slower_than_the_limit_is_not_waited_for(with_model: Make, ask: Ask, server: ChatServer, slow) -> None:
    server.reply = slow(server)
    pipeline = with_model(model_timeout=0.5)
    answer = ask(pipeline, QUESTION)
    assert answer.model == "extractive"
    assert "was not done in time. Raise ASSISTANT_MODEL_TIMEOUT" in answer.notices[0]


def test_condensing_and_answering_share_one_limit(with_model: Make, ask: Ask, server: ChatServer) -> None:
    server.condensed = server.reply = silent(server)
    pipeline = with_model(model_timeout=2)
    answer = ask(pipeline, "And on speed?", TALK)
    assert answer.model == "extractive"
    assert "was not done in time" in answer.notices[0]
    drafting = next(stage for stage in answer.trace if stage.stage == "draft")
    assert drafting.ms < 2000  # with a limit of its own it would have waited as long again


@pytest.mark.parametrize(
    "said",
    [
        "",
        " \n",
        "I am a large language model and I like turtles.",
        "asdf qwer zxcv",
        "# Only a heading",
        "[1][2][3]",
        "\u0000\ufffd",
        "{}",
    ],
)
def test_nonsense_is_replaced_by_the_extracted_answer(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex, said: str
) -> None:
    server.reply = saying(said)
    answer = ask(with_model(), QUESTION)
    assert answer.model == "extractive"
    assert exact(answer, notes)
    assert "Nothing the chat model wrote was borne out" in answer.notices[0]
    assert "turtles" not in answer.answer
