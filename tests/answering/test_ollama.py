"""Models behind Ollama, over its own client: the same answers, limits and ends as over OpenAI's protocol."""

from collections.abc import Iterator

import pytest
from answer_samples import QUESTION, Ask, exact
from chat_server import Body, CutOff, quoting, saying
from ollama_server import OllamaServer

from assistant.answering.pipeline import Pipeline
from assistant.index.opened import OpenIndex
from assistant.settings import load_settings


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


@pytest.fixture
def with_ollama(notes: OpenIndex, ollama: OllamaServer):
    def make(**more: object) -> Pipeline:
        address = ollama.address.removesuffix("/v1")
        chosen = {"model": "ollama:small", "model_base_url": address, "model_timeout": 15}
        return Pipeline(load_settings(**(chosen | more)), notes)

    return make


def test_an_answer_is_written_within_what_the_settings_allow(
    with_ollama, ask: Ask, ollama: OllamaServer, notes: OpenIndex
) -> None:
    ollama.reply = quoting(0, 1)
    answer = ask(with_ollama(model_max_tokens=123), QUESTION)
    assert (answer.model, len(answer.claims)) == ("ollama:small", 2)
    assert exact(answer, notes)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (70, 9)
    (asked,) = ollama.requests
    assert asked["model"] == "small"
    assert {name: asked["options"][name] for name in ("num_predict", "num_ctx", "temperature")} == {
        "num_predict": 123, "num_ctx": 4096, "temperature": 0,
    }  # fmt: skip


def test_a_model_is_held_to_the_form_of_a_choice(with_ollama, ask: Ask, ollama: OllamaServer) -> None:
    ollama.reply = saying('{"numbers": [1], ', '"verdict": "open"}')
    assert ask(with_ollama(model_task="choose"), QUESTION).model == "ollama:small"
    assert ollama.requests[0]["format"]["required"] == ["numbers", "verdict"]


def cut(body: Body) -> Iterator[str]:
    yield from quoting(0, 1)(body)
    raise CutOff


def flooding(body: Body) -> Iterator[str]:
    yield from quoting(0, 1)(body)
    while True:
        yield "and on and on. "


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [(quoting(0), None, "broke off"), (cut, "stop", "failed: "), (flooding, "stop", "went on beyond the 100 tokens")],
)
def test_what_breaks_off_or_has_no_end_is_replaced(
    with_ollama, ask: Ask, ollama: OllamaServer, reply, reason: str | None, said: str
) -> None:
    ollama.reply, ollama.reason = reply, reason
    answer = ask(with_ollama(model_max_tokens=100), QUESTION)
    assert answer.model == "extractive"
    assert said in answer.notices[0]


def test_a_reply_cut_at_its_most_tokens_says_so(with_ollama, ask: Ask, ollama: OllamaServer) -> None:
    ollama.reason = "length"
    ollama.reply = lambda body: iter([*quoting(0)(body), "And then the next sen"])
    answer = ask(with_ollama(), QUESTION)
    assert (answer.model, len(answer.claims)) == ("ollama:small", 1)
    assert "was cut at the most tokens" in " ".join(answer.notices)


@pytest.mark.parametrize(("limit", "setting"), [("model_first_token", "FIRST_TOKEN"), ("model_timeout", "TIMEOUT")])
def test_a_silent_server_is_given_up(with_ollama, ask: Ask, ollama: OllamaServer, limit: str, setting: str) -> None:
    def silent(_: Body) -> Iterator[str]:
        ollama.wait()
        yield "late"

    ollama.reply = silent
    answer = ask(with_ollama(**{limit: 0.3}), QUESTION)
    assert answer.model == "extractive"
    assert f"ASSISTANT_MODEL_{setting}" in answer.notices[0]


def test_a_model_that_is_not_there_is_told(with_ollama, ask: Ask, ollama: OllamaServer) -> None:
    ollama.status = 404
    answer = ask(with_ollama(), QUESTION)
    assert "ollama:small failed: ResponseError 404" in answer.notices[0]
