"""What an answer takes of its caller's share of the chat model, also where it is broken off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from anyio import CancelScope

from assistant.answering.calls import METERED, Meter
from assistant.answering.stages import Event
from assistant.types import Usage
from assistant.web.asking import Asking
from assistant.web.ops.limits import TokenCaps


class Bill:
    """What one answer takes, counted once."""

    def __init__(self, caps: TokenCaps, asking: Asking) -> None:
        """Nobody pays for an answer of the caller's own model."""
        self._caps = caps
        self._asking = asking
        self._meter = Meter()
        self._paid = asking.own_model is not None

    def metered(self, make: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        """The answer that ``make`` makes in this thread's context, whose calls of a chat model are counted."""
        METERED.set(self._meter)
        return make()

    async def pay(self, usage: Usage | None = None) -> None:
        """Count what a whole answer took; None: one that was broken off. What no model reported is estimated."""
        if self._paid:
            return
        self._paid = True
        taken = usage if usage is not None and usage.input_tokens else self._meter.usage
        with CancelScope(shield=True):  # who leaves is the one who is counted
            await self._caps.spend(self._asking.principal, taken)


@asynccontextmanager
async def billed(caps: TokenCaps, asking: Asking) -> AsyncIterator[Bill]:
    """A bill that is paid when the block ends, however it ends."""
    bill = Bill(caps, asking)
    try:
        yield bill
    finally:
        await bill.pay()
