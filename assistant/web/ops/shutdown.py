"""The server's end, as its open streams hear of it."""

from __future__ import annotations

import asyncio
import threading

from assistant.web.ops.problems import Problem


class Shutdown:
    """Begins once, when the server is told to end; whoever holds a stream open waits for it and says goodbye.

    One object serves all event loops and threads of the process.
    """

    def __init__(self) -> None:
        """Not begun."""
        self._lock = threading.Lock()
        self._begun = False
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def begun(self) -> bool:
        """Whether the server is ending."""
        return self._begun

    def begin(self) -> None:
        """Tell everyone who waits. From any thread; a second time does nothing."""
        with self._lock:
            self._begun = True
            told, self._waiting = self._waiting, set()
        for loop, event in told:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def wait(self) -> None:
        """Return when the server is ending, at once if it already is."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self._begun:
                return
            self._waiting.add(entry)
        try:
            await entry[1].wait()
        finally:
            with self._lock:
                self._waiting.discard(entry)


def shutting_down() -> Problem:
    """What the ``error`` event of a stream says that ends because the server does."""
    return Problem(503, "shutting_down", "The server is ending.", "Ask again in a moment.", {"Retry-After": "5"})
