"""One event loop in a thread of its own, for clients that can only be interrupted while they wait in a loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_lock = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def started(work: Coroutine[Any, Any, T]) -> Future[T]:
    """The coroutine, begun in this thread's context. Cancelling the future interrupts it where it waits."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            threading.Thread(target=_loops[0].run_forever, daemon=True, name="chat-models").start()
        return _loops[0]
