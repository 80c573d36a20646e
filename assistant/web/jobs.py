"""Answers are made in a bounded number of threads and read in the event loop; closing one stops its work."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from assistant.answering.calls import HEEDED, METERED, Meter, Stop
from assistant.answering.stages import Event
from assistant.errors import Problem
from assistant.web.observe.problems import shutting_down

Make = Callable[[], Iterator[Event]]
T = TypeVar("T")
RETRY_SECONDS = 2


@dataclass(frozen=True)
class Share:
    """What holds slots together with others: a caller, or a chat model; at most ``most`` at a time."""

    name: str
    most: int


class Workers:
    """A bounded number of threads that make answers."""

    def __init__(self, most: int, seconds: float) -> None:
        """At most ``most`` answers at a time, each within ``seconds``."""
        self._most = most
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="asker")
        self._lock = threading.Lock()
        self._running: set[Work] = set()
        self._closed = False

    def reserve(self, *shares: Share) -> Work:
        """Reserve a slot for one answer, of each of these shares; closing the work frees it.

        Raises Problem 503 when all slots or those of a share are taken, or the server is shutting down.
        """
        work = Work(self._seconds, self._ended, frozenset(share.name for share in shares))
        with self._lock:
            if self._closed:
                raise shutting_down()
            if len(self._running) >= self._most:
                raise busy()
            for share in shares:
                if sum(share.name in other.shares for other in self._running) >= share.most:
                    raise busy()
            self._running.add(work)
        return work

    def start(self, work: Work, make: Make) -> None:
        """Make the answer in a thread, in a copy of this context. Raises Problem 503 on shutdown."""
        context = contextvars.copy_context()
        with self._lock:
            if self._closed:
                raise shutting_down()
            work.started = True
            made = self._pool.submit(context.run, work.run, make)
        made.add_done_callback(lambda _: self._ended(work))

    def close(self) -> None:
        """End all work: its readers get Problem 503 ``shutting_down``. Any thread may call this."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for work in running:
            work.fail(shutting_down())
        self._pool.shutdown(wait=False)

    def wait(self) -> None:
        """Block until the threads have ended, which is soon after ``close``."""
        self._pool.shutdown(wait=True)

    def _ended(self, work: Work) -> None:
        with self._lock:
            self._running.discard(work)


class Work(AsyncIterator[Event]):
    """One answer in the making, read in the event loop that created it. ``meter`` counts its chat model calls."""

    def __init__(self, seconds: float, ended: Callable[[Work], None], shares: frozenset[str] = frozenset()) -> None:
        """Time out in ``seconds`` from now; call ``ended`` if closed before the start. Needs a running event loop.

        ``shares`` are the names under which its slot is counted.
        """
        self.started = False
        self.shares = shares
        self.meter = Meter()
        self._ended = ended
        self._stop = Stop()
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._deadline = self._loop.time() + seconds

    def run(self, make: Make) -> None:
        """Make the answer in the calling thread."""
        HEEDED.set(self._stop)
        METERED.set(self.meter)
        try:
            with closing(cast(Any, make())) as events:
                for event in events:
                    self._put(event)
                    if self._stop.made:
                        return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - raised again in the reader
            self._put(error)

    def fail(self, error: Problem) -> None:
        """Stop, and raise ``error`` in the reader. Any thread may call this."""
        self._put(error)
        self._stop.set()

    async def __anext__(self) -> Event:
        """The next event. Raises what the work raised, or Problem 504 past the deadline."""
        try:
            async with asyncio.timeout_at(self._deadline):
                found = await self._queue.get()
        except TimeoutError:
            self._stop.set()
            raise too_slow() from None
        if found is None:
            raise StopAsyncIteration
        if isinstance(found, BaseException):
            self._stop.set()
            raise found
        return found

    async def aclose(self) -> None:
        """Stop the work. A slot whose work has started is free once the thread ends, any other at once."""
        self._stop.set()
        if not self.started:
            self._ended(self)

    def _put(self, item: Event | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the reader with it
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


def busy() -> Problem:
    """All threads are taken."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Problem(503, "busy", "Too many questions are being answered.", "Ask again in a moment.", headers)


def too_slow() -> Problem:
    """The answer was not done in time."""
    remedy = "Ask again, or ask something simpler."
    return Problem(504, "timeout", "The answer was not done in time.", remedy)


def apart(work: Callable[[], T]) -> Future[T]:
    """``work`` in a thread that doesn't keep the process from ending, however long it hangs."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # so that nobody's cancelling is in the way of its result

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future gets it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="apart").start()
    return future
