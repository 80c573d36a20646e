"""OpenTelemetry spans of requests and of the pipeline's stages, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

Without it nothing is loaded and nothing sent. A span never holds a question, a path or a name a caller chose.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Scope

from assistant import __version__
from assistant.errors import ConfigurationError
from assistant.types import Answer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

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
