"""Other sites: the origins whose pages may embed or read this server, and portals that vouch for their users.

A portal's server signs a short-lived token for each user, so that no key is in any page.
"""

from __future__ import annotations

import os
import re
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import ConfigurationError
from assistant.web.asking import Principal
from assistant.web.guard.credentials import claimed
from assistant.web.observe.problems import unauthorized

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


AUDIENCE = "essay-assistant"
LEAST_SECRET = 32
LONGEST_SECONDS = 3600
LONGEST_USER = 200
_SKEW_SECONDS = 30
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_AGAIN = "Have the portal's server make a new one."


def mint_token(portal: str, secret: str, user: str, seconds: int = 600) -> str:
    """A token for one signed-in user of a portal: what the portal's own server does, with PyJWT alone.

    ``user`` is any stable id of the portal's (200 characters at most); ``seconds`` at most 3,600.
    """
    now = int(time.time())
    claims = {"iss": portal, "aud": "essay-assistant", "sub": user, "iat": now, "exp": now + seconds}
    return jwt.encode(claims, secret, algorithm="HS256")


@dataclass(frozen=True)
class Portal:
    """One site: its name, the origins of its pages, and the secret its server signs with."""

    name: str
    origins: frozenset[str]
    secret: SecretStr


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    origins: list[str] = Field(min_length=1)
    secret_env: str | None = None
    secret_file: Path | None = None


class Portals:
    """The portals by name."""

    def __init__(self, portals: Mapping[str, Portal]) -> None:
        """Of any number."""
        self._portals = dict(portals)
        self.origins = frozenset(origin for portal in portals.values() for origin in portal.origins)

    @classmethod
    def of(cls, file: Path | None) -> Portals:
        """From the TOML file ASSISTANT_PORTALS names. Raises ConfigurationError, which repeats no secret."""
        if file is None:
            return cls({})
        file = file.expanduser()
        try:
            tables = tomllib.loads(file.read_text("utf-8"))
            entries = TypeAdapter(dict[str, _Entry]).validate_python(tables)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"ASSISTANT_PORTALS: {file} can't be read ({type(error).__name__}).", "Name a TOML file in UTF-8."
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"ASSISTANT_PORTALS: {file} is no TOML ({error}).", "Correct it.") from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"ASSISTANT_PORTALS: {where} in {file}: {first['msg']}.", "Correct it.") from None
        return cls({name: _portal(name, entry, file) for name, entry in entries.items()})

    def __iter__(self) -> Iterator[Portal]:
        return iter(self._portals.values())

    def __getitem__(self, name: str) -> Portal:
        return self._portals[name]

    def get(self, name: str | None) -> Portal | None:
        """The portal of this name, or None."""
        return self._portals.get(name or "")

    def principal(self, token: str) -> Principal | None:
        """Whom a token speaks of; None where it names no portal. Raises Problem 401 for one that is over or forged."""
        portal = self.get(claimed(token, "iss"))
        if portal is None:
            return None
        claims = _verified(token, portal)
        user, issued, ends = claims["sub"], claims["iat"], claims["exp"]
        if not (isinstance(issued, int | float) and isinstance(ends, int | float)):
            raise unauthorized("token_invalid", "The portal's token has times that are no numbers.", _AGAIN)
        # A portal's clock may be a little ahead of ours.
        if not (ends - issued <= LONGEST_SECONDS and issued <= time.time() + _SKEW_SECONDS):
            raise unauthorized("token_invalid", "The portal's token is valid for more than an hour from now.", _AGAIN)
        if not 0 < len(user) <= LONGEST_USER or not user.isprintable():
            raise unauthorized("token_invalid", "The portal's token names no usable user.", _AGAIN)
        return Principal(id=f"portal:{portal.name}:{user}", how="portal", portal=portal.name)


def _verified(token: str, portal: Portal) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            portal.secret.get_secret_value(),
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=portal.name,
            options={"require": ["iss", "aud", "sub", "iat", "exp"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError:
        raise unauthorized("token_expired", "The portal's token is over.", _AGAIN) from None
    except (jwt.InvalidTokenError, OverflowError):
        raise unauthorized("token_invalid", "The portal's token is not valid.", _AGAIN) from None


def _portal(name: str, entry: _Entry, file: Path) -> Portal:
    where = f"ASSISTANT_PORTALS: [{name}]"
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{where} is no name for a portal.", "Use small letters, digits and hyphens.")
    origins = parse_origins(entry.origins, where)
    if not origins:
        raise ConfigurationError(f"{where} has no origin.", "Name those its pages are at.")
    secret = _secret(entry, file, where)
    if len(secret) < LEAST_SECRET:
        raise ConfigurationError(
            f"{where}: the secret is shorter than {LEAST_SECRET} characters.", "Make one with: openssl rand -hex 32"
        )
    return Portal(name, origins, SecretStr(secret))


def _secret(entry: _Entry, file: Path, where: str) -> str:
    if (entry.secret_env is None) == (entry.secret_file is None):
        raise ConfigurationError(f"{where} needs one of secret_env and secret_file.", "Name where its secret is.")
    if entry.secret_env is not None:
        if entry.secret_env not in os.environ:
            raise ConfigurationError(f"{where}: the variable {entry.secret_env} is not set.", "Put the secret there.")
        return os.environ[entry.secret_env].strip()
    secret_file = file.parent / Path(str(entry.secret_file)).expanduser()
    try:
        return secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{where}: {secret_file} can't be read ({type(error).__name__}).", "Put the secret there."
        ) from None
