"""Who asks: the holder of a key, a proxy's or a portal's user, or anyone where the server is open."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from assistant.web.guard.origins import origin_of
from assistant.web.guard.policy import Guard
from assistant.web.guard.refusals import unauthorized
from assistant.web.principal import OPEN, Principal


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
