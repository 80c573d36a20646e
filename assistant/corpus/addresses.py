"""Which web addresses may be reached: their form, their host, and every IP address the host resolves to.

Only global unicast addresses are public, and the ones embedded in others count as well. One deadline covers everything.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from assistant.errors import CorpusError, ImportRefused

REMEDY = "Download the page yourself and run `assistant corpus add FILE`."
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*|[0-9a-f:.]+", re.IGNORECASE | re.ASCII)
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.IGNORECASE)
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
"""An address after ``ipaddress.ip_address``."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("3fff::/20"))


def is_public(ip: IPAddress) -> bool:
    """Whether ``ip`` and every address embedded in it are global unicast addresses."""
    return all(_is_global_unicast(one) for one in _unwrapped(ip))


def _is_global_unicast(ip: IPAddress) -> bool:
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    listed = any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)
    unicast = ip.version == 4 or ip in _UNICAST
    return ip.is_global and unicast and not special and not listed


def _unwrapped(ip: IPAddress) -> Iterator[IPAddress]:
    """The addresses that packets reach: those embedded in IPv4-mapped, NAT64, 6to4 and Teredo forms, else ``ip``."""
    if isinstance(ip, ipaddress.IPv4Address):
        yield ip
    elif ip.ipv4_mapped is not None:
        yield ip.ipv4_mapped
    elif ip in _NAT64:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    elif ip.sixtofour is not None:
        yield ip.sixtofour
    elif ip.teredo is not None:
        yield from ip.teredo
    else:
        yield ip


class Deadline:
    """A point in time by which all work must be finished."""

    def __init__(self, seconds: float) -> None:
        """Start the clock."""
        self._end = time.monotonic() + seconds

    def left(self, error: Callable[[str], Exception] = TimeoutError, most: float | None = None) -> float:
        """Seconds left, at most ``most``. Raises ``error`` after the deadline."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise error("the total time is over")
        return seconds if most is None else min(seconds, most)


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of ``host`` from the system's resolver. Raises OSError."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True)
class Policy:
    """What may be reached. The default is strict; tests allow their own server."""

    allowed: Callable[[IPAddress], bool] = is_public
    resolve: Callable[[str, int], Sequence[str]] = resolve
    ports: frozenset[int] = frozenset({80, 443})
    tls: ssl.SSLContext | None = None
    seconds: float = 20.0


STRICT = Policy()


def check_url(url: str, policy: Policy = STRICT) -> httpx.URL:
    """Parse ``url`` and check its form, without resolving its host. Raises ImportRefused."""
    shown = _shown(url)
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise ImportRefused(f"{shown}: is not a web address.", "Give a plain http(s) address, without spaces.")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise ImportRefused(f"{shown}: is not a web address.", "Give a plain http(s) address.") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ImportRefused(f"{shown}: only http and https addresses are imported.", "Give the page's web address.")
    if parsed.userinfo or "@" in url.partition("://")[2].partition("/")[0]:
        raise ImportRefused(f"{shown}: holds a user name or password.", "Give the address without it.")
    if _HOST.fullmatch(host_of(parsed)) is None:
        raise ImportRefused(f"{shown}: names no host.", "Give the page's usual web address.")
    if _port(parsed) not in policy.ports:
        raise ImportRefused(f"{shown}: only ports 80 and 443 are imported from.", REMEDY)
    return parsed.copy_with(fragment=None)


def _shown(url: str) -> str:
    """The address for messages: one short line without credentials."""
    plain = re.sub(r"//[^/@]*@", "//…@", re.sub(r"[\x00-\x20\x7f]+", " ", url))
    return plain if len(plain) <= 200 else plain[:199] + "…"


def _port(url: httpx.URL) -> int:
    return url.port if url.port is not None else 443 if url.scheme == "https" else 80


def host_of(url: httpx.URL) -> str:
    """The host's name in ASCII, without the dot that may end it."""
    return url.raw_host.decode("ascii").rstrip(".")


def checked_addresses(url: httpx.URL, policy: Policy, deadline: Deadline) -> list[IPAddress]:
    """The addresses of the host. Raises ImportRefused if one is not allowed, CorpusError if there are none."""
    host = host_of(url)
    if _is_odd_number(host):
        raise ImportRefused(f"{host}: is a number in disguise, not a host's name.", "Give the page's usual address.")
    answers = _resolve_in_time(host, _port(url), policy, deadline)
    try:
        addresses = [ipaddress.ip_address(answer) for answer in answers]
    except ValueError:
        raise ImportRefused(f"{host}: has an address that can't be checked.", REMEDY) from None
    if not addresses:
        raise CorpusError(f"{host}: has no address.", REMEDY)
    if not all(policy.allowed(address) for address in addresses):
        raise ImportRefused(f"{host}: is not a public host.", REMEDY)
    return addresses


def _is_odd_number(host: str) -> bool:
    """Whether the host is a decimal, octal, hexadecimal or shortened IPv4 address."""
    if _NUMERIC.fullmatch(host.rpartition(".")[2]) is None:
        return False
    return re.fullmatch(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})", host) is None


def _resolve_in_time(host: str, port: int, policy: Policy, deadline: Deadline) -> Sequence[str]:
    """The resolver's answer, abandoned at the deadline, because the system's resolver has no timeout."""
    answers: list[Sequence[str]] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(policy.resolve(host, port))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(deadline.left(lambda _: CorpusError(f"{host}: took too long.", REMEDY)))
    if not answers:
        why = "the name can't be resolved" if failures else "resolving its name took too long"
        raise CorpusError(f"{host}: {why}.", f"Check the address and the network, or: {REMEDY}")
    return answers[0]
