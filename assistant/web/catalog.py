"""The corpora and models a caller may choose from, and a chat model made with a key of the caller's own.

Such a model serves one request: its key is never kept, logged or repeated, and its HTTP client connects only to
addresses checked beforehand, whatever the environment says.
"""

from __future__ import annotations

import re
import ssl
import weakref
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx
from pydantic import SecretStr
from starlette.requests import Request

from assistant.answering.assistant import Assistant, Model
from assistant.answering.models import EXTRACTIVE, ChatModel
from assistant.corpus.addresses import Deadline, IPAddress, Policy, check_url, checked_addresses
from assistant.corpus.loading import corpus_stamp
from assistant.errors import ConfigurationError, CorpusError, Problem, UnknownSource
from assistant.index.build import Progress, silent
from assistant.settings import Settings
from assistant.types import Essay
from assistant.web.asking import OwnModel
from assistant.web.following import Follower

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Shelf:
    """Open assistants by the name of their corpus, the first being the default, and the chat models on offer."""

    def __init__(self, assistants: Mapping[str, Assistant]) -> None:
        """``assistants`` stay the caller's to close. Raises ConfigurationError for a model that can't be set up."""
        self.assistants: Mapping[str, Assistant] = dict(assistants)
        self._before: dict[str, Mapping[str, Essay]] = {}
        self.default_model = self.default.settings.model
        self._models = _models(self.default.settings)

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings, progress: Progress = silent) -> Iterator[Shelf]:
        """Every corpus of the settings opened, followed while its documents change, closed at the end.

        Raises ConfigurationError for corpora that can't be read, CorpusError and IndexUnavailable as Assistant does.
        """
        chosen = {DEFAULT: settings, **_corpora(settings)}
        stamps = {name: corpus_stamp(each) for name, each in chosen.items()}
        with ExitStack() as opening:
            shelf = cls({n: opening.enter_context(Assistant(s, progress=progress)) for n, s in chosen.items()})
            opening.pop_all()
        follower = Follower(shelf, stamps)
        follower.start()
        try:
            yield shelf
        finally:
            follower.end()
            for assistant in shelf.assistants.values():
                assistant.close()

    @property
    def default(self) -> Assistant:
        """The assistant over the default corpus."""
        return next(iter(self.assistants.values()))

    def put(self, name: str, assistant: Assistant) -> None:
        """Serve another assistant for a corpus from now on; the one before is closed once nobody uses it."""
        before = self.assistants[name]
        self._before[name] = before.essays
        self.assistants = {**self.assistants, name: assistant}
        weakref.finalize(before, before.index.close)

    def cited(self, name: str | None) -> Mapping[str, Essay]:
        """The documents of a corpus, also those of the one before, which an answer in the making may cite.

        Raises Problem 422 for a name nobody offers.
        """
        return ChainMap(dict(self.corpus(name).essays), dict(self._before.get(name or DEFAULT, {})))

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models a caller may choose, the default first."""
        return tuple(self._models)

    def corpus(self, name: str | None) -> Assistant:
        """The assistant over a corpus, None meaning the default. Raises Problem 422 for a name nobody offers."""
        if name is None:
            return self.default
        if name not in self.assistants:
            offered = ", ".join(self.assistants)
            raise Problem(422, "unknown_corpus", "No corpus has this name.", f"There are: {offered}.")
        return self.assistants[name]

    def model(self, name: str | None) -> Model:
        """What answers for a model's name, None meaning the default. Raises Problem 422 for a name nobody offers."""
        if name is None:
            return None
        if name not in self._models:
            offered = ", ".join(self._models)
            raise Problem(422, "unknown_model", "No model of this name is offered.", f"There are: {offered}.")
        return self._models[name]


def warm_up(assistant: Assistant) -> None:
    """Load what only a question needs, so that the first one needn't wait. No chat model is asked."""
    assistant.search("What is fine-tuning?")


def source(essays: Mapping[str, Essay], source_id: str) -> Essay:
    """The document of this id. Raises UnknownSource naming those there are."""
    if source_id not in essays:
        raise UnknownSource("No source has this id.", f"There are: {', '.join(essays)}.")
    return essays[source_id]


def changed(settings: Settings, **changes: object) -> Settings:
    """The settings with some changed, nothing read anew, and nothing remembered that rests on the old ones."""
    return Settings(**{name: getattr(settings, name) for name in Settings.model_fields} | changes)


def _models(settings: Settings) -> dict[str, Model]:
    """The default's own model goes by None: each assistant has set it up already."""
    found: dict[str, Model] = {settings.model: None, EXTRACTIVE: "extractive"}
    for name in filter(None, map(str.strip, settings.models.split(","))):
        if name not in found:
            found[name] = ChatModel(changed(settings, model=name))
    return found


def _corpora(settings: Settings) -> dict[str, Settings]:
    """Settings for each further corpus; its index lies in a folder of its own, where no other corpus clears it away."""
    found: dict[str, Settings] = {}
    for entry in filter(None, map(str.strip, settings.corpora.split(";"))):
        name, _, folder = (part.strip() for part in entry.partition("="))
        if not _NAME.fullmatch(name) or not folder:
            raise ConfigurationError(
                "ASSISTANT_CORPORA holds something that is not `name=folder`.",
                "Write for example handbook=/data/handbook;notes=/data/notes, names in letters, digits, - and _.",
            )
        if name == DEFAULT or name in found:
            raise ConfigurationError(f"ASSISTANT_CORPORA names {name!r} twice.", f"{DEFAULT!r} is ASSISTANT_CORPUS.")
        found[name] = changed(settings, corpus=folder, index=settings.index_dir / "corpora" / name)
    return found


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
