"""Reverse proxies: which may say who asks, from where, and under which prefix of a path they serve this server.

Also the names the server answers to: a page elsewhere that had its own name point here gets nothing.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from assistant.errors import ConfigurationError, Problem
from assistant.settings import Settings
from assistant.web.observe.problems import unauthorized

_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[a-f0-9:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE | re.ASCII)
_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Hosts:
    """The names, each for any port or for one."""

    def __init__(self, names: frozenset[str] | None) -> None:
        """``names`` as ``name`` or ``name:port``, in small letters; None: any."""
        self._names = names

    @classmethod
    def of(cls, settings: Settings) -> Hosts:
        """From ASSISTANT_ALLOWED_HOSTS; without it this machine's names, or any where other machines are let in."""
        named = {_named(part.strip()) for part in settings.allowed_hosts.split(",") if part.strip()}
        if not named and not is_loopback(settings.host):
            return cls(None)
        names = named or {*_THIS_MACHINE, _bracketed(settings.host)}
        if settings.public_url:
            names.add(urlsplit(settings.public_url).netloc.lower())
        return cls(frozenset(names))

    def check(self, connection: HTTPConnection) -> None:
        """Raises Problem 421 where the request is meant for another name."""
        given = connection.headers.getlist("host")
        if self._names is None:
            return
        found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if found is None or not {found["name"].lower(), found[0].lower()} & self._names:
            raise Problem(
                421,
                "wrong_host",
                "The server doesn't answer under this name.",
                "Whoever runs it can add the name to ASSISTANT_ALLOWED_HOSTS.",
            )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _named(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ConfigurationError(
            f"ASSISTANT_ALLOWED_HOSTS: {text!r} is no host name.", "Write names as in chat.example.com, 10.0.0.5:7860."
        )
    return text.lower()


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST_USER = 200
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+){1,20}/?")
_RESERVED = {"authorization", "cookie", "host", "origin"}


@dataclass(frozen=True)
class Proxies:
    """The trusted proxies' networks, and the header in which they name the user; None: they name nobody.

    ``path`` is the prefix of the public address, "" for a server that has a host to itself.
    """

    networks: tuple[Network, ...] = ()
    header: str | None = None
    path: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Proxies:
        """Raises ConfigurationError for networks that are none, and for a header that nobody could be trusted with."""
        networks = tuple(_network(part.strip()) for part in settings.trusted_proxies.split(",") if part.strip())
        header, path = settings.proxy_user_header, _public_path(settings.public_url)
        if header is None:
            return cls(networks, path=path)
        if not _HEADER.fullmatch(header) or header.lower() in _RESERVED:
            raise ConfigurationError(
                "ASSISTANT_PROXY_USER_HEADER: this header can't name a user.", "Name one such as X-Forwarded-User."
            )
        if not networks:
            raise ConfigurationError(
                "ASSISTANT_PROXY_USER_HEADER is set, but any client could send that header.",
                "Set ASSISTANT_TRUSTED_PROXIES to the addresses of the proxies that set it.",
            )
        return cls(networks, header, path)

    def trusts(self, peer: str) -> bool:
        """Whether ``peer`` is one of the proxies' addresses."""
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def user(self, connection: HTTPConnection) -> str | None:
        """The user a trusted proxy names, if any. Raises Problem 401 for a name that can't be used."""
        if self.header is None or not self.trusts(connection.scope["state"].get("peer", "")):
            return None
        given = [value for value in connection.headers.getlist(self.header) if value]
        if not given:
            return None
        try:
            user = given[0].encode("latin-1").decode()
        except UnicodeDecodeError:
            user = ""
        if len(given) > 1 or not 0 < len(user) <= LONGEST_USER or not user.isprintable():
            raise unauthorized("user_unusable", "The proxy names no single user.", "Have it send one name in UTF-8.")
        return user


class Peers:
    """ASGI middleware: leaves the peer's address in ``scope["state"]["peer"]``; believes ``X-Forwarded-*`` of proxies.

    After it ``scope["client"]`` and ``scope["scheme"]`` are the client's own if a trusted proxy gave them, and
    ``scope["root_path"]`` is the prefix, whether the proxy has stripped it off the path or not. ``path_of`` has the
    path without it.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        """Wrap ``app``. The server itself must not read those headers, or a proxy's own address would be lost."""
        trusted = [str(network) for network in proxies.networks]
        self._app = cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, app), trusted)) if trusted else app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "lifespan":
            if scope.get("client"):
                scope["client"] = (_plain(scope["client"][0]), scope["client"][1])
            scope.setdefault("state", {})["peer"] = scope["client"][0] if scope.get("client") else ""
            self._find_prefix(scope)
        await self._app(scope, receive, send)

    def _find_prefix(self, scope: Scope) -> None:
        given = Headers(scope=scope).getlist("x-forwarded-prefix")
        prefix = self._proxies.path
        if len(given) == 1 and _PREFIX.fullmatch(given[0]) and self._proxies.trusts(scope["state"]["peer"]):
            prefix = given[0].rstrip("/")
        if not prefix:
            return
        if not f"{scope['path']}/".startswith(f"{prefix}/"):
            scope["path"] = prefix + scope["path"]
        scope["root_path"] = prefix
        scope["state"]["path"] = scope["path"].removeprefix(prefix) or "/"


def _public_path(address: str | None) -> str:
    """The path of ASSISTANT_PUBLIC_URL without a slash at the end. Raises ConfigurationError for an unusual one."""
    path = urlsplit(address or "").path.rstrip("/")
    if path and not _PREFIX.fullmatch(path):
        raise ConfigurationError(
            "ASSISTANT_PUBLIC_URL has a path that can't be served.",
            "Use letters, digits and - . _ ~ between slashes, as in https://intranet.example.com/assist.",
        )
    return path


def _plain(host: str) -> str:
    """An IPv4 address that came through an IPv6 socket, as the settings name it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or host)


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ConfigurationError(
            f"ASSISTANT_TRUSTED_PROXIES: {text!r} is no address or network.", "Write them as in 10.0.0.5, 10.1.0.0/16."
        ) from None
    if network.prefixlen == 0:
        raise ConfigurationError(
            f"ASSISTANT_TRUSTED_PROXIES: {text} would trust everyone.", "Name the proxies' own addresses."
        )
    return network
