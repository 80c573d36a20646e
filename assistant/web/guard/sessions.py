"""A browser that signed in with a key stays signed in: a signed cookie that holds the name of the key's holder."""

from __future__ import annotations

import hashlib
import hmac
import time

import jwt
from starlette.requests import HTTPConnection
from starlette.responses import Response

from assistant.web.guard.keys import Key, Keys
from assistant.web.guard.tokens import claimed

COOKIE = "essay_assistant_session"
_AUDIENCE = "essay-assistant/session"


class Sessions:
    """Signed with a secret derived from the key itself: nothing is stored, and a session ends when its key goes."""

    def __init__(self, keys: Keys, hours: float) -> None:
        """``hours``: how long a browser stays signed in."""
        self._keys = keys
        self._seconds = int(hours * 3600)

    def begin(self, key: Key, response: Response, *, secure: bool) -> None:
        """Put the cookie on a reply; ``secure``: the browser sends it over https alone."""
        now = int(time.time())
        claims = {"aud": _AUDIENCE, "sub": key.name, "iat": now, "exp": now + self._seconds}
        cookie = jwt.encode(claims, _secret(key), algorithm="HS256")
        response.set_cookie(
            COOKIE, cookie, max_age=self._seconds, path="/", secure=secure, httponly=True, samesite="lax"
        )

    def end(self, response: Response, *, secure: bool) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(COOKIE, path="/", secure=secure, httponly=True, samesite="lax")

    def holder(self, connection: HTTPConnection) -> str | None:
        """The name of whoever signed in; None where the cookie is forged, over, or of a key that went."""
        cookie = connection.cookies.get(COOKIE, "")
        for key in self._keys.named(claimed(cookie, "sub")):
            try:
                jwt.decode(
                    cookie, _secret(key), algorithms=["HS256"], audience=_AUDIENCE, options={"require": ["exp", "sub"]}
                )
            except jwt.InvalidTokenError:
                continue
            return key.name
        return None


def _secret(key: Key) -> bytes:
    return hmac.new(bytes.fromhex(key.digest), _AUDIENCE.encode(), hashlib.sha256).digest()
