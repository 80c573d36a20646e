"""The real openai client asks."""

from typing import Any

import httpx
import openai
import pytest
from chat_server import CutOff, evidence, quoting
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionChunk
from openai_clients import QUESTIONS, Modelled, client_at

from assistant import Answer, Assistant

MODEL = "essay-assistant"
LISTED = "What are the seven patterns?"


def user(question: str) -> Any:
    return [{"role": "user", "content": question}]


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def cited(answer: Answer) -> list[tuple[str, int, int]]:
    return [(c.source_id, c.start, c.end) for c in answer.citations]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_citations_are_those_of_the_assistant(client: OpenAI, assistant: Assistant, question: str) -> None:
    expected = assistant.ask(question)
    reply = client.chat.completions.create(model=MODEL, messages=user(question))
    told = Answer.model_validate(reply.answer_object)  # type: ignore[attr-defined]
    assert reply.choices[0].message.content == expected.answer == told.answer
    assert reply.choices[0].finish_reason == "stop"
    assert expected.citations
    assert told.citations == expected.citations


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_annotation_marks_a_sentence_and_holds_the_quote_behind_it(
    client: OpenAI, assistant: Assistant, here: str, question: str
) -> None:
    expected = assistant.ask(question)
    message = client.chat.completions.create(model=MODEL, messages=user(question)).choices[0].message
    assert message.content is not None
    assert message.annotations is not None
    told = [annotation.url_citation for annotation in message.annotations]
    assert [(u.start_index, u.end_index, u.marker) for u in told] == [  # type: ignore[attr-defined]
        (claim.start, claim.end, marker) for claim in expected.claims for marker in claim.markers
    ]
    for place in told:
        extra = place.model_extra or {}
        sentence = message.content[place.start_index : place.end_index]
        assert sentence == sentence.strip() != ""
        behind = message.content[place.end_index :].partition(" ")[2]
        assert f"[{extra['marker']}]" in behind[: behind.rindex("]", 0, 20) + 1]
        essay = assistant.essays[extra["source_id"]]
        assert essay.text[extra["start"] : extra["end"]] == extra["quote"]
        assert place.title == essay.title
        assert place.url.startswith(f"{here}read/{essay.id}?start={extra['start']}&end={extra['end']}")
        assert httpx.get(place.url).status_code == 200


def test_a_stream_says_the_same_and_ends_with_citations_and_the_answer(client: OpenAI, assistant: Assistant) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=user(LISTED))
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=user(LISTED), stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert text_of(chunks) == whole.choices[0].message.content
    assert sum(bool(chunk.choices and chunk.choices[0].delta.content) for chunk in chunks) > 1
    *_, last, finish, used = chunks
    assert last.choices[0].delta.annotations == [  # type: ignore[attr-defined]
        annotation.model_dump() for annotation in whole.choices[0].message.annotations or []
    ]
    assert cited(Answer.model_validate(last.answer_object)) == cited(assistant.ask(LISTED))  # type: ignore[attr-defined]
    assert finish.choices[0].finish_reason == "stop"
    assert used.choices == []
    assert used.usage is not None
    assert used.usage.total_tokens == 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_counts_come_only_where_they_are_asked_for(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[0]), stream=True))
    assert all(chunk.choices for chunk in chunks)


def test_the_clients_own_stream_helper_puts_the_reply_together(client: OpenAI) -> None:
    with client.chat.completions.stream(model=MODEL, messages=user(QUESTIONS[1])) as stream:
        final = stream.get_final_completion()
    message = final.choices[0].message
    assert message.content
    assert message.annotations
    assert message.annotations[0].url_citation.url


async def test_the_async_client_asks_and_streams(here: str, assistant: Assistant) -> None:
    expected = assistant.ask(QUESTIONS[2]).answer
    async with AsyncOpenAI(base_url=f"{here}v1", api_key="unused", max_retries=0) as client:
        reply = await client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[2]))
        stream = await client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[2]), stream=True)
        chunks = [chunk async for chunk in stream]
    assert reply.choices[0].message.content == text_of(chunks) == expected


def test_earlier_messages_are_the_history_however_many_there_are(client: OpenAI, assistant: Assistant) -> None:
    earlier = [
        {"role": "user", "content": [{"type": "text", "text": "What does LoRA cost?"}]},
        {"role": "assistant", "content": "It costs little."},
    ]
    followup = "And when is it worth it?"
    expected = assistant.ask(
        followup,
        [
            {"role": "user", "content": "What does LoRA cost?"},
            {"role": "assistant", "content": "It costs little."},
        ],
    )
    assert expected.standalone_question != followup
    asked: Any = [*earlier * 30, {"role": "user", "content": followup}]
    reply = client.chat.completions.create(model=MODEL, messages=asked)
    assert reply.answer_object["standalone_question"] == expected.standalone_question  # type: ignore[attr-defined]


