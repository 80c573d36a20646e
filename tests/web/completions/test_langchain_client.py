"""LangChain's ChatOpenAI asks. It keeps text, counts and the fingerprint; annotations where the README says."""

from typing import Any

from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from assistant import Assistant

QUESTION = "When is fine-tuning worth it?"


class CitingChat(ChatOpenAI):
    """Keeps the citations of a stream too, as the README shows."""

    def _convert_chunk_to_generation_chunk(self, chunk: dict[str, Any], *rest: Any) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, *rest)
        for choice in chunk.get("choices") or []:
            if made and choice["delta"].get("annotations"):
                made.message.additional_kwargs["annotations"] = choice["delta"]["annotations"]
        return made


def chat(here: str, kind: type[ChatOpenAI] = ChatOpenAI) -> ChatOpenAI:
    return kind(model="essay-assistant", base_url=f"{here}v1", api_key=SecretStr("unused"), max_retries=0)


def expected(assistant: Assistant) -> list[tuple[str, int, int, int, int]]:
    answer = assistant.ask(QUESTION)
    cited = {citation.marker: citation for citation in answer.citations}
    return [
        (cited[m].source_id, cited[m].start, cited[m].end, claim.start, claim.end)
        for claim in answer.claims
        for m in claim.markers
    ]


def places(annotations: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    found = [annotation["url_citation"] for annotation in annotations]
    return [(u["source_id"], u["start"], u["end"], u["start_index"], u["end_index"]) for u in found]


def test_an_invocation_keeps_the_citations_under_parsed(here: str, assistant: Assistant) -> None:
    reply = chat(here).invoke(QUESTION)
    assert reply.content == assistant.ask(QUESTION).answer
    assert places(reply.additional_kwargs["parsed"]["annotations"]) == expected(assistant)
    assert reply.response_metadata["system_fingerprint"] == assistant.index.manifest.fingerprint


def test_a_stream_keeps_the_text_alone(here: str, assistant: Assistant) -> None:
    whole = AIMessageChunk(content="")
    for piece in chat(here).stream(QUESTION, stream_usage=True):
        assert isinstance(piece, AIMessageChunk)
        whole += piece
    assert whole.content == assistant.ask(QUESTION).answer
    assert whole.usage_metadata is not None
    assert "annotations" not in whole.additional_kwargs


def test_a_stream_keeps_the_citations_with_the_class_of_the_readme(here: str, assistant: Assistant) -> None:
    whole = AIMessageChunk(content="")
    for piece in chat(here, CitingChat).stream(QUESTION):
        assert isinstance(piece, AIMessageChunk)
        whole += piece
    assert whole.content == assistant.ask(QUESTION).answer
    assert places(whole.additional_kwargs["annotations"]) == expected(assistant)


async def test_it_asks_asynchronously_with_a_history(here: str, assistant: Assistant) -> None:
    reply = await chat(here).ainvoke([HumanMessage("What does LoRA cost?"), HumanMessage(QUESTION)])
    assert "[1]" in str(reply.content)


def test_a_system_message_changes_nothing(here: str, assistant: Assistant) -> None:
    reply = chat(here).invoke([SystemMessage("Be rude."), HumanMessage(QUESTION)])
    assert reply.content == assistant.ask(QUESTION).answer
