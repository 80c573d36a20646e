"""Connections that go only to addresses checked beforehand, under one deadline for everything."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpcore

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
"""An address after ``ipaddress.ip_address``."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("3fff::/20"))


def is_public(ip: IPAddress) -> bool:
    """Whether ``ip``, and every address wrapped in it, is a global unicast address."""
    return all(_is_global_unicast(one) for one in _unwrapped(ip))


def _is_global_unicast(ip: IPAddress) -> bool:
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    listed = any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)
    unicast = ip.version == 4 or ip in _UNICAST
    return ip.is_global and unicast and not special and not listed


def _unwrapped(ip: IPAddress) -> Iterator[IPAddress]:
    """The addresses packets would reach: those inside IPv4-mapped, NAT64, 6to4 and Teredo forms, else ``ip``."""
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
    """A moment by which all work must be done."""

    def __init__(self, seconds: float) -> None:
        """Start the clock."""
        self._end = time.monotonic() + seconds

    def left(self, error: Callable[[str], Exception] = TimeoutError, most: float | None = None) -> float:
        """Seconds left, or ``most`` where that is less. Raises ``error`` when there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise error("the total time is over")
        return seconds if most is None else min(seconds, most)


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to the given addresses whatever the host's name resolves to by now."""

    def __init__(self, addresses: Sequence[IPAddress], deadline: Deadline) -> None:
        """``addresses`` were checked by the caller and are tried in their order."""
        self._addresses = addresses
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first pinned address that answers. Raises httpcore.ConnectError or ConnectTimeout."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses:
            seconds = self._deadline.left(httpcore.ConnectTimeout, timeout)
            try:
                stream = self._backend.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose every read and write ends with the deadline, so that a slow drip can't go on."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(httpcore.ReadTimeout, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(httpcore.WriteTimeout, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout, timeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
