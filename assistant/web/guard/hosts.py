"""Under which names the server answers: a page elsewhere that had its own name point here gets nothing."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from assistant.errors import ConfigurationError
from assistant.settings import Settings
from assistant.web.ops.problems import Problem

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