def test_what_only_tunes_a_chat_model_has_no_effect(client: OpenAI, assistant: Assistant) -> None:
    tuned: Any = {"temperature": 0.9, "max_tokens": 5, "seed": 1, "stop": ["."], "user": "someone", "n": 1}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    reply = client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[0]), tools=[tool], **tuned)  # type: ignore[call-overload]
    assert reply.choices[0].message.content == assistant.ask(QUESTIONS[0]).answer


def test_what_the_essays_do_not_answer_is_said_without_annotations(client: OpenAI) -> None:
    reply = client.chat.completions.create(model=MODEL, messages=user("Who won the football world cup in 1990?"))
    assert reply.answer_object["abstained"] is True  # type: ignore[attr-defined]
    assert reply.choices[0].message.annotations == []
    assert reply.choices[0].message.content == reply.answer_object["answer"]  # type: ignore[attr-defined]


def test_the_models_on_offer_are_listed_and_can_be_named(modelled: Modelled) -> None:
    with client_at(modelled.address) as client:
        ids = [model.id for model in client.models.list()]
        assert ids == [MODEL, f"{MODEL}/openai:local", f"{MODEL}/extractive"]
        assert client.models.retrieve(ids[1]).id == ids[1]
        by_model = client.chat.completions.create(model=ids[1], messages=user(QUESTIONS[0]))
        extracted = client.chat.completions.create(model=ids[2], messages=user(QUESTIONS[0]))
    assert (by_model.model, by_model.answer_object["model"]) == (ids[1], "openai:local")  # type: ignore[attr-defined]
    assert (extracted.model, extracted.answer_object["model"]) == (ids[2], "extractive")  # type: ignore[attr-defined]


def test_the_chat_models_tokens_are_told(modelled: Modelled) -> None:
    modelled.chat.usage = lambda _: {
        "prompt_tokens": 30,
        "completion_tokens": 7,
        "total_tokens": 37,
        "prompt_tokens_details": {"cached_tokens": 20},
    }
    with client_at(modelled.address) as client:
        reply = client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[0]))
    assert reply.usage is not None
    assert reply.usage.prompt_tokens_details is not None
    counted = (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens)
    assert counted == (30, 7, 37)
    assert reply.usage.prompt_tokens_details.cached_tokens == 20


def test_a_model_that_fails_before_its_first_sentence_leaves_a_whole_answer(modelled: Modelled) -> None:
    modelled.chat.status = 500
    with client_at(modelled.address) as client:
        chunks = list(client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[0]), stream=True))
    (last,) = [chunk for chunk in chunks if hasattr(chunk, "answer_object")]
    assert text_of(chunks) == last.answer_object["answer"]
    assert last.answer_object["model"] == "extractive"
    assert last.answer_object["notices"]


def breaking_off(body: dict[str, Any]) -> Any:
    yield from quoting(2)(body)
    yield f"{evidence(body)[1][1][:20]}"
    raise CutOff


def test_a_stream_whose_model_breaks_off_raises_and_the_error_holds_the_answer(modelled: Modelled) -> None:
    modelled.chat.reply = breaking_off
    seen: list[ChatCompletionChunk] = []
    with client_at(modelled.address) as client:
        stream = client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[0]), stream=True)
        with pytest.raises(openai.APIError, match="withdrawn") as raised:
            seen.extend(stream)
    assert text_of(seen) != ""
    assert all(chunk.choices[0].finish_reason is None for chunk in seen)
    assert isinstance(raised.value.body, dict)
    answer = Answer.model_validate(raised.value.body["answer_object"])
    assert answer.citations
    assert not answer.answer.startswith(text_of(seen))


def test_such_a_stream_has_no_normal_end(modelled: Modelled) -> None:
    modelled.chat.reply = breaking_off
    body = {"messages": user(QUESTIONS[0]), "stream": True}
    said = httpx.post(f"{modelled.address}v1/chat/completions", json=body, timeout=60).text
    assert '"code": "withdrawn"' in said.strip().rpartition("\n")[2]
    assert "[DONE]" not in said


def test_without_streaming_the_same_is_a_normal_reply(modelled: Modelled) -> None:
    modelled.chat.reply = breaking_off
    with client_at(modelled.address) as client:
        reply = client.chat.completions.create(model=MODEL, messages=user(QUESTIONS[0]))
    assert reply.choices[0].message.content == reply.answer_object["answer"]  # type: ignore[attr-defined]
    assert reply.answer_object["model"] == "extractive"  # type: ignore[attr-defined]
