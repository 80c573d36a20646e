"""Any chat model through LangChain's ``init_chat_model``, bounded by one deadline for the whole answer."""

from __future__ import annotations

import copy
import ipaddress
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import cache, partial
from math import ceil
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from assistant.answering.calls import Call, metered, total
from assistant.answering.local import LOCAL, context_tokens, is_local, local_server, shown
from assistant.answering.streams import Limits, Reply, bounded, late
from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.settings import Settings
from assistant.types import Usage

if TYPE_CHECKING:
    import httpx
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage, SystemMessage
    from pydantic import BaseModel

EXTRACTIVE = "extractive"
_MARKING = {"anthropic"}
"""Providers that cache a prefix only where it is marked; the rest do so by themselves, or not at all."""
_NO_SCHEMA = {400, 404, 415, 422, 501}
"""What servers answer a request with that asks for a form they do not know."""
_NEARBY = (".local", ".lan", ".home.arpa", ".internal")
_EXTRAS = {"openai": "openai", "anthropic": "anthropic", "ollama": "ollama"}


class ChatModel:
    """A configured chat model. Streams text; every failure is a ModelUnavailable that says what to check.

    ``small``: it runs on this machine or in its network, where it may be small and slow.
    """

    def __init__(self, settings: Settings, client: httpx.AsyncClient | None = None) -> None:
        """Sets the model up without calling it; ``client`` is what ``openai:`` models are reached by.

        Raises ConfigurationError.
        """
        self.name = shown(settings.model) if is_local(settings.model) else settings.model
        self.prompts = settings.prompts_dir
        self.usage = Usage()
        self.small = _is_nearby(settings)
        self.chooses = settings.model_task == "choose"
        self._settings = settings
        self._marks_cache = settings.model.partition(":")[0] in _MARKING
        self._model = _init(settings, client)
        self._ends = _tells_ends(self._model)
        self._deadline: float | None = None
        self._rests = {"until": 0.0}  # shared by its copies: the server has asked to be left alone
        self._plain = {"plain": False}  # shared too: the server takes no schemas

    def for_one_answer(self) -> ChatModel:
        """The same model with usage of its own, and one deadline from now on for all it is asked."""
        fresh = copy.copy(self)
        fresh.usage = Usage()
        fresh._deadline = time.monotonic() + self._settings.model_timeout
        return fresh

    def stream(self, system: str, turns: Sequence[tuple[str, str]], *, stable: str = "") -> Words:
        """The reply as it comes, in pieces. ``turns`` are (role, content), role ``human`` or ``ai``.

        ``stable`` stands before ``system`` and is the same for every question: providers can cache it. Raises
        ModelUnavailable when the model refuses, breaks off or takes more than it may, CancelledError when the stop this
        context heeds is made.
        """
        from langchain_core.messages import AIMessage, HumanMessage

        made = {"human": HumanMessage, "ai": AIMessage}
        messages: list[BaseMessage] = [self._system(stable, system), *(made[role](content) for role, content in turns)]
        asked = partial(self._model.astream, messages)
        return Words(self._chunks(asked, (stable, system, *(content for _, content in turns))))

    def complete(self, system: str, question: str) -> str:
        """The whole reply as one text. Raises ModelUnavailable."""
        return "".join(self.stream(system, [("human", question)])).strip()

    def structured(self, stable: str, system: str, question: str, schema: dict[str, Any]) -> Words:
        """The reply, held to a JSON schema where the server can; else as ``stream``."""
        from langchain_core.messages import HumanMessage

        messages = [self._system(stable, system), HumanMessage(question)]

        async def asked() -> AsyncGenerator[Any, None]:
            begun = False
            bound = None if self._plain["plain"] else self._bound(schema)
            try:
                if bound is not None:
                    async with aclosing(bound.astream(messages)) as chunks:
                        async for chunk in chunks:
                            begun = True
                            yield chunk
                    return
            except Exception as error:
                if begun or getattr(error, "status_code", None) not in _NO_SCHEMA:
                    raise
                self._plain["plain"] = True
            async with aclosing(cast("AsyncGenerator[Any, None]", self._model.astream(messages))) as chunks:
                async for chunk in chunks:
                    yield chunk

        return Words(self._chunks(asked, (stable, system, question)))

    def _bound(self, schema: dict[str, Any]) -> Any:
        """The model held to a schema in its provider's way; None for a provider without one, or one we don't know."""
        kinds = {base.__name__ for base in type(self._model).__mro__}
        if "BaseChatOpenAI" in kinds:
            named = {"name": "reply", "schema": schema, "strict": True}
            return self._model.bind(response_format={"type": "json_schema", "json_schema": named})
        return self._model.bind(format=schema) if "ChatOllama" in kinds else None

    def fill(self, system: str, said: str, schema: type[BaseModel]) -> dict[str, Any]:
        """What the model puts into the fields of ``schema``, which it is given as the one tool it has to call.

        Raises ModelUnavailable, also where it calls no tool; CancelledError as ``stream``.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        try:
            bound = self._model.bind_tools([schema], tool_choice="any")
        except NotImplementedError:
            raise ModelUnavailable(f"The chat model {self.name} can't call tools.", "Use one that can.") from None
        whole = None
        asked = partial(bound.astream, [SystemMessage(system), HumanMessage(said)])
        for chunk in self._chunks(asked, (system, said)):
            whole = chunk if whole is None else whole + chunk
        calls = getattr(whole, "tool_calls", [])
        if not calls:
            raise ModelUnavailable(f"The chat model {self.name} did not call the tool.", "Use one that can.")
        return dict(calls[0]["args"])

    def _chunks(self, asked: Callable[[], Any], texts: Sequence[str]) -> Counted:
        """The chunks of a reply to ``texts``, counted.

        Raises ModelUnavailable where the time is over or the server has to rest.
        """
        now, settings = time.monotonic(), self._settings
        deadline = self._deadline or now + settings.model_timeout
        if deadline <= now:
            raise late(self.name)
        if (rest := ceil(self._rests["until"] - now)) > 0:
            message = f"The chat model {self.name} has asked to be left alone for {rest} s more."
            raise ModelUnavailable(message, "Ask again then.", rest)
        limits = Limits(
            first=settings.model_first_token,
            silence=settings.model_silence,
            deadline=deadline,
            tokens=settings.model_max_tokens,
            ends=self._ends,
        )
        drawn = Reply(self.name, asked, limits)
        return Counted(self, drawn, metered(texts))

    def _system(self, stable: str, rest: str) -> SystemMessage:
        """The system message: one text, or blocks with the stable one marked where the provider wants that."""
        from langchain_core.messages import SystemMessage

        if not (stable and self._marks_cache):
            return SystemMessage("\n\n".join(filter(None, (stable, rest))))
        marked: dict[str, Any] = {"type": "text", "text": stable, "cache_control": {"type": "ephemeral"}}
        return SystemMessage([marked, *([{"type": "text", "text": rest}] if rest else [])])

    def count(self, call: Call, chunk: Any) -> None:
        """Add what a chunk holds and reports to the usage."""
        call.said += len(chunk.text)
        metadata = getattr(chunk, "usage_metadata", None)
        if metadata:
            details = metadata.get("input_token_details") or {}
            reported = Usage(
                input_tokens=metadata.get("input_tokens", 0),
                output_tokens=metadata.get("output_tokens", 0),
                cached_input_tokens=details.get("cache_read") or 0,
            )
            self.usage, call.reported = total((self.usage, reported)), total((call.reported, reported))

    def rest(self, seconds: int) -> None:
        """Ask the server nothing for so long."""
        self._rests["until"] = time.monotonic() + seconds


class Counted:
    """The chunks of a reply, their usage counted as they come."""

    def __init__(self, model: ChatModel, reply: Reply, call: Call) -> None:
        """``call`` is the one being made."""
        self.reply = reply
        self._model = model
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        """Iterate once."""
        try:
            for chunk in self.reply:
                self._model.count(self._call, chunk)
                yield chunk
        except ModelUnavailable as error:
            if error.retry_after is not None:
                self._model.rest(error.retry_after)
            raise


class Words:
    """The text of a reply in pieces. Iterate once; ``cut`` then says whether the model had more to say."""

    def __init__(self, chunks: Counted) -> None:
        """Nothing is sent before the first ``begun`` or iteration."""
        self._chunks = chunks

    @property
    def cut(self) -> bool:
        """Whether the reply reached the most tokens it may have."""
        return self._chunks.reply.cut

    def begun(self, seconds: float | None = None) -> bool:
        """Wait until the model says something or ends; False if it hasn't within ``seconds``."""
        return self._chunks.reply.begun(seconds)

    def close(self) -> None:
        """Stop the model. Safe to call again."""
        self._chunks.reply.close()

    def __iter__(self) -> Iterator[str]:
        """The pieces as they come."""
        for chunk in self._chunks:
            if chunk.text:
                yield str(chunk.text)


