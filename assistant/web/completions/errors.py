"""Failures as OpenAI's protocol tells them."""

from __future__ import annotations

from assistant.web.ops.problems import Problem

BROKEN_OFF = "withdrawn"


class RefusedField(Problem):
    """A field of the request that can't be used: ``param`` names it, as OpenAI's errors do."""

    def __init__(
        self, param: str, message: str, remedy: str = "", *, status: int = 400, code: str = "invalid_request"
    ) -> None:
        """``param`` is a name of ours, never text of the caller's."""
        super().__init__(status, code, message, remedy)
        self.param = param


def withdrawn() -> Problem:
    """What was streamed is not the answer: the chat model failed behind its first sentences."""
    return Problem(
        502,
        BROKEN_OFF,
        "The chat model broke off, and what was streamed so far is withdrawn.",
        'The whole answer is in this error\'s "answer_object"; ask without "stream" to get it as a reply.',
    )
