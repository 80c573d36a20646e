"""Which other sites' pages may use the assistant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import ConfigurationError

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[a-f0-9:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE | re.ASCII
)
_DEFAULT_PORT = {"http": "80", "https": "443"}
ALLOWED_HEADERS = (
    "Authorization", "Content-Type", "Accept", "Idempotency-Key", "X-Model", "X-Model-Key", "X-Model-Base-URL",
    "X-Request-ID", "User-Agent",
)  # fmt: skip
_IGNORED = re.compile(r"x-stainless-[a-z-]{1,40}")
"""Headers with which OpenAI's client describes itself; nothing reads them, but its browser build always sends them."""
EXPOSED_HEADERS = ("X-Request-ID", "X-Conversation-Id", "Retry-After")


def parse_origin(text: str, setting: str) -> str:
    """An origin as browsers write it. Raises ConfigurationError naming the setting it stands in."""
    found = _ORIGIN.fullmatch(text)
    if found is None or (found["port"] and not 0 < int(found["port"]) < 65536):
        raise ConfigurationError(
            f"{setting}: {text!r} is no origin.",
            "Write scheme://host or scheme://host:port, as in https://intranet.example.com: no path, no wildcard.",
        )
    scheme, host = found["scheme"].lower(), found["host"].lower()
    port = "" if found["port"] in {None, _DEFAULT_PORT[scheme]} else f":{found['port']}"
    return f"{scheme}://{host}{port}"


def parse_origins(texts: Iterable[str], setting: str) -> frozenset[str]:
    """Each as `parse_origin` gives it."""
    return frozenset(parse_origin(text.strip(), setting) for text in texts if text.strip())


def origin_of(connection: HTTPConnection) -> str | None:
    """The site whose page asks; None: the request names none. Several at once are as good as ``null``."""
    given = connection.headers.getlist("origin")
    return None if not given else given[0] if len(given) == 1 else "null"


@dataclass(frozen=True)
class Origins:
    """Other sites' origins that are let in, and the server's own one where a setting names it."""

    listed: frozenset[str] = frozenset()
    public: str | None = None

    @classmethod
    def of(cls, listed: frozenset[str], public_url: str | None) -> Origins:
        """Raises ConfigurationError where ASSISTANT_PUBLIC_URL is no address."""
        if public_url is None:
            return cls(listed)
        parts = urlsplit(public_url)
        return cls(listed, parse_origin(f"{parts.scheme}://{parts.netloc}", "ASSISTANT_PUBLIC_URL"))

    def own(self, connection: HTTPConnection, origin: str) -> bool:
        """Whether the page is the server's own.

        An https page of the same host is, though the server speaks http: something in front ends TLS.
        """
        host = connection.headers.get("host", "").lower()
        own = {f"https://{host.removesuffix(':443')}", self.public}
        if connection.scope.get("scheme") in {"http", "ws"}:
            own.add(f"http://{host.removesuffix(':80')}")
        return origin in own


class _Preflights(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """Allows what is ignored anyway, whatever else the page wants to send."""
        name = "Access-Control-Request-Headers"
        wanted = [each.strip() for each in request_headers.get(name, "").split(",") if each.strip()]
        ignored = [each for each in wanted if _IGNORED.fullmatch(each.lower())]
        read = [each for each in wanted if each not in ignored]
        reply = super().preflight_response(Headers({**request_headers, name.lower(): ", ".join(read)}))
        allowed = reply.headers["Access-Control-Allow-Headers"]
        reply.headers["Access-Control-Allow-Headers"] = ", ".join([allowed, *ignored])
        return reply


class Cors:
    """ASGI middleware: listed origins may read replies; for all others it is as if CORS did not exist.

    No credentials mode: who asks travels in ``Authorization``, never in a cookie.
    """

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        """Wrap ``app``."""
        self._app = app
        self._origins = origins
        self._cors = _Preflights(
            app,
            allow_origins=tuple(origins.listed),
            allow_methods=("GET", "POST"),
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
            allow_private_network=True,  # a page on the internet may be listed for a server that is not
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a listed origin's preflight; else pass the request on."""
        listed = scope["type"] == "http" and origin_of(HTTPConnection(scope)) in self._origins.listed
        await (self._cors if listed else self._app)(scope, receive, send)
