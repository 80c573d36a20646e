"""``assistant serve``: the web application on a socket."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from rich.console import Console

from assistant.answering.assistant import Assistant
from assistant.errors import AssistantError, ConfigurationError
from assistant.settings import Settings

SHUTDOWN_SECONDS = 5


def serve(settings: Settings, *, open_browser: bool = False) -> None:
    """Serve until interrupted. Progress and the address go to stderr.

    Raises ConfigurationError for a public address without leave, AssistantError where the port is taken,
    and whatever building the index raises.
    """
    console = Console(stderr=True)
    refuse_public(settings)
    with listening(settings.host, settings.port) as listener:
        with console.status("Opening the index") as status:
            assistant = Assistant(settings, progress=lambda step, done, total: status.update(f"{step} {done}/{total}"))
            warm_up(assistant)
        with assistant:
            run(assistant, listener, open_browser=open_browser)


def warm_up(assistant: Assistant) -> None:
    """Load what only a question needs, so that the first person needn't wait for it. No chat model is asked."""
    assistant.search("What is fine-tuning?")


def run(assistant: Assistant, listener: socket.socket, *, open_browser: bool = False) -> None:
    """Serve an open assistant on a listening socket until interrupted."""
    from assistant.web.app import create_app, end_streams  # brings gradio: not before it is needed

    app = create_app(assistant)
    console = Console(stderr=True)
    for problem in assistant.problems:
        console.print(f"Left out: {problem}", style="yellow", markup=False, soft_wrap=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=SHUTDOWN_SECONDS, server_header=False)
    address = address_of(listener)
    console.print(f"The chat is at {address} (Ctrl-C ends it)", markup=False, soft_wrap=True)
    if open_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    with suppress(KeyboardInterrupt):  # uvicorn ends in order, then raises the signal anew
        OrderlyServer(config, lambda: end_streams(app)).run(sockets=[listener])


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
    """Raise ConfigurationError where ``host`` lets other machines in and no setting says so."""
    if settings.host == "localhost" or getattr(settings, "allow_public", False):
        return
    try:
        private = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        private = False
    if not private:
        raise ConfigurationError(
            f"Listening on {settings.host} would let anyone who reaches this machine ask.",
            "Use 127.0.0.1, or set ASSISTANT_ALLOW_PUBLIC=true where a guard of your own stands in front.",
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
