"""What is told of every answer, whichever face asked: one line of the log, the metrics, and the spans of its stages.

What the web faces use of this room, as one object: ``web.ops``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.answering.stages import Done, Event, Token
from assistant.errors import AssistantError
from assistant.settings import Settings
from assistant.types import Answer
from assistant.web.asking import Principal
from assistant.web.observe.limits import Limiter, TokenCaps, limits_of
from assistant.web.observe.logs import logger
from assistant.web.observe.problems import problem_of
from assistant.web.observe.telemetry import Metrics, Tracing, tokens_of

log = logger("assistant.web.answers")


class Watched:
    """One answer on its way."""

    def __init__(self) -> None:
        """Begins now."""
        self.started = time.perf_counter()
        self.first: float | None = None
        self.answer: Answer | None = None

    def saw(self, event: Event) -> None:
        """Every event of the answer, in order."""
        if isinstance(event, Token) and self.first is None:
            self.first = time.perf_counter() - self.started
        elif isinstance(event, Done):
            self.answer = event.answer


class Answers:
    """Watches answers. The desk wraps each question in ``with answers.watching(...)``."""

    def __init__(self, settings: Settings, metrics: Metrics, tracing: Tracing | None) -> None:
        """``tracing`` None: no spans."""
        self._questions = settings.log_questions
        self._metrics = metrics
        self._tracing = tracing

    @contextmanager
    def watching(self, principal: Principal, question: str = "", *, own_model: bool = False) -> Iterator[Watched]:
        """From before the question is taken to its end, or the error or cancellation that ended it.

        ``own_model``: the caller brought the model's key; its name is not counted by.
        """
        watched, error = Watched(), None
        with self._metrics.in_progress.track_inprogress():
            try:
                yield watched
            except BaseException as raised:
                error = raised
                raise
            finally:
                self._tell(watched, outcome(watched.answer, error), principal, question, own_model)

    def _tell(self, watched: Watched, ended: str, principal: Principal, question: str, own_model: bool) -> None:
        seconds, answer = time.perf_counter() - watched.started, watched.answer
        self._metrics.answer(ended, answer, seconds, watched.first, own_model)
        fields: dict[str, object] = {"outcome": ended, "ms": round(seconds * 1000, 1), "principal": principal.how}
        if watched.first is not None:
            fields["first_token_ms"] = round(watched.first * 1000, 1)
        if answer is not None:
            fields |= {
                "answer_id": answer.id,
                "model": self._metrics.model_label(answer, own_model),
                "abstained": answer.abstained,
                "citations": len(answer.citations),
                "tokens": tokens_of(answer.usage),
            }
            if self._tracing is not None:
                self._tracing.answer(answer, seconds)
        if self._questions:
            fields["question"] = question
        log.info("answer", **fields)


def outcome(answer: Answer | None, error: BaseException | None) -> str:
    """``answered``, ``abstained``, an error's code, ``stopped`` where the asker left, or ``failed``."""
    if answer is not None:
        return "abstained" if answer.abstained else "answered"
    if isinstance(error, AssistantError):
        return problem_of(error).code
    return "stopped" if error is None or isinstance(error, (GeneratorExit, asyncio.CancelledError)) else "failed"


@dataclass(frozen=True)
class Ops:
    """The desk asks ``limiter`` and ``caps`` before a question and wraps it in ``answers.watching``."""

    limiter: Limiter
    caps: TokenCaps
    answers: Answers
    metrics: Metrics
    tracing: Tracing | None

    @classmethod
    def of(cls, settings: Settings) -> Ops:
        """Raises ConfigurationError for limits or tracing that can't be set up."""
        limiter, caps = limits_of(settings)
        metrics, tracing = Metrics(settings), Tracing.from_environment()
        return cls(limiter, caps, Answers(settings, metrics, tracing), metrics, tracing)

    def close(self) -> None:
        """Send the last spans."""
        if self.tracing is not None:
            self.tracing.close()
