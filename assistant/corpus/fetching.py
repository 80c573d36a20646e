"""Fetching a document from a public web address, and from nowhere else.

Each hop (the address given, then at most three redirects) is checked by itself: scheme, port, host, and every IP
address the host resolves to. It is resolved once and the connection goes to the addresses that were checked;
the Host header and the certificate are still those of the name. No proxy or other setting of the environment is used.

Connections that go only to addresses checked beforehand, under one deadline for everything.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpcore
import httpx

from assistant.errors import CorpusError, ImportRefused
from assistant.settings import Settings
from assistant.types import Frozen

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


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CONTENT_TYPES = {
    "text/html": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    DOCX: ".docx",
}
"""The media types that are imported, and the file suffix that stands for each."""

MAX_REDIRECTS = 3
_REMEDY = "Download the page yourself and run `assistant corpus add FILE`."
_HEADERS = (
    ("User-Agent", "Mozilla/5.0 (compatible; essay-assistant)"),
    ("Accept", ", ".join(CONTENT_TYPES)),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*|[0-9a-f:.]+", re.IGNORECASE | re.ASCII)
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.IGNORECASE)


class Fetched(Frozen):
    """A document as it came: its final address, its media type, the encoding that was declared, its bytes."""

    url: str
    content_type: str
    body: bytes
    charset: str = ""


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of ``host`` as the system's resolver gives them. Raises OSError."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True)
class Policy:
    """What may be reached. The default is the strict one; tests let in a server of their own."""

    allowed: Callable[[IPAddress], bool] = is_public
    resolve: Callable[[str, int], Sequence[str]] = resolve
    ports: frozenset[int] = frozenset({80, 443})
    tls: ssl.SSLContext | None = None
    seconds: float = 20.0


STRICT = Policy()


def fetch(url: str, settings: Settings, policy: Policy = STRICT) -> Fetched:
    """The document at ``url``, at most ``settings.max_document_bytes`` long.

    Raises ImportRefused where the address or what it serves must not be imported, CorpusError where the
    network or the server fails.
    """
    deadline = Deadline(policy.seconds)
    context = policy.tls or httpx.create_ssl_context(trust_env=False)
    policy = replace(policy, tls=context)
    target = check_url(url, policy)
    for _ in range(MAX_REDIRECTS + 1):
        result = _one_hop(target, settings.max_document_bytes, policy, deadline)
        if isinstance(result, Fetched):
            return result
        target = check_url(result, policy)
    raise ImportRefused(f"{url}: redirects more than {MAX_REDIRECTS} times.", _REMEDY)


def check_url(url: str, policy: Policy = STRICT) -> httpx.URL:
    """``url`` parsed, its form checked (not yet its host's addresses). Raises ImportRefused."""
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
    if _HOST.fullmatch(_host(parsed)) is None:
        raise ImportRefused(f"{shown}: names no host.", "Give the page's usual web address.")
    if _port(parsed) not in policy.ports:
        raise ImportRefused(f"{shown}: only ports 80 and 443 are imported from.", _REMEDY)
    return parsed.copy_with(fragment=None)


def _shown(url: str) -> str:
    """The address as a message may show it: one short line, without credentials."""
    plain = re.sub(r"//[^/@]*@", "//…@", re.sub(r"[\x00-\x20\x7f]+", " ", url))
    return plain if len(plain) <= 200 else plain[:199] + "…"


def _port(url: httpx.URL) -> int:
    return url.port if url.port is not None else 443 if url.scheme == "https" else 80


def _host(url: httpx.URL) -> str:
    """The host's name in ASCII, without the dot that may end it."""
    return url.raw_host.decode("ascii").rstrip(".")


def _request_url(url: httpx.URL) -> httpcore.URL:
    """The same address for httpcore, in parts, so that it is not parsed a second time in another way."""
    return httpcore.URL(scheme=url.scheme, host=_host(url), port=url.port, target=url.raw_path)


def checked_addresses(url: httpx.URL, policy: Policy, deadline: Deadline) -> list[IPAddress]:
    """Every address of the host, all of them allowed. Raises ImportRefused, or CorpusError where there are none."""
    host = _host(url)
    if _is_odd_number(host):
        raise ImportRefused(f"{host}: is a number in disguise, not a host's name.", "Give the page's usual address.")
    answers = _resolve_in_time(host, _port(url), policy, deadline)
    try:
        addresses = [ipaddress.ip_address(answer) for answer in answers]
    except ValueError:
        raise ImportRefused(f"{host}: has an address that can't be checked.", _REMEDY) from None
    if not addresses:
        raise CorpusError(f"{host}: has no address.", _REMEDY)
    if not all(policy.allowed(address) for address in addresses):
        raise ImportRefused(f"{host}: is not a public host.", _REMEDY)
    return addresses


def _is_odd_number(host: str) -> bool:
    """Whether the host is a decimal, octal, hexadecimal or shortened IPv4 address."""
    if _NUMERIC.fullmatch(host.rpartition(".")[2]) is None:
        return False
    return re.fullmatch(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})", host) is None


