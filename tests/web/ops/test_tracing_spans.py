"""Spans, as a collector on this machine gets them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from assistant import Assistant
from assistant.errors import ConfigurationError
from assistant.web.app import create_app
from assistant.web.observe.telemetry import ENDPOINTS, PROTOCOLS, Tracing

QUESTION = "What is RAG good for?"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self) -> None:
        self.got: list[trace_service_pb2.ExportTraceServiceRequest] = []

    def Export(self, request: trace_service_pb2.ExportTraceServiceRequest, _: object) -> object:  # noqa: N802
        self.got.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Span]:
        return [
            span for got in self.got for resource in got.resource_spans for scope in resource.scope_spans
            for span in scope.spans
        ]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENDPOINTS, *PROTOCOLS, "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made, server = Collector(), grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(made, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    yield made
    server.stop(None).wait()


async def test_a_question_is_a_trace_of_its_stages_without_its_words(
    index_dir: object, assistant: Assistant, collector: Collector
) -> None:
    app = create_app(assistant)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60) as client:
        traceparent = f"00-{TRACE}-00f067aa0ba902b7-01"
        await client.post("/api/ask", json={"question": QUESTION}, headers={"traceparent": traceparent})
        await client.get("/read/no-such-canary?start=canary")
    app.state.web.ops.close()
    spans = {span.name: span for span in collector.spans}
    assert {
        "POST /api/ask",
        "GET /read/{source_id}",
        "answer",
        "condense",
        "retrieve",
        "judge",
        "draft",
        "verify",
    } <= set(spans)
    request, answer, judge = spans["POST /api/ask"], spans["answer"], spans["judge"]
    assert request.trace_id.hex() == answer.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert answer.parent_span_id == request.span_id
    assert judge.parent_span_id == answer.span_id
    assert request.start_time_unix_nano <= answer.start_time_unix_nano <= judge.start_time_unix_nano
    assert judge.end_time_unix_nano <= answer.end_time_unix_nano <= request.end_time_unix_nano
    told = {entry.key: entry.value for entry in request.attributes}
    assert told["http.response.status_code"].int_value == 200
    everything = str(collector.got)
    assert "RAG" not in everything
    assert "canary" not in everything
    assert "essay-assistant" in everything


def test_nothing_is_sent_where_no_collector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Tracing.from_environment() is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert Tracing.from_environment() is None


def test_another_protocol_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_PROTOCOL is not grpc"):
        Tracing.from_environment()
