"""The gate: every request, the mounted chat's and websockets included, is let in here or nowhere.

Which paths need no credentials, and which a portal's page may use.

Who asks: the holder of a key, a proxy's or a portal's user, or anyone where the server is open.

What the browser is told not to do: run, load or frame anything from elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import Problem
from assistant.web.asking import OPEN, Principal, path_of
from assistant.web.guard import Guard
from assistant.web.guard.signin import sign_in_instead
from assistant.web.guard.sites import origin_of
from assistant.web.observe.problems import problem_reply, send_refusal, unauthorized

SAFE = frozenset({"GET", "HEAD"})
_PROBES = frozenset({"/healthz", "/readyz"})
_PUBLIC = frozenset({*_PROBES, "/login", "/widget.js", "/embed", "/favicon.ico"})
_PORTAL_POSTS = frozenset({"/api/ask", "/api/feedback"})
_PORTAL_PAGES = frozenset({"/api/sources", "/api/search", "/api/themes", "/widget.js", "/embed"})
_PORTAL_FOLDERS = ("/api/sources/", "/api/themes/", "/read/", "/ui/")


def is_public(method: str, path: str) -> bool:
    """Whether anyone may; ``path`` as the router sees it, decoded. What is not exactly listed is not public."""
    if method == "POST":
        return path == "/login"
    return method in SAFE and (path in _PUBLIC or _under(path, ("/ui/",)))


def is_probe(method: str, path: str) -> bool:
    """Whether this is how an orchestrator looks after the server: by whatever address it has for it."""
    return method in SAFE and path in _PROBES


def portal_may(method: str, path: str) -> bool:
    """Whether a page of another site may ask for this."""
    if method == "POST":
        return path in _PORTAL_POSTS
    return method in SAFE and (path in _PORTAL_PAGES or _under(path, _PORTAL_FOLDERS))


def _under(path: str, folders: tuple[str, ...]) -> bool:
    return path.startswith(folders) and "\\" not in path and not {"", ".", ".."} & set(path[1:].split("/"))


def identify(connection: HTTPConnection, guard: Guard) -> Principal:
    """The caller. Raises Problem 401 where it must say who it is, or says it wrongly."""
    known = _by_token(connection, guard) or _by_browser(connection, guard)
    if known is not None:
        return known
    if guard.closed:
        raise unauthorized(
            "credentials_missing",
            "The server answers only those it knows.",
            "Send `Authorization: Bearer KEY`, or sign in at /login." if guard.keys else "Come by its usual address.",
        )
    if origin_of(connection) in guard.portals.origins:
        raise unauthorized(
            "token_missing", "A page of this portal needs a token.", "Have the portal's server make one for its user."
        )
    return OPEN


def _by_token(connection: HTTPConnection, guard: Guard) -> Principal | None:
    """By ``Authorization: Bearer``; other schemes are somebody else's. Where the server is open, any key will do."""
    given = connection.headers.getlist("authorization")
    if len(given) > 1:
        raise unauthorized("credentials_wrong", "There is more than one Authorization header.", "Send one.")
    scheme, _, token = (given[0] if given else "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    if key := guard.keys.holder(token.strip()):
        return Principal(id=f"key:{key.name}", how="key")
    principal = guard.portals.principal(token.strip())
    if principal is None and guard.closed:
        raise unauthorized("credentials_wrong", "This key is not known here.", "Check it, or ask for a new one.")
    return principal


def _by_browser(connection: HTTPConnection, guard: Guard) -> Principal | None:
    """By what a browser sends of itself, so not for pages of other sites, listed or not."""
    if origin_of(connection) in guard.origins.listed:
        return None
    if name := guard.sessions.holder(connection):
        return Principal(id=f"key:{name}", how="key")
    if user := guard.proxies.user(connection):
        return Principal(id=f"proxy:{user}", how="proxy")
    return None


NOBODY = Principal(id="nobody", how="open")
"""Who asks for a public path without credentials, or probes the server under a name that isn't its own."""


class Gate:
    """ASGI middleware: leaves the caller in ``scope["state"]["principal"]``, or refuses.

    First who asks (401), then under which name (421; probes may use any), then from which site's page (403).
    """

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        """Wrap ``app``."""
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or send a refusal."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        connection = HTTPConnection(scope)
        await self._guard.sessions.refresh(connection)
        try:
            state["principal"] = self._let_in(connection)
        except Problem as problem:
            await send_refusal(self._refusal(problem, connection), scope, receive, send)
            return
        await self._app(scope, receive, send if state["principal"].how == "open" else _private(send))

    def _let_in(self, connection: HTTPConnection) -> Principal:
        """The caller. Raises Problem."""
        method, path = connection.scope.get("method", "WEBSOCKET"), path_of(connection.scope)
        public = is_public(method, path)
        try:
            principal = identify(connection, self._guard)
        except Problem:
            if not public:
                raise
            principal = NOBODY
        try:
            self._guard.hosts.check(connection)
        except Problem:
            if not is_probe(method, path):
                raise
            principal = NOBODY  # a page elsewhere that had its own name point here learns no more than a probe
        principal = replace(principal, address=connection.client.host if connection.client else "")
        self._check_origin(connection, principal, method, path)
        if principal.portal is not None and not (public or portal_may(method, path)):
            raise Problem(403, "portal_scope", "A portal's token doesn't open this.", "Use a key of your own.")
        return principal

    def _check_origin(self, connection: HTTPConnection, principal: Principal, method: str, path: str) -> None:
        """Raises Problem 403 where another site's page asks for what it may not."""
        origin = origin_of(connection)
        if origin is None or self._guard.origins.own(connection, origin):
            return
        if principal.portal is not None and origin not in self._guard.portals[principal.portal].origins:
            raise _refused("This token is another portal's.", "Use one that was made for this site.")
        if method in SAFE and (is_public(method, path) or origin not in self._guard.origins.listed):
            return
        if origin not in self._guard.origins.listed:
            raise _refused(
                "Pages of this site may not ask here.",
                "Whoever runs the server can name the site in ASSISTANT_ALLOWED_ORIGINS or ASSISTANT_PORTALS, "
                "and the server's own address in ASSISTANT_PUBLIC_URL.",
            )
        if principal.how == "open" and not portal_may(method, path):
            raise _refused("Pages of other sites may not ask for this.", "Open the assistant itself.")

    def _refusal(self, problem: Problem, connection: HTTPConnection) -> Response:
        scope = connection.scope
        page = problem.status == 401 and scope.get("method") in SAFE
        if page and "text/html" in connection.headers.get("accept", ""):
            return sign_in_instead(connection, self._guard)
        return problem_reply(problem, connection)


def _refused(message: str, remedy: str) -> Problem:
    return Problem(403, "origin_refused", message, remedy)


def _private(send: Send) -> Send:
    """What one caller is told, no shared cache keeps."""

    async def send_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "private")
        await send(message)

    return send_private


