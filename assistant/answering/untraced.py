"""Running LangChain without its tracers: a tracing variable in the environment must not send questions anywhere."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from typing import TypeVar

from langsmith.run_helpers import tracing_context

T = TypeVar("T")
_END = object()


def untraced(items: Iterator[T]) -> Iterator[T]:
    """The items, drawn in a context of their own in which tracing is off; the caller's context is untouched."""
    context = contextvars.copy_context()
    context.run(tracing_context(enabled=False).__enter__)
    while (item := context.run(next, items, _END)) is not _END:
        yield item  # type: ignore[misc]
