"""Fetching a document from a public web address, with protection against requests to inner networks.

Each hop (the address, then at most three redirects) is checked: scheme, port, host, and every IP address the host
resolves to. A host is resolved once, and the connection goes to the checked addresses, with the Host header and the
certificate of the name. Proxies and other settings of the environment are ignored. One deadline covers everything.
"""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpcore
import httpx

from assistant.corpus.addresses import (
    REMEDY,
    STRICT,
    Deadline,
    IPAddress,
    Policy,
    check_url,
    checked_addresses,
    host_of,
)
from assistant.errors import CorpusError, ImportRefused
from assistant.settings import Settings
from assistant.types import Frozen


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to given addresses instead of resolving the host again, so that DNS rebinding has no effect."""

    def __init__(self, addresses: Sequence[IPAddress], deadline: Deadline) -> None:
        """``addresses`` are checked by the caller and tried in order."""
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
        """Connect to the first reachable pinned address. Raises httpcore.ConnectError or ConnectTimeout."""
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
    """A stream whose reads and writes end at the deadline, so that a slow server can't hold it open."""

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
"""The media types that are imported, each with its file suffix."""

MAX_REDIRECTS = 3
_HEADERS = (
    ("User-Agent", "Mozilla/5.0 (compatible; essay-assistant)"),
    ("Accept", ", ".join(CONTENT_TYPES)),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
)


class Fetched(Frozen):
    """A document as it came: its final address, its media type, the encoding that was declared, its bytes."""

    url: str
    content_type: str
    body: bytes
    charset: str = ""


def fetch(url: str, settings: Settings, policy: Policy = STRICT) -> Fetched:
    """Fetch the document at ``url``, at most ``settings.max_document_bytes`` long.

    Raises ImportRefused for an address or a content that must not be imported, CorpusError if the network or the
    server fails.
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
    raise ImportRefused(f"{url}: redirects more than {MAX_REDIRECTS} times.", REMEDY)


def _request_url(url: httpx.URL) -> httpcore.URL:
    """The address for httpcore in parts, so that no second parser reads it differently."""
    return httpcore.URL(scheme=url.scheme, host=host_of(url), port=url.port, target=url.raw_path)


def _one_hop(url: httpx.URL, limit: int, policy: Policy, deadline: Deadline) -> Fetched | str:
    """Send one request and return the document or the redirect's address."""
    headers = [*_HEADERS, ("Host", url.netloc.decode("ascii"))]
    backend = PinnedBackend(checked_addresses(url, policy, deadline), deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=policy.tls, network_backend=backend, max_connections=1) as pool,
            pool.stream("GET", _request_url(url), headers=headers) as response,
        ):
            return _read(url, response, limit, deadline)
    except (httpcore.TimeoutException, TimeoutError):
        raise CorpusError(f"{url.host}: took longer than {policy.seconds:g} seconds.", REMEDY) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
        raise CorpusError(f"{url.host}: could not be fetched ({_reason(error)}).", REMEDY) from None


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _read(url: httpx.URL, response: httpcore.Response, limit: int, deadline: Deadline) -> Fetched | str:
    headers = httpx.Headers(response.headers)
    if response.status in {301, 302, 303, 307, 308} and "location" in headers:
        return _joined(url, headers["location"])
    if response.status != 200:
        raise CorpusError(f"{url}: the server answered with status {response.status}.", REMEDY)
    content_type, _, parameters = headers.get("content-type", "").partition(";")
    content_type = content_type.strip().lower()
    if content_type not in CONTENT_TYPES:
        kind = content_type[:60] or "of no stated type"
        raise ImportRefused(f"{url}: what it serves is {kind}, not a page, text, PDF or .docx.", REMEDY)
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
        raise ImportRefused(f"{url.host}: redirects to something that is not a web address.", REMEDY) from None


def _decoded(url: httpx.URL, response: httpcore.Response, encoding: str, limit: int) -> Iterator[bytes]:
    """The body's chunks. One layer of gzip is decoded, up to the limit."""
    if encoding in {"", "identity"}:
        yield from response.iter_stream()
        return
    if encoding != "gzip":
        raise ImportRefused(f"{url}: is sent in an encoding ({encoding[:40]}) that is not read.", REMEDY)
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for chunk in response.iter_stream():
            yield inflate.decompress(chunk, limit + 1)
    except zlib.error:
        raise CorpusError(f"{url}: arrived damaged.", REMEDY) from None


def _too_large(url: httpx.URL, limit: int) -> ImportRefused:
    return ImportRefused(f"{url}: larger than {limit:,} bytes.", "Raise ASSISTANT_MAX_DOCUMENT_BYTES, or split it.")
