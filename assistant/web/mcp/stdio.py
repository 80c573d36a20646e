"""The protocol on stdin and stdout, for a program that starts this one."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mcp.server.stdio import stdio_server
from rich.console import Console

from assistant.errors import AssistantError
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.web.service import Desk


def serve_stdio(settings: Settings) -> None:
    """Speak the protocol until stdin ends. Only the protocol goes to stdout.

    The documents are opened meanwhile, so that a client needn't wait to connect; where that fails, each tool's
    reply says why.
    """
    # A read of stdin can't be interrupted from Python: Ctrl-C has to end the process by itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from assistant.web.mcp.protocol import mcp_server

    with ExitStack() as stack:
        opening = Opening(settings, stack)
        opening.begin()
        server = mcp_server(opening.desk, own=bool(settings.corpus))  # which documents those are isn't known yet
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
        await opening.end()


class Opening:
    """The documents, opened in a thread; whoever needs them waits."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """``stack`` closes what was opened."""
        self._settings = settings
        self._stack = stack
        self._task: asyncio.Task[Desk] | None = None

    def begin(self) -> asyncio.Task[Desk]:
        """Open, unless that is under way or done; what failed is tried anew."""
        if self._task is None or (self._task.done() and (self._task.cancelled() or self._task.exception())):
            self._task = asyncio.create_task(asyncio.to_thread(self._open))
        return self._task

    async def desk(self) -> Desk:
        """What was opened. Raises AssistantError where it can't be."""
        return await asyncio.shield(self.begin())

    async def end(self) -> None:
        """Wait for what is under way, so that it is closed too."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def _open(self) -> Desk:
        from assistant.web.catalog import Shelf, warm_up
        from assistant.web.observe.answers import Ops
        from assistant.web.service import Desk

        console = Console(stderr=True)
        try:
            shelf = self._stack.enter_context(Shelf.opened(self._settings))
            warm_up(shelf.default)
        except AssistantError as error:
            console.print(f"Error: {error}", markup=False, soft_wrap=True)
            raise
        for problem in shelf.default.problems:
            console.print(f"Left out: {problem}", markup=False, soft_wrap=True)
        ops = Ops.of(self._settings)
        self._stack.callback(ops.close)
        desk = Desk(shelf, self._settings, ops)
        self._stack.callback(desk.wait)
        self._stack.callback(desk.close)
        return desk
