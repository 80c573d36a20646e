"""What is told where an answer ends because the server does."""

from __future__ import annotations

from assistant.web.ops.problems import Problem


def shutting_down() -> Problem:
    """What the ``error`` event of a stream says that ends because the server does."""
    return Problem(503, "shutting_down", "The server is ending.", "Ask again in a moment.", {"Retry-After": "5"})
