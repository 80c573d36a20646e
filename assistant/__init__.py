"""A chat assistant over four essays on customizing language models, with citations checked word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.types import Answer, Citation, Essay, Passage, Span, Turn

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant

__version__ = "0.3.0"
__all__ = ["Answer", "Assistant", "Citation", "Essay", "Passage", "Span", "Turn", "__version__"]


def __getattr__(name: str) -> Any:
    """Import Assistant when it is first asked for: it brings the retrieval stack with it."""
    if name == "Assistant":
        from assistant.answering.assistant import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
