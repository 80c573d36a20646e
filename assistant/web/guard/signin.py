"""Signing in with a key, so that a browser may ask: one plain form."""

from __future__ import annotations

from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.web.asking import path_of, principal_of
from assistant.web.guard import Guard
from assistant.web.observe.limits import neighbourhood
from assistant.web.rendering import page

TRIES = RateLimitItemPerMinute(10)
"""Sign-ins per address."""
LONGEST_FORM = 8_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with none at all the form's Origin would be null
}
WRONG = "This key is not known here."
TOO_MANY = "These are too many sign-ins. Try again in a minute."


def signin_routes(guard: Guard) -> APIRouter:
    """``/login`` and ``/logout``."""
    routes = APIRouter(include_in_schema=False)
    tries = MovingWindowRateLimiter(MemoryStorage())

    @routes.api_route("/login", methods=["GET", "HEAD"])
    async def login(request: Request) -> Response:
        if not guard.closed:
            return RedirectResponse(_root(request) + "/", 303)
        return _page(request, guard, local_path(request.query_params.get("next", "")))

    @routes.post("/login")
    async def sign_in(request: Request) -> Response:
        fields = parse_qs(await _form(request))
        onward = local_path(fields.get("next", [""])[0])
        if not await tries.hit(TRIES, "sign-in", neighbourhood(principal_of(request).address)):
            return _page(request, guard, onward, notice=TOO_MANY, status=429, headers={"Retry-After": "60"})
        key = guard.keys.holder(fields.get("key", [""])[0].strip())
        if key is None:
            return _page(request, guard, onward, notice=WRONG, status=401, headers={"WWW-Authenticate": "Bearer"})
        reply = RedirectResponse(_root(request) + onward, 303, {"Cache-Control": "no-store"})
        guard.sessions.begin(key, reply, request)
        return reply

    @routes.post("/logout")
    async def sign_out(request: Request) -> Response:
        # The next person at this browser finds no history of the last one's.
        forget = {"Cache-Control": "no-store", "Clear-Site-Data": '"storage"'}
        reply = RedirectResponse(_root(request) + "/login", 303, forget)
        await guard.sessions.end(reply, request)
        return reply

    return routes


def sign_in_instead(connection: HTTPConnection, guard: Guard) -> HTMLResponse:
    """The sign-in page where another was asked for: 401, and onward to that one."""
    query = connection.scope["query_string"].decode("latin-1")
    onward = quote(path_of(connection.scope), safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    return _page(connection, guard, local_path(onward), status=401, headers={"WWW-Authenticate": "Bearer"})


def local_path(address: str) -> str:
    """``address`` where it is a path on this server, else ``/``."""
    printable = all("!" <= character <= "~" for character in address)
    local = address.startswith("/") and not address.startswith("//") and "\\" not in address
    page = address.partition("?")[0].rstrip("/")
    return address if printable and local and page not in {"/login", "/logout"} else "/"


def _page(
    connection: HTTPConnection,
    guard: Guard,
    onward: str,
    *,
    notice: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    shown = page(
        connection,
        "signin.html",
        status,
        here="account",
        root=_root(connection),
        onward=onward,
        notice=notice,
        with_key=bool(guard.keys),
        holder=guard.sessions.holder(connection),
    )
    shown.headers.update(_HEADERS | (headers or {}))
    return shown


async def _form(request: Request) -> str:
    """The body, as far as a form with a key needs."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return ""
    return body.decode("utf-8", "replace")


def _root(connection: HTTPConnection) -> str:
    return str(connection.scope.get("root_path", ""))
