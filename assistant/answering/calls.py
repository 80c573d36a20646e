"""What an answer takes of its chat model, known also where the answer is broken off.

Telling work in another thread that nobody waits for it any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import ceil

from assistant.types import Usage

CHARS_PER_TOKEN = 4
"""A rule of thumb for English: each chat model cuts text in its own way, and an embedding model in none of theirs."""


def estimated_tokens(text: str) -> int:
    """Roughly how many tokens a chat model will count in an English text."""
    return _tokens(len(text))


@dataclass
class Call:
    """One call of a chat model: characters ``sent`` and ``said`` back so far, and the tokens it has ``reported``."""

    sent: int
    said: int = 0
    reported: Usage = field(default_factory=Usage)

    @property
    def usage(self) -> Usage:
        """As reported; what isn't reported (yet) is estimated."""
        return Usage(
            input_tokens=self.reported.input_tokens or _tokens(self.sent),
            output_tokens=max(self.reported.output_tokens, _tokens(self.said)),  # some report a first token beforehand
            cached_input_tokens=self.reported.cached_input_tokens,
        )


class Meter:
    """The calls of one answer. Written by the thread that makes it, read from any."""

    def __init__(self) -> None:
        """No call yet."""
        self._calls: list[Call] = []

    def add(self, call: Call) -> None:
        """One that is about to be made."""
        self._calls.append(call)

    @property
    def usage(self) -> Usage:
        """Tokens of all calls so far, estimated where the model has not reported them."""
        return total(call.usage for call in list(self._calls))


METERED: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""What counts the calls made in this context; None where nobody counts them."""


def metered(texts: Sequence[str]) -> Call:
    """A call about to be made that sends these texts, counted by this context's meter."""
    call, meter = Call(sum(map(len, texts))), METERED.get()
    if meter is not None:
        meter.add(call)
    return call


def total(usages: Iterable[Usage]) -> Usage:
    """The sum."""
    found = list(usages)
    return Usage(
        input_tokens=sum(each.input_tokens for each in found),
        output_tokens=sum(each.output_tokens for each in found),
        cached_input_tokens=sum(each.cached_input_tokens for each in found),
    )


def _tokens(characters: int) -> int:
    return ceil(characters / CHARS_PER_TOKEN)


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