def _is_nearby(settings: Settings) -> bool:
    """Whether the model's server is on this machine or in a private network."""
    if is_local(settings.model):
        return True
    if not settings.model_base_url:
        return settings.model.startswith("ollama:")
    host = urlsplit(settings.model_base_url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_NEARBY)


def _init(settings: Settings, client: httpx.AsyncClient | None = None) -> BaseChatModel:
    provider, _, model = settings.model.partition(":")
    if is_local(settings.model):
        provider, model = "openai", LOCAL
        options = _local_options(settings)
    elif model:
        options = _options(settings, provider, client)
    else:
        raise ConfigurationError(
            f"ASSISTANT_MODEL={settings.model!r} is neither `extractive` nor `provider:model`, nor `local`.",
            "Write for example openai:gpt-4o-mini.",
        )
    from langchain.chat_models import init_chat_model

    options["temperature"] = 0
    if provider != "ollama":  # which has other names for them
        options |= {"max_tokens": settings.model_max_tokens, "max_retries": 0, "timeout": settings.model_timeout}
    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
        if hasattr(made, "stream_chunk_timeout"):
            made.stream_chunk_timeout = None  # the deadline is ours, and theirs leaves streams unclosed when cancelled
        return made
    except ImportError:
        extra = LOCAL if is_local(settings.model) else _EXTRAS.get(provider)
        how = f"pip install 'essay-assistant[{extra}]'" if extra else f"pip install langchain-{provider}"
        raise ConfigurationError(f"The package for {provider!r} models is not installed.", f"Run: {how}") from None
    except Exception as error:  # noqa: BLE001 - each provider raises its own kind for a missing key or a wrong name
        raise ConfigurationError(
            f"The chat model {settings.model!r} can't be set up: {type(error).__name__}.",
            "Check ASSISTANT_MODEL and the provider's key.",
        ) from None


