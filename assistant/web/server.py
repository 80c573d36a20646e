"""``assistant serve``: the web application on a socket."""

from __future__ import annotations

import errno
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress

import uvicorn
from rich.console import Console

from assistant.errors import AssistantError, ConfigurationError
from assistant.settings import Settings
from assistant.web.catalog import Shelf, warm_up
from assistant.web.guard import Guard
from assistant.web.guard.proxies import is_loopback
from assistant.web.observe.limits import limits_of
from assistant.web.observe.logs import set_up

SHUTDOWN_SECONDS = 5


def serve(
    settings: Settings,
    *,
    open_browser: bool = False,
    beside: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Serve until interrupted. Progress and the address go to stderr. ``beside(address)`` is open meanwhile.

    Raises ConfigurationError for a public address without leave and for limits that are none, AssistantError where
    the port is taken, and whatever building the index raises.
    """
    console = Console(stderr=True)
    set_up(settings)
    refuse_public(settings)
    Guard.of(settings)  # what can't be meant is told before anything is loaded
    limits_of(settings)
    with listening(settings.host, settings.port) as listener, ExitStack() as stack:
        with console.status("Opening the index") as status:
            shelf = stack.enter_context(Shelf.opened(settings, lambda s, i, n: status.update(f"{s} {i}/{n}")))
            warm_up(shelf.default)
        stack.enter_context(beside(address_of(listener)))
        run(shelf, listener, open_browser=open_browser)


def run(shelf: Shelf, listener: socket.socket, *, open_browser: bool = False) -> None:
    """Serve open assistants on a listening socket until interrupted."""
    from assistant.web.app import create_app, end_streams  # a second of imports: not before the port is taken

    app = create_app(shelf)
    console = Console(stderr=True)
    for problem in (problem for assistant in shelf.assistants.values() for problem in assistant.problems):
        console.print(f"Left out: {problem}", style="yellow", markup=False, soft_wrap=True)
    config = uvicorn.Config(
        app,
        log_config=None,  # its loggers go through ours
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
        proxy_headers=False,  # the guard reads them, of trusted proxies alone
    )
    address = address_of(listener)
    console.print(f"The chat is at {address} (Ctrl-C ends it)", markup=False, soft_wrap=True)
    if open_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    with suppress(KeyboardInterrupt):  # uvicorn ends in order, then raises the signal anew
        try:
            OrderlyServer(config, lambda: end_streams(app)).run(sockets=[listener])
        finally:
            app.state.web.desk.close()
            app.state.web.desk.wait()
            app.state.web.ops.close()


class OrderlyServer(uvicorn.Server):
    """A server that tells its open streams to end before it waits for them."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        """Call ``end_streams`` once, when the server is told to end."""
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order."""
        self._end_streams()
        await super().shutdown(sockets)


def refuse_public(settings: Settings) -> None:
    """Raise ConfigurationError where ``host`` lets other machines in and nobody has to say who they are."""
    known = settings.api_keys is not None or (settings.proxy_user_header is not None and settings.trusted_proxies)
    if known or settings.allow_public or is_loopback(settings.host):
        return
    raise ConfigurationError(
        f"Listening on {settings.host or 'every address'} would let anyone who reaches this machine ask.",
        "Set ASSISTANT_API_KEYS; or ASSISTANT_PROXY_USER_HEADER with ASSISTANT_TRUSTED_PROXIES, where a proxy knows "
        "its users; or ASSISTANT_ALLOW_PUBLIC=true, where anyone may; or listen on 127.0.0.1.",
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port`` (0: any free one). Raises AssistantError where it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AssistantError(
                f"Port {port} on {host} is in use.", "Set ASSISTANT_PORT to a free one, or 0 for any free one."
            ) from None
        raise AssistantError(
            f"{host}:{port} can't be listened on ({error.strerror}).", "Check ASSISTANT_HOST and ASSISTANT_PORT."
        ) from None


def address_of(listener: socket.socket) -> str:
    """The address a browser reaches the socket at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
