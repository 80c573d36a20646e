"""What ``/metrics`` tells Prometheus. No label holds what a caller chose: routes by template, models as configured."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from assistant.settings import Settings
from assistant.types import Answer, Usage

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
