"""What can't be asked in OpenAI's protocol is refused in its words."""

from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

ASKED: list[Any] = [{"role": "user", "content": "When is fine-tuning worth it?"}]
CANARY = "canary-7391"


def refused(client: OpenAI, kind: type[openai.APIStatusError], **body: Any) -> dict[str, Any]:
    given: Any = {"model": "essay-assistant", "messages": ASKED} | body
    with pytest.raises(kind) as raised:
        client.chat.completions.create(**given)
    assert isinstance(raised.value.body, dict)
    assert CANARY not in raised.value.response.text
    return raised.value.body


def test_pictures_are_refused_with_a_clear_sentence(client: OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"https://example.org/{CANARY}.png"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]
    error = refused(client, openai.BadRequestError, messages=messages)
    assert "text alone" in error["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"n": 2}, "n"),
        ({"messages": []}, "messages"),
        ({"messages": CANARY}, "messages"),
        ({"messages": [*ASKED, {"role": "assistant", "content": CANARY}]}, "messages"),
        ({"messages": [{"role": CANARY, "content": "Why?"}]}, "messages[0].role"),
        ({"messages": [{"role": "system", "content": CANARY}]}, "messages"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": CANARY}}}, "tool_choice"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
    ],
)
def test_what_would_make_it_another_reply_is_refused_by_name(client: OpenAI, body: Any, param: str) -> None:
    assert refused(client, openai.BadRequestError, **body)["param"] == param


@pytest.mark.parametrize("model", [CANARY, f"essay-assistant/{CANARY}", "gpt-4o", "essay-assistant/", "x/extractive"])
def test_an_unknown_model_is_not_found(client: OpenAI, model: str) -> None:
    error = refused(client, openai.NotFoundError, model=model)
    assert error["code"] == "model_not_found"
    assert "essay-assistant/extractive" in error["message"]
    with pytest.raises(openai.NotFoundError, match="No model has this id"):
        client.models.retrieve(model)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("question", ["", "  ", "x" * 5000])
def test_an_unusable_question_is_a_status_also_where_a_stream_is_wanted(
    client: OpenAI, stream: bool, question: str
) -> None:
    error = refused(
        client, openai.UnprocessableEntityError, messages=[{"role": "user", "content": question}], stream=stream
    )
    assert error["code"] == "invalid_input"


def test_an_unknown_corpus_is_refused_and_the_default_can_be_named(client: OpenAI) -> None:
    error = refused(client, openai.UnprocessableEntityError, extra_body={"corpus": CANARY})
    assert "default" in error["message"]
    given: Any = {"model": "essay-assistant", "messages": ASKED, "extra_body": {"corpus": "default"}}
    assert client.chat.completions.create(**given).choices[0].message.content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"messages": NaN}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"messages":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_request_is_a_400_in_openais_form(here: str, body: bytes) -> None:
    reply = httpx.post(
        f"{here}v1/chat/completions", content=body, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert reply.status_code == 400
    assert set(reply.json()["error"]) == {"message", "type", "code", "param"}
