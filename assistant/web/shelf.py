"""The corpora and models a caller may choose from."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.answering.assistant import Assistant
from assistant.web.ops.problems import Problem

DEFAULT = "default"


class Shelf:
    """Open assistants by the name of their corpus; the first is the default."""

    def __init__(self, assistants: Mapping[str, Assistant]) -> None:
        """``assistants`` stay the caller's to close."""
        self.assistants = dict(assistants)
        self.default = next(iter(self.assistants.values()))

    def corpus(self, name: str | None) -> Assistant:
        """The assistant over a corpus, None meaning the default. Raises Problem 422 for a name nobody offers."""
        if name is None:
            return self.default
        if name not in self.assistants:
            offered = ", ".join(self.assistants)
            raise Problem(422, "unknown_corpus", "No corpus has this name.", f"There are: {offered}.")
        return self.assistants[name]
