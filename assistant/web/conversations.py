"""Keeping conversations, where the server does: how a question goes on with what is kept, and how it is added.

Keeping to the retention setting while serving.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NoReturn

import anyio
from anyio import to_thread

from assistant.errors import StoreUnavailable, UnknownConversation
from assistant.store import Store
from assistant.types import Answer, Turn
from assistant.web.asking import Asking
from assistant.web.observe.logs import logger
from assistant.web.observe.problems import problem_of

UNKEPT = "This answer could not be kept in its conversation."


class Begun:
    """Conversations whose id was handed out and of which nothing is kept yet: a first question may be broken off.

    Safe to share between threads.
    """

    def __init__(self, most: int = 10_000) -> None:
        """Remembers the last ``most``."""
        self._most = most
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def add(self, owner: str, conversation_id: str) -> None:
        """Remember one."""
        self._ids[owner, conversation_id] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)

    def has(self, owner: str, conversation_id: str) -> bool:
        """Whether it is one of these."""
        return (owner, conversation_id) in self._ids

    def drop(self, owner: str, conversation_id: str) -> None:
        """Forget one: it is kept now."""
        self._ids.pop((owner, conversation_id), None)


class Keeping:
    """The conversations of one store; None: nothing is kept."""

    def __init__(self, store: Store | None) -> None:
        """``store`` stays the caller's to close."""
        self._store = store
        self._begun = Begun()

    def joined(self, asking: Asking) -> Asking:
        """The same in a conversation, a new one if it names none; in none where nothing is kept."""
        if self._store is None:
            return replace(asking, conversation_id=None)
        if asking.conversation_id is not None:
            return asking
        new = self._store.new_id()
        self._begun.add(asking.principal.id, new)
        return replace(asking, conversation_id=new, begins=True)

    async def history(self, asking: Asking) -> tuple[Turn, ...]:
        """The conversation so far.

        Raises UnknownConversation, and Problem where it can't be read and is needed: a question that brought its
        history, or before which nothing was kept, does without.
        """
        if self._store is None or asking.conversation_id is None or asking.begins:
            return ()
        named = asking.principal.id, asking.conversation_id
        begun = self._begun.has(*named)  # before it is looked for: a first answer may be kept meanwhile
        try:
            return await to_thread.run_sync(self._store.history, *named)
        except UnknownConversation:
            if not begun:
                raise
        except StoreUnavailable as error:
            if not (begun or asking.history):
                raise problem_of(error) from None
        return ()

    async def kept(self, asking: Asking, answer: Answer) -> Answer:
        """The answer, kept in its conversation; one that can't be kept is the same with a notice that says so."""
        if self._store is None or asking.conversation_id is None:
            return answer
        try:
            await to_thread.run_sync(self._keep, self._store, asking, asking.conversation_id, answer)
        except (StoreUnavailable, UnknownConversation) as error:
            notices = (*answer.notices, f"{UNKEPT} {problem_of(error)}")
            return answer.model_copy(update={"notices": notices})
        return answer

    def _keep(self, store: Store, asking: Asking, conversation_id: str, answer: Answer) -> None:
        """In a thread, as a whole: who stops waiting for it doesn't keep the id from being known as kept."""
        owner = asking.principal.id
        new = asking.begins or self._begun.has(owner, conversation_id)
        store.keep(owner, conversation_id, asking.corpus, answer, new=new)
        self._begun.drop(owner, conversation_id)


HOUR = 3600.0
log = logger(__name__)


async def purge_hourly(store: Store, days: int, *, every: float = HOUR) -> NoReturn:
    """Delete what is older than ``days``, at once and every hour (``every``, in seconds), until cancelled.

    A database that can't be used is reported in the log, and tried again the next time. After a clock has jumped ahead
    nothing is deleted the first time, because it may be set back.
    """
    seen = ahead()
    while True:
        jumped, seen = ahead() - seen, ahead()
        if jumped > HOUR:
            log.warning("clock_jumped", hours=round(jumped / HOUR))
        else:
            await _purge(store, days)
        await anyio.sleep(every)


async def _purge(store: Store, days: int) -> None:
    try:
        removed = await to_thread.run_sync(store.purge, days)
    except StoreUnavailable as error:
        log.warning("purge_failed", error=str(error))
    else:
        if removed.conversations or removed.feedback:
            log.info("purged", **removed.model_dump())


def ahead() -> float:
    """Seconds between the clock that can be set and the one that only counts."""
    return time.time() - time.monotonic()


@asynccontextmanager
async def retaining(store: Store, days: int, *, every: float = HOUR) -> AsyncIterator[None]:
    """Purge in the background for as long as the block runs; then close the store."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: purge_hourly(store, days, every=every))
        yield
        tasks.cancel_scope.cancel()
    store.close()