def _options(settings: Settings, provider: str, client: httpx.AsyncClient | None) -> dict[str, Any]:
    """How a model's server is reached."""
    options: dict[str, Any] = {}
    if settings.model_base_url:
        options["base_url"] = settings.model_base_url
    if provider == "openai":
        options |= {"stream_usage": True, "http_async_client": _bounded(client)}
    elif provider == "ollama":
        options["async_client_kwargs"] = {"event_hooks": {"response": [bounded]}}
        options["num_predict"] = settings.model_max_tokens
        options["num_ctx"] = context_tokens(settings)  # beyond its context Ollama cuts a prompt without a word
    if settings.model_api_key:
        options["api_key"] = settings.model_api_key.get_secret_value()
    elif provider == "openai" and settings.model_base_url:
        options["api_key"] = "none"  # local servers ask for no key, the client insists on one
    return options


def _local_options(settings: Settings) -> dict[str, Any]:
    """The address is filled in as a request leaves, since the server starts with the first one."""
    server = local_server(settings)
    try:
        from openai import DefaultAsyncHttpxClient
    except ImportError:
        client = None
    else:
        client = DefaultAsyncHttpxClient(trust_env=False, event_hooks={"request": [server.direct]})
    options = {"base_url": "http://127.0.0.1/v1", "api_key": LOCAL, "stream_usage": True}
    return {**options, "http_async_client": _bounded(client) if client is not None else None}


def _bounded(client: Any) -> Any:
    """The client, else one as the provider's package makes it, that takes no endless replies."""
    client = client or _default_client()
    if client is not None and bounded not in client.event_hooks["response"]:
        client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], bounded]}
    return client


@cache
def _default_client() -> Any:
    """One for all, since setting one up takes long; a request brings its own key."""
    try:
        from openai import DefaultAsyncHttpxClient
    except ImportError:
        return None
    return DefaultAsyncHttpxClient()


def _tells_ends(model: BaseChatModel) -> bool:
    """Whether the provider's class passes on why a reply ended; of others we don't know."""
    names = {base.__name__ for base in type(model).__mro__}
    return bool(names & {"BaseChatOpenAI", "ChatAnthropic", "ChatOllama"})
