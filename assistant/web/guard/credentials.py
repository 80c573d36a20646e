"""API keys, and the sessions of browsers that signed in with one: a signed cookie that names the key's holder.

The server keeps neither keys nor sessions, only which sessions were ended before their time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import jwt
from anyio import Lock, to_thread
from pydantic import SecretStr
from starlette.requests import HTTPConnection
from starlette.responses import Response

from assistant.errors import ConfigurationError, StoreUnavailable
from assistant.store import Store
from assistant.web.observe.logs import logger

LEAST = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_KEY = re.compile(rf"[\x21-\x7e]{{{LEAST},512}}")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_HASHED = "sha256:"
_REMEDY = "Write name:key or name:sha256:HEX, with commas between them."


@dataclass(frozen=True)
class Key:
    """A key by its holder's name and the SHA-256 of its characters, as hex digits."""

    name: str
    digest: str = field(repr=False)


class Keys:
    """The keys that may ask. Several may have one name, so that a key can be replaced while the old one still works."""

    def __init__(self, keys: tuple[Key, ...] = ()) -> None:
        """None: nobody is asked for a key."""
        self._keys = keys

    @classmethod
    def of(cls, setting: SecretStr | None) -> Keys:
        """From ``name:key`` and ``name:sha256:HEX``, by commas. Raises ConfigurationError, which repeats no key."""
        if setting is None:
            return cls()
        entries = [entry.strip() for entry in setting.get_secret_value().split(",")]
        return cls(tuple(_key(number, entry) for number, entry in enumerate(entries, 1)))

    def __bool__(self) -> bool:
        return bool(self._keys)

    def holder(self, given: str) -> Key | None:
        """The key that was given, or None. It takes the same time whichever matches, or none."""
        digest = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def named(self, name: str) -> list[Key]:
        """The keys of one holder."""
        return [key for key in self._keys if key.name == name]


def _key(number: int, entry: str) -> Key:
    name, colon, secret = entry.partition(":")
    if not colon or not _NAME.fullmatch(name) or name == _HASHED.rstrip(":"):
        raise ConfigurationError(f"ASSISTANT_API_KEYS: entry {number} has no name before a colon.", _REMEDY)
    if secret.startswith(_HASHED):
        digest = secret.removeprefix(_HASHED)
        if not _HEX.fullmatch(digest):
            raise ConfigurationError(
                f"ASSISTANT_API_KEYS: what follows sha256: for {name} is not 64 hex digits.",
                "Hash the key with: printf %s KEY | sha256sum",
            )
        return Key(name, digest.lower())
    if not _KEY.fullmatch(secret):
        raise ConfigurationError(
            f"ASSISTANT_API_KEYS: the key of {name} is under {LEAST} characters, or has some that no header takes.",
            "Make one with: openssl rand -hex 24",
        )
    return Key(name, hashlib.sha256(secret.encode()).hexdigest())


LONGEST = 4_000


def claimed(token: str, name: str) -> str:
    """What a token says of itself, to choose the secret it is verified with; "" where it says nothing readable."""
    if len(token) > LONGEST:
        return ""
    try:
        value = jwt.decode(token, options={"verify_signature": False}).get(name)
    except (jwt.InvalidTokenError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


COOKIE = "essay_assistant_session"
_AUDIENCE = "essay-assistant/session"
_CLAIMS = ["sub", "exp", "jti"]
FRESH_SECONDS = 5.0
"""How soon a process knows of a session that another has ended."""
log = logger(__name__)


class Ended:
    """Sessions whose holders signed out, kept in the database, so that a copy of their cookie is no good anywhere."""

    def __init__(self, store: Store | None) -> None:
        """Without a ``store`` they are known to this process alone."""
        self._store = store
        self._known: set[str] = set()
        self._read = float("-inf")
        self._reading = Lock()

    def __contains__(self, session: str) -> bool:
        return session in self._known

    async def add(self, session: str, until: int) -> None:
        """End a session that would last ``until`` (Unix seconds)."""
        self._known.add(session)
        if self._store is not None:
            try:
                await to_thread.run_sync(self._store.end_session, session, until)
            except StoreUnavailable as error:
                log.error("the end of a session is known to this process alone", error=str(error))

    async def refresh(self) -> None:
        """Know also what other processes have ended; at most every FRESH_SECONDS."""
        if self._store is None:
            return
        async with self._reading:
            if time.monotonic() - self._read < FRESH_SECONDS:
                return
            try:
                self._known |= await to_thread.run_sync(self._store.ended_sessions)
            except StoreUnavailable as error:
                log.error("ended sessions can't be read", error=str(error))
            self._read = time.monotonic()


class Sessions:
    """Signed with a secret derived from the key itself: a session ends with its hours, its key, or by signing out."""

    def __init__(self, keys: Keys, hours: float, store: Store | None = None) -> None:
        """``hours``: how long a browser stays signed in."""
        self._keys = keys
        self._seconds = int(hours * 3600)
        self._ended = Ended(store)

    def begin(self, key: Key, response: Response, request: HTTPConnection) -> None:
        """Put the cookie on the reply. Begun over https the browser sends it over https alone."""
        now = int(time.time())
        claims = {"aud": _AUDIENCE, "sub": key.name, "iat": now, "exp": now + self._seconds, "jti": token_hex(8)}
        cookie = jwt.encode(claims, _secret(key), algorithm="HS256")
        response.set_cookie(COOKIE, cookie, max_age=self._seconds, httponly=True, samesite="lax", **_scope(request))

    async def end(self, response: Response, request: HTTPConnection) -> None:
        """End the session for good, and have the browser forget the cookie."""
        if claims := self._claims(request):
            await self._ended.add(claims["jti"], claims["exp"])
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", **_scope(request))

    async def refresh(self, connection: HTTPConnection) -> None:
        """Before ``holder``: know which sessions were ended elsewhere, if the connection names one."""
        if COOKIE in connection.cookies:
            await self._ended.refresh()

    def holder(self, connection: HTTPConnection) -> str | None:
        """The name of whoever signed in; None if the cookie is forged, over, ended, or of a key that went."""
        claims = self._claims(connection)
        return None if claims is None else str(claims["sub"])

    def _claims(self, connection: HTTPConnection) -> dict[str, Any] | None:
        cookie = connection.cookies.get(COOKIE, "")
        for key in self._keys.named(claimed(cookie, "sub")):
            try:
                claims: dict[str, Any] = jwt.decode(
                    cookie, _secret(key), algorithms=["HS256"], audience=_AUDIENCE, options={"require": _CLAIMS}
                )
            except jwt.InvalidTokenError:
                continue
            return None if claims["jti"] in self._ended else claims
        return None


def _scope(request: HTTPConnection) -> dict[str, Any]:
    """Where a browser sends the cookie: to this server alone, not to others on the same host."""
    return {"path": request.scope.get("root_path") or "/", "secure": request.scope.get("scheme") == "https"}


def _secret(key: Key) -> bytes:
    return hmac.new(bytes.fromhex(key.digest), _AUDIENCE.encode(), hashlib.sha256).digest()
