"""Telling work in another thread that nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar


class Stop:
    """A wish to stop, made once by ``set`` from any thread. The work heeds it where it can, at once where it waits."""

    def __init__(self) -> None:
        """Not made yet."""
        self._lock = threading.Lock()
        self._calls: list[Callable[[], object]] = []
        self._made = False

    @property
    def made(self) -> bool:
        """Whether the work should stop."""
        return self._made

    def set(self) -> None:
        """Stop: calls whoever waits, in this thread."""
        with self._lock:
            self._made = True
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def call(self, back: Callable[[], object]) -> None:
        """Have ``back`` called when the work should stop; at once where it should already."""
        with self._lock:
            if not self._made:
                self._calls.append(back)
                return
        back()

    def forget(self, back: Callable[[], object]) -> None:
        """Call ``back`` no more."""
        with self._lock:
            if back in self._calls:
                self._calls.remove(back)


HEEDED: ContextVar[Stop | None] = ContextVar("heeded stop", default=None)
"""The stop that work in this context heeds; None where nobody can stop it."""
