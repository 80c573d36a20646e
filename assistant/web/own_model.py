"""A chat model made with a caller's own key, for one request: never kept, logged or repeated.

An HTTP client that connects only to addresses checked beforehand, whatever its environment says.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr
from starlette.requests import Request

from assistant.answering.models import ChatModel
from assistant.corpus.fetching import Deadline, IPAddress, Policy, check_url, checked_addresses
from assistant.errors import ConfigurationError, CorpusError, Problem
from assistant.settings import Settings
from assistant.web.asking import OwnModel
from assistant.web.catalog import changed


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


if TYPE_CHECKING:
    import httpx

KEY, MODEL, ADDRESS = "X-Model-Key", "X-Model", "X-Model-Base-URL"
PROVIDERS: Mapping[str, str] = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
_KEY = re.compile(r"[\x21-\x7e]{1,512}")
_MODEL = re.compile(r"(?P<provider>[a-z]{1,20}):[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")


@dataclass(frozen=True)
class Reach:
    """Where a caller's chat model may be. The default is strict; tests let in a server of their own."""

    policy: Policy = field(default_factory=lambda: Policy(ports=frozenset({443}), seconds=5))
    schemes: frozenset[str] = frozenset({"https"})
    providers: Mapping[str, str] = field(default_factory=lambda: PROVIDERS)


STRICT = Reach()


def own_model(request: Request, settings: Settings, reach: Reach = STRICT) -> OwnModel | None:
    """What makes the chat model the request's headers bring a key for; None where they bring none.

    Raises Problem 422 for headers that can't be used, 403 where the server takes no keys; what it gives, Problem 422
    for an address that no model may be asked at.
    """
    key, name, address = (request.headers.get(header) for header in (KEY, MODEL, ADDRESS))
    if key is None and name is None and address is None:
        return None
    if not settings.own_keys:
        raise Problem(403, "own_keys_off", "This server takes no keys of callers' own.", f"Leave out {KEY}.")
    if key is None or name is None:
        raise _unusable(f"{KEY} and {MODEL} go together.", f"Send both, {MODEL} as in openai:gpt-4o-mini.")
    if not _KEY.fullmatch(key):
        raise _unusable(f"{KEY} is no key.", "Send it as the provider shows it.")
    found = _MODEL.fullmatch(name)
    if found is None or found["provider"] not in reach.providers:
        raise _unusable(f"{MODEL} names no model.", f"Write provider:model, of {' or '.join(reach.providers)}.")
    if address is not None and found["provider"] != "openai":
        raise _unusable(f"{ADDRESS} goes with openai: models alone.", f"Leave out {ADDRESS}.")
    return partial(_made, settings, reach, name, key, address)


def _made(settings: Settings, reach: Reach, name: str, key: str, address: str | None) -> ChatModel:
    """Looks the address up, and sets the model up without calling it."""
    client = None if address is None else pinned_client(address, reach)
    base_url = reach.providers[name.partition(":")[0]] if address is None else address
    own = changed(settings, model=name, model_base_url=base_url, model_api_key=SecretStr(key))
    try:
        return ChatModel(own, client)
    except ConfigurationError as error:
        raise _unusable("No model can be made of these headers.", _installing(error)) from None


def pinned_client(address: str, reach: Reach = STRICT) -> httpx.AsyncClient:
    """A client that connects to the address's host as it resolves now, and nowhere else. Raises Problem 422."""

    try:
        url = check_url(address, reach.policy)
        if url.scheme not in reach.schemes or url.query:
            raise CorpusError("")
        addresses = checked_addresses(url, reach.policy, Deadline(reach.policy.seconds))
    except CorpusError:
        remedy = "Give the https address of a public server, on port 443, without a query."
        raise _unusable(f"{ADDRESS} is no address a model may be asked at.", remedy) from None
    return client_over(PinnedTransport(addresses, reach.policy.tls))


def _installing(error: ConfigurationError) -> str:
    """What to do: the message of the error may not be repeated, but that a package is missing."""
    missing = "not installed" in error.message
    return "The server lacks this provider's package; choose another." if missing else f"Check {MODEL}."


def _unusable(message: str, remedy: str) -> Problem:
    return Problem(422, "own_key_unusable", message, remedy)
