"""What the web faces use of this room, as one object: ``web.ops``."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import Settings
from assistant.web.ops.answers import Answers
from assistant.web.ops.limits import Limiter, TokenCaps, limits_of
from assistant.web.ops.metrics import Metrics
from assistant.web.ops.tracing import Tracing


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
