"""Errors as RFC 9457 problems. Nothing a caller sent is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.errors import (
    AssistantError,
    IndexUnavailable,
    InputError,
    ModelUnavailable,
    UnknownSource,
)

MEDIA_TYPE = "application/problem+json"
Problems = Mapping[str, Any]


class Problem(AssistantError):
    """A failure that is the request's or the server's own: ``status`` of HTTP, ``code`` a stable word for programs."""

    def __init__(
        self, status: int, code: str, message: str, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """``message`` says what happened, ``remedy`` what to do, ``headers`` go with the reply."""
        super().__init__(message, remedy)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


_STATUS: tuple[tuple[type[AssistantError], int, str], ...] = (
    (UnknownSource, 404, "unknown_source"),
    (InputError, 422, "invalid_input"),
    (IndexUnavailable, 503, "index_unavailable"),
    (ModelUnavailable, 502, "model_unavailable"),
)


def problem_of(error: AssistantError) -> Problem:
    """Any of our errors as a problem; one that is none of the caller's doing is a 500."""
    if isinstance(error, Problem):
        return error
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return Problem(status, code, error.message, error.remedy)
    return Problem(500, "failed", error.message, error.remedy)


def problem_body(problem: Problem, request_id: str) -> dict[str, Any]:
    """The body of the reply: ``type``, ``title``, ``status``, ``detail``, ``code``, ``request_id``."""
    return {
        "type": f"urn:essay-assistant:problem:{problem.code}",
        "title": problem.message,
        "status": problem.status,
        "detail": str(problem),
        "code": problem.code,
        "request_id": request_id,
    }
