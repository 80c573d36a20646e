"""What the tests of chat models ask, and what holds of every cited answer."""

from collections.abc import Callable

from assistant.answering.pipeline import Pipeline
from assistant.index.opened import OpenIndex
from assistant.types import Answer, Turn

QUESTION = "What does a LoRA training run cost?"
TALK = (Turn(role="user", content="What is LoRA good for?"), Turn(role="assistant", content="Cheap training. [1]"))
Make = Callable[..., Pipeline]
Ask = Callable[..., Answer]


def exact(answer: Answer, index: OpenIndex) -> bool:
    """Whether every citation stands at its span, and the marks of the text are those of the citations, in order."""
    markers = [citation.marker for citation in answer.citations]
    quotes = all(index.essays[c.source_id].text[c.start : c.end] == c.quote for c in answer.citations)
    return (
        bool(markers)
        and quotes
        and markers == list(range(1, len(markers) + 1))
        and f"[{len(markers) + 1}]" not in answer.answer
    )