def _resolve_in_time(host: str, port: int, policy: Policy, deadline: Deadline) -> Sequence[str]:
    """The resolver's answer, given up at the deadline (the system's resolver has none of its own)."""
    answers: list[Sequence[str]] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(policy.resolve(host, port))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(deadline.left(lambda _: CorpusError(f"{host}: took too long.", _REMEDY)))
    if not answers:
        why = "the name can't be resolved" if failures else "resolving its name took too long"
        raise CorpusError(f"{host}: {why}.", f"Check the address and the network, or: {_REMEDY}")
    return answers[0]


def _one_hop(url: httpx.URL, limit: int, policy: Policy, deadline: Deadline) -> Fetched | str:
    """One request: the document, or the address it redirects to."""
    headers = [*_HEADERS, ("Host", url.netloc.decode("ascii"))]
    backend = PinnedBackend(checked_addresses(url, policy, deadline), deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=policy.tls, network_backend=backend, max_connections=1) as pool,
            pool.stream("GET", _request_url(url), headers=headers) as response,
        ):
            return _read(url, response, limit, deadline)
    except (httpcore.TimeoutException, TimeoutError):
        raise CorpusError(f"{url.host}: took longer than {policy.seconds:g} seconds.", _REMEDY) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
        raise CorpusError(f"{url.host}: could not be fetched ({_reason(error)}).", _REMEDY) from None


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _read(url: httpx.URL, response: httpcore.Response, limit: int, deadline: Deadline) -> Fetched | str:
    headers = httpx.Headers(response.headers)
    if response.status in {301, 302, 303, 307, 308} and "location" in headers:
        return _joined(url, headers["location"])
    if response.status != 200:
        raise CorpusError(f"{url}: the server answered with status {response.status}.", _REMEDY)
    content_type, _, parameters = headers.get("content-type", "").partition(";")
    content_type = content_type.strip().lower()
    if content_type not in CONTENT_TYPES:
        kind = content_type[:60] or "of no stated type"
        raise ImportRefused(f"{url}: what it serves is {kind}, not a page, text, PDF or .docx.", _REMEDY)
    declared = headers.get("content-length", "0")
    if declared.isdigit() and int(declared[:18]) > limit:
        raise _too_large(url, limit)
    body = bytearray()
    for chunk in _decoded(url, response, headers.get("content-encoding", "identity").strip().lower(), limit):
        deadline.left()
        body += chunk
        if len(body) > limit:
            raise _too_large(url, limit)
    declared = re.search(r"""charset\s*=\s*["']?([\w.:-]+)""", parameters, re.IGNORECASE)
    return Fetched(url=str(url), content_type=content_type, body=bytes(body), charset=declared[1] if declared else "")


def _joined(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx.InvalidURL, ValueError):
        raise ImportRefused(f"{url.host}: redirects to something that is not a web address.", _REMEDY) from None


def _decoded(url: httpx.URL, response: httpcore.Response, encoding: str, limit: int) -> Iterator[bytes]:
    """The body's chunks; one layer of gzip is undone, never further than the limit."""
    if encoding in {"", "identity"}:
        yield from response.iter_stream()
        return
    if encoding != "gzip":
        raise ImportRefused(f"{url}: is sent in an encoding ({encoding[:40]}) that is not read.", _REMEDY)
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for chunk in response.iter_stream():
            yield inflate.decompress(chunk, limit + 1)
    except zlib.error:
        raise CorpusError(f"{url}: arrived damaged.", _REMEDY) from None


def _too_large(url: httpx.URL, limit: int) -> ImportRefused:
    return ImportRefused(f"{url}: larger than {limit:,} bytes.", "Raise ASSISTANT_MAX_DOCUMENT_BYTES, or split it.")
