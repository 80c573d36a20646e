"""Keeping to the retention setting while serving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import anyio
from anyio import to_thread

from assistant.store import Store, StoreUnavailable
from assistant.web.ops.logs import logger

HOUR = 3600.0
log = logger(__name__)


async def purge_hourly(store: Store, days: int, *, every: float = HOUR) -> NoReturn:
    """Delete what is older than ``days``, at once and every hour (``every``, in seconds), until cancelled.

    A database that can't be used is reported in the log, and tried again the next time.
    """
    while True:
        try:
            removed = await to_thread.run_sync(store.purge, days)
        except StoreUnavailable as error:
            log.warning("purge_failed", error=str(error))
        else:
            if removed.conversations or removed.feedback:
                log.info("purged", **removed.model_dump())
        await anyio.sleep(every)


@asynccontextmanager
async def retaining(store: Store, days: int, *, every: float = HOUR) -> AsyncIterator[None]:
    """Purge in the background for as long as the block runs; then close the store."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: purge_hourly(store, days, every=every))
        yield
        tasks.cancel_scope.cancel()
    store.close()
