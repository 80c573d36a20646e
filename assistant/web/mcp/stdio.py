"""The protocol on stdin and stdout, for a program that starts this one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import mcp_types as types
from anyio.abc import ObjectSendStream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from rich.console import Console

from assistant.errors import AssistantError, Problem
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.web.service import Desk

Read = SessionMessage | Exception


def serve_stdio(settings: Settings) -> None:
    """Speak the protocol until stdin ends and all requests are answered. Only the protocol goes to stdout.

    The documents are opened meanwhile, so that a client needn't wait to connect; if that fails, each tool's reply
    says why.
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
        async with stdio_server() as (incoming, outgoing), answering_all(incoming, outgoing) as streams:
            await server.run(*streams, server.create_initialization_options())
        await opening.end()


@asynccontextmanager
async def answering_all(
    incoming: AsyncIterable[Read], outgoing: ObjectSendStream[SessionMessage]
) -> AsyncIterator[tuple[MemoryObjectReceiveStream[Read], MemoryObjectSendStream[SessionMessage]]]:
    """Streams for a server, whose input ends only once every request is answered.

    At the end of its input the library cancels what is still being answered, and ``assistant mcp < FILE`` ends its
    input before the first answer: https://github.com/modelcontextprotocol/python-sdk/issues/2678
    """
    to_server, requests = anyio.create_memory_object_stream[Read]()
    replies, from_server = anyio.create_memory_object_stream[SessionMessage]()
    unanswered: set[types.RequestId | None] = set()
    changed = anyio.Condition()

    async def forward() -> None:
        async with to_server:
            async for item in incoming:
                if isinstance(item, SessionMessage):
                    _count(item.message, unanswered)
                await to_server.send(item)
            async with changed:
                while unanswered:
                    await changed.wait()

    async def reply() -> None:
        async with outgoing:
            async for item in from_server:
                await outgoing.send(item)
                _count(item.message, unanswered)
                async with changed:
                    changed.notify_all()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(forward)
        tasks.start_soon(reply)
        yield requests, replies


def _count(message: types.JSONRPCMessage, unanswered: set[types.RequestId | None]) -> None:
    """Add a request; take one off that is answered or that its client has cancelled."""
    if isinstance(message, types.JSONRPCRequest):
        unanswered.add(message.id)
    elif isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
        unanswered.discard(message.id)
    elif message.method == "notifications/cancelled" and message.params:
        unanswered.discard(message.params.get("requestId"))


class Opening:
    """The documents, opened in a thread; whoever needs them waits."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """``stack`` closes what was opened."""
        self._settings = settings
        self._stack = stack
        self._task: asyncio.Task[Desk] | None = None

    def begin(self) -> asyncio.Task[Desk]:
        """Open, unless that is under way or done; what failed is tried again."""
        if self._task is None or (self._task.done() and (self._task.cancelled() or self._task.exception())):
            self._task = asyncio.create_task(asyncio.to_thread(self._open))
        return self._task

    async def desk(self) -> Desk:
        """The desk over the documents. Raises AssistantError if they can't be opened."""
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
            # Whoever started this process runs the server, so the reason is theirs to read.
            raise Problem(500, "failed", error.message, error.remedy) from error
        for problem in shelf.default.problems:
            console.print(f"Left out: {problem}", markup=False, soft_wrap=True)
        ops = Ops.of(self._settings)
        self._stack.callback(ops.close)
        desk = Desk(shelf, self._settings, ops)
        self._stack.callback(desk.wait)
        self._stack.callback(desk.close)
        return desk
