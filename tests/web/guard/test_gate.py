"""Nothing is reached without credentials, but for what is public."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from guarding import HOST, KEY, KEYS, METHODS, OWN, RealApp, answered, ask, bearer, echo, guarded
from starlette.routing import BaseRoute, Mount

PUBLIC = {"/healthz", "/readyz", "/login", "/widget.js", "/embed", "/favicon.ico"}
KNOWN = {
    "/",
    "/config",
    "/theme.css",
    "/gradio_api/queue/join",
    "/gradio_api/info",
    "/api/ask",
    "/api/themes",
    "/themes",
    "/openapi.json",
    "/mcp",
}


def paths(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Every path of an application, the mounted ones' and the included routers' too, with something for each name."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from paths(router.routes, prefix + route.include_context.prefix)  # type: ignore[attr-defined]
        elif isinstance(route, Mount):
            yield f"{prefix}{route.path}/"
            yield from paths(route.routes or [], prefix + route.path)
        elif (path := getattr(route, "path", None)) is not None:
            yield prefix + re.sub(r"\{[^}]+\}", "x", path)


async def test_every_path_by_every_method_is_closed_but_for_the_public_ones(real_app: RealApp) -> None:
    app = real_app(api_keys=KEYS)
    found = set(paths(app.routes))
    assert found > KNOWN
    for path in found | {path.rstrip("/") + "/" for path in found}:
        for method in METHODS:
            public = (path in PUBLIC or path.startswith("/ui/")) and method in {"GET", "HEAD"}
            if public or (method, path) == ("POST", "/login"):
                continue
            for host in ("127.0.0.1:7860", "evil.example.com"):
                reply = await ask(app, path, method, host=host)
                assert reply.status == 401, (method, path, host)
                assert reply.headers["www-authenticate"] == "Bearer"


async def test_what_is_public_stays_so_and_nothing_else_lies_there(real_app: RealApp) -> None:
    app = real_app(api_keys=KEYS)
    for path in PUBLIC | {"/ui/tokens.css", "/ui/signin.css"}:
        assert (await ask(app, path)).status != 401, path


@pytest.mark.parametrize(
    "path",
    [
        "//healthz", "/healthz/", "/Healthz", "/HEALTHZ", "/healthz/../config", "/%2e%2e/healthz", "/healthz%2f",
        "healthz",
        "/healthz;x", "/healthz\x00", "/ui", "/ui/../config", "/ui/./x", "/ui//config", "/ui/..\\config", "/UI/x",
        "//ui/x",
        "/ui/%2e%2e/../config", "/embed/", "/embed/x", "/login/x", "/login/", "/widget.js/", "/widget.jsx", "/uix", "",
        "http://127.0.0.1:7860/healthz", "*", "/api/ask/../../healthz", "/read/..", "/gradio_api/../healthz", "/x/ui/x",
    ],
)  # fmt: skip
async def test_no_trick_with_a_path_gets_round_it(path: str) -> None:
    app = echo(api_keys=KEYS)
    for method in METHODS:
        assert (await ask(app, path, method)).status == 401, method


@pytest.mark.parametrize("method", [m for m in METHODS if m not in {"GET", "HEAD"}])
async def test_a_public_path_is_public_for_reading_alone(method: str) -> None:
    for path in PUBLIC - {"/login"}:
        assert (await ask(echo(api_keys=KEYS), path, method)).status == 401


async def test_on_a_public_path_nobody_is_taken_for_the_owner() -> None:
    app = echo(api_keys=KEYS)
    assert (await ask(app, "/readyz")).json()["id"] == "nobody"
    assert (await ask(app, "/readyz", authorization=bearer("wrong"))).json()["id"] == "nobody"
    assert (await ask(app, "/readyz", authorization=bearer(KEY))).json()["id"] == "key:alice"


async def test_with_a_key_the_application_is_there(real_app: RealApp) -> None:
    app = real_app(api_keys=KEYS)
    for path in ("/", "/config", "/api/sources", "/api/themes", "/themes", "/read/pan-framework"):
        assert (await ask(app, path, authorization=bearer(KEY))).status == 200, path


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/healthz", "/", "/ui/x"])
async def test_a_websocket_is_refused_before_it_opens(path: str) -> None:
    assert (await websocket(echo(api_keys=KEYS), path))["type"] == "websocket.close"


async def test_a_foreign_page_opens_no_websocket_on_an_open_server() -> None:
    app = guarded()

    @app.websocket("/x")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()

    for origin, told in (("https://evil.example.com", "close"), ("null", "close"), (OWN, "accept")):
        assert (await websocket(app, "/x", origin=origin))["type"] == f"websocket.{told}"
    assert (await websocket(app, "/x"))["type"] == "websocket.accept"
    assert (await websocket(app, "/x", host="evil.example.com"))["type"] == "websocket.close"


async def websocket(app: FastAPI, path: str, **headers: str) -> dict[str, Any]:
    """The first thing a server is told to send to who wishes to connect."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"host": HOST} | headers
    await app(
        {
            "type": "websocket",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 40000),
            "subprotocols": [],
        },
        receive,
        send,
    )
    first: dict[str, Any] = sent[0]
    return first


async def test_the_guards_own_state_is_not_what_a_caller_sends() -> None:
    """A state that a server's lifespan left is kept, and who asks is always found anew."""
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": "/x", "raw_path": b"/x", "query_string": b"",
        "root_path": "", "headers": [(b"host", b"127.0.0.1")], "client": None, "server": None,
        "state": {"principal": "somebody"},
    }  # fmt: skip
    assert (await answered(echo(), scope)).json()["id"] == "local"
