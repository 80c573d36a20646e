"""How open streams hear that the server ends."""

import asyncio
import threading

from assistant.web.ops.shutdown import Shutdown


async def test_whoever_waits_hears_of_it_from_any_thread() -> None:
    shutdown = Shutdown()
    waiting = [asyncio.create_task(shutdown.wait()) for _ in range(20)]
    await asyncio.sleep(0)
    assert not shutdown.begun
    assert not any(task.done() for task in waiting)
    threading.Thread(target=shutdown.begin).start()
    await asyncio.wait_for(asyncio.gather(*waiting), 10)
    assert shutdown.begun


async def test_whoever_comes_later_need_not_wait() -> None:
    shutdown = Shutdown()
    shutdown.begin()
    shutdown.begin()
    await asyncio.wait_for(shutdown.wait(), 10)


def test_event_loops_that_ended_are_no_trouble() -> None:
    shutdown = Shutdown()

    async def gives_up() -> None:
        waiting = asyncio.create_task(shutdown.wait())
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(gives_up())
    shutdown.begin()
    asyncio.run(asyncio.wait_for(shutdown.wait(), 10))
