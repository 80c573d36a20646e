"""Serve the application with uvicorn; with ``--demo`` also a portal that embeds it, on a port of its own."""

from __future__ import annotations

import errno
import gc
import json
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from assistant.errors import AssistantError, ConfigurationError
from assistant.settings import Settings
from assistant.web.catalog import Shelf, warm_up
from assistant.web.guard import Guard
from assistant.web.guard.proxies import is_loopback
from assistant.web.guard.sites import Portals, mint_token
from assistant.web.observe.limits import limits_of
from assistant.web.observe.logs import set_up
from assistant.web.rendering import render

SHUTDOWN_SECONDS = 5
YOUNG_OBJECTS = 10_000
"""Objects made between two searches for garbage while serving: fewer than while starting, so that little lies about."""
STATIC = Path(__file__).with_name("static")
HOST = "127.0.0.1"
NAME = "demo-page"
"""Host and name of the demo portal."""


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
    gc.freeze()  # what stands now stays, and need not be searched for garbage
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
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


@dataclass(frozen=True)
class DemoPortal:
    """The portal's own origin, and the secret it signs tokens with; None where the assistant asks for none."""

    origin: str
    secret: str | None


def serve_with_demo(settings: Settings, *, open_browser: bool = False) -> None:
    """Serve the assistant, and the demo portal next to it on this machine alone. Raises what `serve` raises."""
    with _listening_near(settings.port) as listener, TemporaryDirectory() as folder:
        closed = Guard.of(settings).closed
        portal = DemoPortal(address_of(listener).rstrip("/"), secrets.token_hex(32) if closed else None)
        serve(
            letting_in(portal, settings, Path(folder)),
            open_browser=open_browser,
            beside=lambda address: served(demo_app(portal, _here(address)), listener),
        )


def letting_in(portal: DemoPortal, settings: Settings, folder: Path) -> Settings:
    """The settings with the portal on their lists, for this run; files it takes go into ``folder``."""
    if portal.secret is None:
        origins = ",".join(filter(None, [settings.allowed_origins, portal.origin]))
        return settings.model_copy(update={"allowed_origins": origins})
    known = [(p.name, sorted(p.origins), p.secret.get_secret_value()) for p in Portals.of(settings.portals)]
    tables = []
    for name, portal_origins, secret in [*known, (NAME, [portal.origin], portal.secret)]:
        (folder / name).write_text(secret, encoding="utf-8")
        tables.append(f"[{name}]\norigins = {json.dumps(portal_origins)}\nsecret_file = {json.dumps(name)}\n")
    (folder / "portals.toml").write_text("\n".join(tables), encoding="utf-8")
    return settings.model_copy(update={"portals": folder / "portals.toml"})


def demo_app(portal: DemoPortal, server: str) -> Starlette:
    """The portal: its page, and ``/token`` where it vouches for its user. ``server`` ends in a slash."""
    own = server.rstrip("/")
    policy = (
        f"default-src 'none'; script-src 'self' {own}; style-src 'self'; img-src 'self'; connect-src 'self' {own}; "
        f"frame-src {own}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )

    def page(_: Request) -> Response:
        reply = render("demo.html", server=server, closed=portal.secret is not None, portal=NAME)
        reply.headers["Content-Security-Policy"] = policy
        return reply

    def token(_: Request) -> Response:
        if portal.secret is None:
            return JSONResponse({"detail": "This assistant asks for no token."}, status_code=404)
        minted = mint_token(NAME, portal.secret, "somebody-at-the-demo")
        return JSONResponse({"token": minted}, headers={"Cache-Control": "no-store"})

    def file(request: Request) -> Response:
        return FileResponse(STATIC / request.url.path.rpartition("/")[2])

    files = [Route(f"/{name}", file) for name in ("demo.css", "demo.js", "icon.svg")]
    routes = [Route("/", page), Route("/token", token), *files]
    # Under another name, a page from elsewhere could come for a token.
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST])])


@contextmanager
def served(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """An application served on a listening socket by a thread, and its address told on stderr."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    Console(stderr=True).print(
        f"The demo portal is at {address_of(listener)}: a page of another site that embeds the assistant",
        markup=False,
        soft_wrap=True,
    )
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _listening_near(port: int) -> socket.socket:
    """The next port where it is free, so that the address stays the same; else any."""
    if 0 < port < 65535:
        with suppress(AssistantError):
            return listening(HOST, port + 1)
    return listening(HOST, 0)


def _here(address: str) -> str:
    """An address a browser on this machine reaches the server at, also where it listens on every address."""
    return address.replace("//0.0.0.0:", f"//{HOST}:").replace("//[::]:", f"//{HOST}:")
