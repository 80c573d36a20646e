"""Applications under guard, and requests as a server hands them on: raw, so that nothing tidies a path or a header."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

from assistant.settings import load_settings
from assistant.web.app import layers
from assistant.web.asking import principal_of
from assistant.web.guard import Guard
from assistant.web.guard.signin import signin_routes
from assistant.web.observe.answers import Ops

KEY = "alices-key-0123456789"
OTHER_KEY = "bobs-key-0123456789ab"
KEYS = f"alice:{KEY}, bob:{OTHER_KEY}"
SECRET = "a-secret-of-the-intranet-which-is-long-enough-for-every-one-of-the-hashes"
OTHER_SECRET = "another-secret-of-the-wiki-which-is-long-enough-for-every-one-of-the-hashes"
INTRANET, WIKI, LISTED, EVIL = (f"https://{name}.example.com" for name in ("intranet", "wiki", "listed", "evil"))
HOST = "127.0.0.1:7860"
OWN = f"http://{HOST}"
RealApp = Callable[..., FastAPI]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "QUERY")


@dataclass
class Reply:
    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def guarded(**settings: object) -> FastAPI:
    """An application behind all layers, with nothing but the sign-in page."""
    own = load_settings(**settings)
    guard = Guard.of(own)
    app = FastAPI(openapi_url=None, middleware=layers(own, guard, Ops.of(own)))
    app.include_router(signin_routes(guard))
    return app


def echo(**settings: object) -> FastAPI:
    """A guarded application whose every path tells who the guard says is asking."""
    app = guarded(**settings)

    @app.api_route("/{path:path}", methods=list(METHODS))
    async def who(request: Request) -> dict[str, object]:
        principal = principal_of(request)
        client = request.client.host if request.client else None
        return {"id": principal.id, "how": principal.how, "portal": principal.portal, "client": client}

    return app


async def ask(
    app: ASGIApp,
    path: str = "/api/search",
    method: str = "GET",
    *,
    body: bytes = b"",
    peer: str = "127.0.0.1",
    scheme: str = "http",
    extra: Iterable[tuple[str, str]] = (),
    **headers: str,
) -> Reply:
    """One request; ``headers`` by name with underscores, ``extra`` as they stand, repeated ones too."""
    named = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in [*named.items(), *extra]],
        "client": (peer, 40000),
        "server": ("127.0.0.1", 7860),
    }
    return await answered(app, scope, body)


async def answered(app: ASGIApp, scope: dict[str, Any], body: bytes = b"") -> Reply:
    sent: list[Message] = []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    return Reply(start["status"], Headers(raw=start["headers"]), b"".join(each.get("body", b"") for each in sent[1:]))


def bearer(token: str) -> str:
    return f"Bearer {token}"


def portals_file(folder: Any, monkeypatch: Any) -> Any:
    """Two portals: one with its secret in the environment, one with it in a file beside."""
    monkeypatch.setenv("INTRANET_SECRET", SECRET)
    (folder / "wiki.secret").write_text(f"{OTHER_SECRET}\n")
    file = folder / "portals.toml"
    file.write_text(
        f'[intranet]\norigins = ["{INTRANET}", "http://127.0.0.1:9000"]\nsecret_env = "INTRANET_SECRET"\n'
        f'[wiki]\norigins = ["{WIKI}"]\nsecret_file = "wiki.secret"\n'
    )
    return file


def claims(changed: Mapping[str, object]) -> dict[str, object]:
    """A good token's claims with some changed; None leaves one out."""
    import time

    now = int(time.time())
    good = {"iss": "intranet", "aud": "essay-assistant", "sub": "user-7", "iat": now, "exp": now + 600}
    return {name: value for name, value in (good | dict(changed)).items() if value is not None}