_SHARED = "base-uri 'self'; form-action 'self'; object-src 'none'; frame-src 'self'"
PAGE_POLICY = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; {_SHARED}"
# Gradio's page starts itself from inline scripts and styles itself inline.
CHAT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; {_SHARED}"
)
EMBED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; object-src 'none'; frame-src 'self'; require-trusted-types-for 'script'"
)
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
_YEAR = 31_536_000


class SecurityHeaders:
    """ASGI middleware: the content policy on every HTML page, and the quiet headers on every reply."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        """Wrap ``app``; ``guard`` knows which sites may frame what."""
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the reply."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, scope: Scope) -> None:
        """A page may name a policy or a referrer of its own; who may frame it is decided here alone."""
        path = path_of(scope)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Permissions-Policy"] = PERMISSIONS
        shared = path == "/widget.js" or path.startswith("/ui/")
        html = headers.get("content-type", "").startswith("text/html")
        framers = self._framers(scope) if html else []
        if html and _is_framed(path):  # an isolated page (COEP) frames only what is isolated and others may have
            headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if shared or framers else "same-origin"
        headers.setdefault("Referrer-Policy", "no-referrer")
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
        if html:
            policy = headers.get("Content-Security-Policy", policy_of(path))
            ancestors = " ".join(["'self'", *framers])
            headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {ancestors}"

    def _framers(self, scope: Scope) -> list[str]:
        """Which other sites may frame the page: for the embedded pages those on the list."""
        if path_of(scope) == "/embed":
            return list(self._guard.framers(QueryParams(scope["query_string"])))
        return sorted(self._guard.origins.listed) if _is_framed(path_of(scope)) else []


def _is_framed(path: str) -> bool:
    return path == "/embed" or path.startswith("/read/")


def policy_of(path: str) -> str:
    """The content policy of the page at ``path``, without who may frame it."""
    return {"/": CHAT_POLICY, "/embed": EMBED_POLICY}.get(path, PAGE_POLICY)
