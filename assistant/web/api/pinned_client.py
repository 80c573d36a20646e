"""An HTTP client that connects only to addresses checked beforehand, whatever its environment says."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import httpx

from assistant.corpus.fetching import IPAddress


class PinnedTransport(httpx.AsyncBaseTransport):
    """Sends each request to the first of the addresses that answers; name and certificate stay the host's."""

    def __init__(self, addresses: Sequence[IPAddress], tls: ssl.SSLContext | None = None) -> None:
        """``addresses`` were checked by the caller."""
        self._addresses = addresses
        context = tls or httpx.create_ssl_context(trust_env=False)
        limits = httpx.Limits(max_keepalive_connections=0)  # nothing stays open behind a request
        self._transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response. Raises httpx.ConnectError or httpx.ConnectTimeout where none of the addresses answers."""
        failure: httpx.TransportError = httpx.ConnectError("the host has no address")
        for address in self._addresses:
            try:
                return await self._transport.handle_async_request(_addressed(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close what is open."""
        await self._transport.aclose()


def client_over(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """A client that goes through ``transport`` alone: by no proxy, and after no redirect."""
    return httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)


def _addressed(request: httpx.Request, address: IPAddress) -> httpx.Request:
    """The same request to the address; its Host header names the host still."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
