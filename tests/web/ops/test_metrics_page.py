"""What Prometheus is told."""

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import StreamingResponse

from assistant import Assistant
from assistant.settings import load_settings
from assistant.types import Answer, Usage
from assistant.web.app import create_app, layers
from assistant.web.guard import Guard
from assistant.web.observe.answers import Ops
from assistant.web.observe.telemetry import Metrics

CANARY = "sk-canary-0123456789abcdef"


def numbers(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


@pytest.fixture
async def app(index_dir: object, assistant: Assistant) -> FastAPI:  # async, because Gradio wants a running loop
    return create_app(assistant)


async def test_requests_and_answers_are_counted_by_what_was_configured(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
        for question in ("What is RAG good for?", "What is the capital of Mongolia?"):
            await client.post("/api/ask", json={"question": question})
        await client.post("/api/ask", json={"question": ""})
        await client.post("/api/ask", json={"question": "Why?", "model": CANARY, "corpus": CANARY})
        await client.get(f"/read/{CANARY}?start={CANARY}")
        await client.request("BREW", f"/{CANARY}")
        reply = await client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=")
    found = numbers(reply.text)

    def count(name: str, **labels: str) -> float:
        return found.get((name, tuple(sorted(labels.items()))), 0)

    assert count("assistant_answers_total", outcome="answered", model="extractive") == 1
    assert count("assistant_answers_total", outcome="abstained", model="extractive") == 1
    assert count("assistant_requests_total", route="/api/ask", method="POST", status="200") == 2
    assert count("assistant_requests_total", route="/api/ask", method="POST", status="422") == 2
    assert count("assistant_requests_total", route="/read/{source_id}", method="GET", status="404") == 1
    assert count("assistant_request_seconds_count", route="/api/ask", method="POST") == 4
    assert count("assistant_answer_seconds_count") == count("assistant_first_token_seconds_count") == 2
    assert count("assistant_questions_in_progress") == count("assistant_open_streams") == 0
    assert 'method="other"' in reply.text
    assert CANARY not in reply.text


async def test_open_streams_are_counted_while_they_are_open() -> None:
    settings, seen = load_settings(), []
    ops = Ops.of(settings)
    app = FastAPI(middleware=layers(settings, Guard.of(settings), ops))

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def words() -> object:
            seen.append(ops.metrics.registry.get_sample_value("assistant_open_streams"))
            yield "data: a\n\n"

        return StreamingResponse(words(), media_type="text/event-stream")  # type: ignore[arg-type]

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        await client.get("/stream")
    assert [*seen, ops.metrics.registry.get_sample_value("assistant_open_streams")] == [1, 0]


def test_a_model_of_the_callers_own_is_counted_under_one_name() -> None:
    metrics = Metrics(load_settings(models="openai:listed, openai:other"))
    usage = Usage(input_tokens=10, output_tokens=5, cached_input_tokens=3)
    for model, own in (("openai:listed", False), (CANARY, False), ("openai:listed", True)):
        text = dict.fromkeys(("id", "question", "standalone_question", "answer", "prompt_sha256"), "x")
        answer = Answer(**text, model=model, index_fingerprint="", usage=usage)
        metrics.answer("answered", answer, 1.0, 0.5, own)
    value = metrics.registry.get_sample_value
    assert value("assistant_answers_total", {"outcome": "answered", "model": "openai:listed"}) == 1
    assert value("assistant_answers_total", {"outcome": "answered", "model": "own"}) == 2
    assert value("assistant_tokens_total", {"kind": "input", "model": "openai:listed"}) == 10
    assert value("assistant_tokens_total", {"kind": "cached_input", "model": "own"}) == 6
    assert CANARY not in metrics.text().decode()
