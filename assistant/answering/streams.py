"""A chat model's reply as it streams: drawn in the background, through a bounded queue, within limits.

One event loop in a thread of its own draws all replies, for clients that can only be interrupted while they wait in a
loop. Whatever a server sends, or doesn't, it takes no more of this process than ``Limits`` allow.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Any

from assistant.answering.calls import HEEDED, Stop
from assistant.errors import ModelUnavailable

QUEUED = 64
"""Chunks drawn ahead of their reader; a server that sends faster waits."""
CHUNKS_PER_TOKEN, CHARS_PER_TOKEN, SPARE = 4, 12, 200
"""A reply may have this many chunks and characters for each token it was allowed, and some to spare."""
MOST_BYTES = 8_000_000
"""Most bytes of one reply. Clients gather a line whole before they look at it."""
PAUSE = 0.5
"""Seconds before the one further try at a server that was out of reach."""
LONGEST_WAIT = 3600
_PASSING = frozenset({408, 409, 500, 502, 503, 504})
"""Statuses after which a second try may go better. 429 is none: it asks to be left alone for a while."""
_REASONS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_CUT = frozenset({"length", "max_tokens", "max_output_tokens"})
_REFUSED = frozenset({"content_filter", "refusal", "error", "safety", "recitation"})
_lock = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            threading.Thread(target=_loops[0].run_forever, daemon=True, name="chat-models").start()
        return _loops[0]


@dataclass(frozen=True)
class Limits:
    """What one reply may take: seconds to its first token, seconds of silence after it, a time to be done by, tokens.

    ``ends`` says whether the provider names a reason when a reply ends, so that one without was broken off.
    """

    first: float
    silence: float
    deadline: float
    tokens: int
    ends: bool


class Reply:
    """The chunks of one reply. Iterate once; ``cut`` then says whether the model had more to say.

    Raises ModelUnavailable when the model refuses, breaks off or oversteps a limit, CancelledError when the stop this
    context heeds is made.
    """

    def __init__(self, name: str, ask: Callable[[], AsyncGenerator[Any, None]], limits: Limits) -> None:
        """Nothing is sent before the first ``begun`` or iteration. ``ask`` may be called once more if it fails."""
        self.cut = False
        self._name = name
        self._ask = ask
        self._limits = limits
        self._drawn: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._room = asyncio.Semaphore(QUEUED)
        self._stop = HEEDED.get() or Stop()
        self._drawing: Future[None] | None = None
        self._unwanted = threading.Event()
        self._held: list[tuple[str, Any]] = []
        self._spoken = False
        self._chunks = self._chars = 0
        self._reason = ""

    def begun(self, seconds: float | None = None) -> bool:
        """Wait until the model says something or ends; False if it hasn't within ``seconds``."""
        until = None if seconds is None else time.monotonic() + seconds
        try:
            while not self._spoken and not (self._held and self._held[-1][0] != "chunk"):
                self._held.append(self._next(None if until is None else until - time.monotonic()))
        except TimeoutError:
            return False
        except BaseException:
            self.close()
            raise
        return True

    def __iter__(self) -> Iterator[Any]:
        """The chunks as they come."""
        try:
            while True:
                kind, value = self._held.pop(0) if self._held else self._next(None)
                if kind == "end":
                    return self._ended()
                if kind == "error":
                    raise failed(self._name, value)
                yield value
        finally:
            self.close()

    def close(self) -> None:
        """Draw no more; closes the connection to the model's server. Safe to call again."""
        self._unwanted.set()
        self._stop.forget(self._wake)
        if self._drawing is not None:
            self._drawing.cancel()

    def _next(self, seconds: float | None) -> tuple[str, Any]:
        """The next item. Raises TimeoutError after ``seconds``, before that what oversteps a limit."""
        if self._drawing is None:
            self._start()
        now, limits = time.monotonic(), self._limits
        due = min(limits.deadline, (now if self._spoken else self._started) + self._patience())
        if now >= limits.deadline:
            raise self._late(now)
        until = due if seconds is None else min(due, now + seconds)
        try:
            kind, value = self._drawn.get(timeout=max(0.001, until - now))
        except queue.Empty:
            if until < due:
                raise TimeoutError from None
            raise self._late(time.monotonic()) from None
        if kind == "stopped":
            raise CancelledError
        if kind == "chunk":
            _loop().call_soon_threadsafe(self._room.release)
            self._count(value)
        return kind, value

    def _start(self) -> None:
        if self._stop.made:
            raise CancelledError  # nothing is sent any more for whoever has left, and been counted
        self._started = time.monotonic()
        self._drawing = asyncio.run_coroutine_threadsafe(self._draw(), _loop())
        self._stop.call(self._wake)

    def _wake(self) -> None:
        self._drawn.put(("stopped", None))

    def _patience(self) -> float:
        return self._limits.silence if self._spoken else self._limits.first

    def _count(self, chunk: Any) -> None:
        """Whatever comes behind the first chunk is speech: models think in chunks without text."""
        self._chunks += 1
        self._chars += len(chunk.text)
        self._spoken = self._spoken or bool(chunk.text) or self._chunks > 1
        metadata = getattr(chunk, "response_metadata", None) or {}
        self._reason = next((str(metadata[key]) for key in _REASONS if metadata.get(key)), self._reason)
        most = self._limits.tokens
        if self._chunks > CHUNKS_PER_TOKEN * most + SPARE or self._chars > CHARS_PER_TOKEN * most + SPARE:
            raise ModelUnavailable(
                f"The chat model {self._name} went on beyond the {most} tokens it was allowed.",
                "Use a server that heeds max_tokens.",
            )

    def _ended(self) -> None:
        reason = self._reason.lower()
        self.cut = reason in _CUT
        if reason in _REFUSED:
            raise ModelUnavailable(f"The chat model {self._name} ended its reply with {reason!r}.", "Ask otherwise.")
        if self._limits.ends and not reason:
            raise ModelUnavailable(
                f"The chat model {self._name} broke off: its reply has no finish reason.", "Check the server."
            )

    def _late(self, now: float) -> ModelUnavailable:
        if now >= self._limits.deadline:
            return late(self._name)
        if self._spoken:
            what, setting = f"fell silent for {self._limits.silence:g} s", "ASSISTANT_MODEL_SILENCE"
        else:
            what, setting = f"said nothing for {self._limits.first:g} s", "ASSISTANT_MODEL_FIRST_TOKEN"
        return ModelUnavailable(f"The chat model {self._name} {what}.", f"Raise {setting} or use a faster model.")

    async def _draw(self) -> None:
        """Puts each chunk as it comes, then how it ended."""
        for again in (True, False):
            begun = False
            try:
                async with aclosing(self._ask()) as chunks:
                    async for chunk in chunks:
                        begun = True
                        await self._room.acquire()
                        self._drawn.put(("chunk", chunk))
                        if self._unwanted.is_set():  # asyncio.wait_for, which clients use, may swallow a cancellation
                            return
                self._drawn.put(("end", None))
                return
            except Exception as error:  # noqa: BLE001 - clients raise dozens of kinds; each becomes ModelUnavailable
                if begun or not again or not _may_pass(error):
                    self._drawn.put(("error", error))
                    return
            await asyncio.sleep(PAUSE)


