"""The demo portal: a plain intranet page on an origin of its own that embeds the assistant in all three ways."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from assistant.errors import AssistantError
from assistant.settings import Settings
from assistant.web.guard import Guard
from assistant.web.guard.portals import Portals, mint_token
from assistant.web.rendering import render
from assistant.web.server import address_of, listening, serve

STATIC = Path(__file__).with_name("static")
HOST = "127.0.0.1"
NAME = "demo-page"


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
def served(app: Starlette, listener: socket) -> Iterator[None]:
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


def _listening_near(port: int) -> socket:
    """The next port where it is free, so that the address stays the same; else any."""
    if 0 < port < 65535:
        with suppress(AssistantError):
            return listening(HOST, port + 1)
    return listening(HOST, 0)


def _here(address: str) -> str:
    """An address a browser on this machine reaches the server at, also where it listens on every address."""
    return address.replace("//0.0.0.0:", f"//{HOST}:").replace("//[::]:", f"//{HOST}:")
