"""What an operator's tools are told: metrics for Prometheus, spans for an OpenTelemetry collector.

No label and no span holds what a caller chose: routes by template, models as configured. Without a collector in
OTEL_EXPORTER_OTLP_ENDPOINT nothing of OpenTelemetry is loaded and no span is sent.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.datastructures import Headers
from starlette.types import Scope

from assistant import __version__
from assistant.errors import ConfigurationError
from assistant.settings import Settings
from assistant.types import Answer, Usage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span


OWN_MODEL = "own"
"""Label of a model whose key the caller brought."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The numbers of one served application, in a registry of its own."""

    def __init__(self, settings: Settings) -> None:
        """``settings`` name the models."""
        self.registry = CollectorRegistry()
        named = {settings.model, "extractive", *(name.strip() for name in settings.models.split(","))}
        self._models = named - {""}
        self._requests = Counter(
            "assistant_requests",
            "Requests, by address, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "assistant_request_seconds",
            "Seconds from a request to the end of its reply.",
            ("route", "method"),
            buckets=_FAST,
            registry=self.registry,
        )
        self._answers = Counter(
            "assistant_answers",
            "Questions, by what became of them and the model.",
            ("outcome", "model"),
            registry=self.registry,
        )
        self._answer_seconds = Histogram(
            "assistant_answer_seconds", "Seconds an answer took.", buckets=_FAST, registry=self.registry
        )
        self._first = Histogram(
            "assistant_first_token_seconds",
            "Seconds to an answer's first words.",
            buckets=_FAST,
            registry=self.registry,
        )
        self._tokens = Counter(
            "assistant_tokens",
            "Tokens chat models counted, by kind and model.",
            ("kind", "model"),
            registry=self.registry,
        )
        self.open_streams = Gauge("assistant_open_streams", "Event streams that are open.", registry=self.registry)
        self.in_progress = Gauge("assistant_questions_in_progress", "Questions being answered.", registry=self.registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. ``route`` is a template, never a path."""
        method = method if method in METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def answer(self, outcome: str, answer: Answer | None, seconds: float, first: float | None, own_model: bool) -> None:
        """Count a question: its ``outcome`` is answered, abstained, stopped, or an error's code."""
        model = self.model_label(answer, own_model)
        self._answers.labels(outcome, model).inc()
        if answer is None:
            return
        self._answer_seconds.observe(seconds)
        if first is not None:
            self._first.observe(first)
        for kind, count in tokens_of(answer.usage).items():
            if count:
                self._tokens.labels(kind, model).inc(count)

    def model_label(self, answer: Answer | None, own_model: bool) -> str:
        """The model as configured; ``own`` for a caller's; "" where there is no answer."""
        if answer is None:
            return ""
        return answer.model if answer.model in self._models and not own_model else _own(answer)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format (``CONTENT_TYPE``)."""
        return generate_latest(self.registry)


def tokens_of(usage: Usage) -> dict[str, int]:
    """Tokens by kind; the cached ones are part of the input."""
    return {"input": usage.input_tokens, "output": usage.output_tokens, "cached_input": usage.cached_input_tokens}


def _own(answer: Answer) -> str:
    return answer.model if answer.model == "extractive" else OWN_MODEL


ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SERVICE = "essay-assistant"
CLOSE_SECONDS = 2.0
_ERROR = 500


class Tracing:
    """Makes the spans of one served application and has them exported in the background."""

    def __init__(self, provider: TracerProvider, exporter: SpanExporter) -> None:
        """Use ``from_environment``."""
        self._provider = provider
        self._exporter = exporter
        self._tracer = provider.get_tracer("assistant.web", __version__)

    @classmethod
    def from_environment(cls) -> Tracing | None:
        """As OpenTelemetry's standard variables say; None where they name no collector.

        Raises ConfigurationError for a protocol other than grpc.
        """
        disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        if disabled or not any(os.environ.get(name) for name in ENDPOINTS):
            return None
        chosen = next((name for name in PROTOCOLS if os.environ.get(name)), None)
        if chosen is not None and os.environ[chosen] != "grpc":
            raise ConfigurationError(
                f"{chosen} is not grpc, the one protocol spans are sent by.",
                "Unset it, and give the collector's grpc address (port 4317).",
            )
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", SERVICE), "service.version": __version__}
        provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        exporter = OTLPSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider, exporter)

    @contextmanager
    def request(self, scope: Scope) -> Iterator[Span]:
        """The span of a request, current inside; it goes on a trace the caller began (``traceparent``)."""
        from opentelemetry.trace import SpanKind, use_span
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        before = TraceContextTextMapPropagator().extract({"traceparent": Headers(scope=scope).get("traceparent", "")})
        span = self._tracer.start_span("request", before, SpanKind.SERVER)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield span

    def end_request(self, span: Span, method: str, route: str, status: int) -> None:
        """What is known of a request at its end."""
        from opentelemetry.trace import StatusCode

        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        if status >= _ERROR:
            span.set_status(StatusCode.ERROR)

    def answer(self, answer: Answer, seconds: float) -> None:
        """A span for an answer that was just given and took ``seconds``, with one for each of its stages."""
        from opentelemetry.trace import set_span_in_context

        ended = time.time_ns()
        at = ended - int(seconds * 1e9)
        whole = self._tracer.start_span("answer", start_time=at)
        whole.set_attributes({"assistant.abstained": answer.abstained, "assistant.citations": len(answer.citations)})
        inside = set_span_in_context(whole)
        for stage in answer.trace:
            span = self._tracer.start_span(stage.stage, inside, start_time=at)
            at += int(stage.ms * 1e6)
            for name, value in stage.detail.items():
                if isinstance(value, (bool, int, float)):  # texts are questions or their terms
                    span.set_attribute(f"assistant.{name}", value)
            span.end(at)
        whole.end(ended)

    def close(self) -> None:
        """Send what is left, for CLOSE_SECONDS at most."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True, name="last-spans")
        closing.start()
        closing.join(CLOSE_SECONDS)
        if closing.is_alive():
            self._exporter.shutdown()