def late(name: str) -> ModelUnavailable:
    """The answer's whole time is over."""
    return ModelUnavailable(
        f"The chat model {name} was not done in time.", "Raise ASSISTANT_MODEL_TIMEOUT or use a faster model."
    )


def failed(name: str, error: BaseException) -> ModelUnavailable:
    """The kind of failure and an HTTP status, never the message: it may repeat keys or addresses."""
    if (ours := _ours(error)) is not None:
        return ours
    status = getattr(error, "status_code", None)
    brief = f"{type(error).__name__}{f' {status}' if status else ''}"
    seconds = _retry_after(error)
    remedy = "Check the server and the key." if seconds is None else f"It asks to be left alone for {seconds} s."
    return ModelUnavailable(f"The chat model {name} failed: {brief}.", remedy, seconds)


def _ours(error: BaseException) -> ModelUnavailable | None:
    """Our own error, perhaps in a client's wrapping: the local server could not be started."""
    return next((one for one in (error, error.__cause__) if isinstance(one, ModelUnavailable)), None)


def _may_pass(error: BaseException) -> bool:
    """Whether a server was out of reach or in trouble, and named no time to come back at."""
    status = getattr(error, "status_code", None)
    out_of_reach = status is None and "Connect" in type(error).__name__ and _ours(error) is None
    return (out_of_reach or status in _PASSING) and _retry_after(error) is None


def _retry_after(error: BaseException) -> int | None:
    """The seconds a server's refusal asks to wait, of its header Retry-After in either form."""
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", None) or {}
    said = headers.get("retry-after") or ""
    try:
        seconds = float(said) if said[:1].isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return ceil(min(max(1, seconds), LONGEST_WAIT))


class ReplyTooLong(Exception):
    """A body has more bytes than any reply may have."""


async def bounded(response: Any) -> None:
    """A hook of an HTTP client of either generation of httpx: a body longer than any reply may be is an error."""
    stream = response.stream
    base = next((kind for kind in type(stream).__mro__ if kind.__name__ == "AsyncByteStream"), None)
    if base is None:
        return

    class Bounded(base):  # type: ignore[misc, valid-type]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = MOST_BYTES
            parts = aiter(stream)
            try:
                async for part in parts:
                    left -= len(part)
                    if left < 0:
                        raise ReplyTooLong
                    yield part
            finally:
                if hasattr(parts, "aclose"):
                    await parts.aclose()  # not when garbage is collected, which may be after the loop's end

        async def aclose(self) -> None:
            await stream.aclose()

    response.stream = Bounded()
