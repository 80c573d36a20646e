"""Answers made in threads, heard in the event loop; whoever stops listening stops the work."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any, cast

from assistant.answering.calls import HEEDED, Stop
from assistant.answering.stages import Event
from assistant.web.observe.problems import Problem, shutting_down

Make = Callable[[], Iterator[Event]]
RETRY_SECONDS = 2


class Workers:
    """A bounded number of threads that make answers."""

    def __init__(self, most: int, seconds: float) -> None:
        """At most ``most`` answers at the same time, each at most ``seconds`` long."""
        self._most = most
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="asker")
        self._lock = threading.Lock()
        self._running: set[Work] = set()
        self._closed = False

    @contextmanager
    def place(self) -> Iterator[Callable[[Make], Work]]:
        """Room for one answer, begun by calling what the block is given; a block that doesn't gives it back.

        Raises Problem 503 where all threads are taken or the server ends; the call, where the server ends meanwhile.
        """
        work = self._reserved()
        try:
            yield partial(self._begin, work)
        finally:
            if not work.begun:
                self._ended(work)

    def close(self) -> None:
        """End all work: whoever listens gets Problem 503 ``shutting_down``. May be called from any thread."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for work in running:
            work.fail(shutting_down())
        self._pool.shutdown(wait=False)

    def wait(self) -> None:
        """Block until the threads have ended, which they do soon after ``close``."""
        self._pool.shutdown(wait=True)

    def _reserved(self) -> Work:
        work = Work(self._seconds)
        with self._lock:
            if self._closed:
                raise shutting_down()
            if len(self._running) >= self._most:
                raise busy()
            self._running.add(work)
        return work

    def _begin(self, work: Work, make: Make) -> Work:
        context = contextvars.copy_context()
        with self._lock:
            if self._closed:
                raise shutting_down()
            work.begun = True
            made = self._pool.submit(context.run, work.run, make)
        made.add_done_callback(lambda _: self._ended(work))
        return work

    def _ended(self, work: Work) -> None:
        with self._lock:
            self._running.discard(work)


class Work(AsyncIterator[Event]):
    """One answer in the making, listened to in the event loop it was made in; closed, it stops."""

    def __init__(self, seconds: float) -> None:
        """At most ``seconds`` from now. Raises RuntimeError where no event loop runs."""
        self.begun = False
        self._stop = Stop()
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._deadline = self._loop.time() + seconds

    def run(self, make: Make) -> None:
        """Make the answer, in the thread this is called in."""
        HEEDED.set(self._stop)
        try:
            with closing(cast(Any, make())) as events:
                for event in events:
                    self._say(event)
                    if self._stop.made:
                        return
            self._say(None)
        except BaseException as error:  # noqa: BLE001 - raised again where somebody listens
            self._say(error)

    def fail(self, error: Problem) -> None:
        """Stop, and raise ``error`` to whoever listens. May be called from any thread."""
        self._say(error)
        self._stop.set()

    async def __anext__(self) -> Event:
        """The next event. Raises what the work raised, or Problem 504 when it takes too long."""
        try:
            async with asyncio.timeout_at(self._deadline):
                heard = await self._heard.get()
        except TimeoutError:
            self._stop.set()
            raise too_slow() from None
        if heard is None:
            raise StopAsyncIteration
        if isinstance(heard, BaseException):
            self._stop.set()
            raise heard
        return heard

    async def aclose(self) -> None:
        """Stop the work."""
        self._stop.set()

    def _say(self, item: Event | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever listened
            self._loop.call_soon_threadsafe(self._heard.put_nowait, item)


def busy() -> Problem:
    """All threads are taken."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Problem(503, "busy", "Too many questions are being answered.", "Ask again in a moment.", headers)


def too_slow() -> Problem:
    """The answer was not done in time."""
    remedy = "Ask again, or ask something simpler."
    return Problem(504, "timeout", "The answer was not done in time.", remedy)
