"""Any chat model through LangChain's ``init_chat_model``, bounded by one deadline for the whole answer.

One event loop in a thread of its own, for clients that can only be interrupted while they wait in a loop.
"""

from __future__ import annotations

import asyncio
import copy
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from assistant.answering.calls import HEEDED, Call, Stop, metered, total
from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.settings import Settings
from assistant.types import Usage

T = TypeVar("T")
_lock = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def started(work: Coroutine[Any, Any, T]) -> Future[T]:
    """The coroutine, begun in this thread's context. Cancelling the future interrupts it where it waits."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            threading.Thread(target=_loops[0].run_forever, daemon=True, name="chat-models").start()
        return _loops[0]


if TYPE_CHECKING:
    import httpx
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage, SystemMessage
    from pydantic import BaseModel

EXTRACTIVE = "extractive"
_MARKING = {"anthropic"}
"""Providers that cache a prefix only where it is marked; the rest do so by themselves, or not at all."""
_EXTRAS = {"openai": "openai", "anthropic": "anthropic", "ollama": "ollama"}


class ChatModel:
    """A configured chat model. Streams text; every failure is a ModelUnavailable that says what to check."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient | None = None) -> None:
        """Sets the model up without calling it; ``client`` is what ``openai:`` models are reached by.

        Raises ConfigurationError.
        """
        self.name = settings.model
        self.prompts = settings.prompts_dir
        self.usage = Usage()
        self._timeout = settings.model_timeout
        self._marks_cache = settings.model.partition(":")[0] in _MARKING
        self._model = _init(settings, client)
        self._deadline: float | None = None

    def for_one_answer(self) -> ChatModel:
        """The same model with usage of its own, and one deadline from now on for all it is asked."""
        fresh = copy.copy(self)
        fresh.usage = Usage()
        fresh._deadline = time.monotonic() + self._timeout
        return fresh

    def stream(self, system: str, turns: Sequence[tuple[str, str]], *, stable: str = "") -> Iterator[str]:
        """Pieces of the reply as they come. ``turns`` are (role, content), role ``human`` or ``ai``.

        ``stable`` stands before ``system`` and is the same for every question: providers can cache it. Raises
        ModelUnavailable when the model refuses, breaks off or is not done by the deadline, CancelledError when the stop
        this context heeds is made.
        """
        from langchain_core.messages import AIMessage, HumanMessage

        made = {"human": HumanMessage, "ai": AIMessage}
        messages: list[BaseMessage] = [self._system(stable, system), *(made[role](content) for role, content in turns)]
        deadline = self._due()
        call = metered((stable, system, *(content for _, content in turns)))
        chunks = cast("AsyncGenerator[Any, None]", self._model.astream(messages))
        for chunk in _until(chunks, deadline, self.name):
            self._count(call, chunk)
            if chunk.text:
                yield str(chunk.text)

    def complete(self, system: str, question: str) -> str:
        """The whole reply as one text. Raises ModelUnavailable."""
        return "".join(self.stream(system, [("human", question)])).strip()

    def fill(self, system: str, said: str, schema: type[BaseModel]) -> dict[str, Any]:
        """What the model puts into the fields of ``schema``, which it is given as the one tool it has to call.

        Raises ModelUnavailable, also where it calls no tool; CancelledError as ``stream``.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        try:
            bound = self._model.bind_tools([schema], tool_choice="any")
        except NotImplementedError:
            raise ModelUnavailable(f"The chat model {self.name} can't call tools.", "Use one that can.") from None
        deadline = self._due()
        call = metered((system, said))
        asked = cast("AsyncGenerator[Any, None]", bound.astream([SystemMessage(system), HumanMessage(said)]))
        whole = None
        for chunk in _until(asked, deadline, self.name):
            self._count(call, chunk)
            whole = chunk if whole is None else whole + chunk
        calls = getattr(whole, "tool_calls", [])
        if not calls:
            raise ModelUnavailable(f"The chat model {self.name} did not call the tool.", "Use one that can.")
        return dict(calls[0]["args"])

    def _due(self) -> float:
        """When the answer has to be there. Raises ModelUnavailable where that has passed: nothing is sent any more."""
        now = time.monotonic()
        deadline = self._deadline or now + self._timeout
        if deadline <= now:
            raise _late(self.name)
        return deadline

    def _system(self, stable: str, rest: str) -> SystemMessage:
        """The system message: one text, or blocks with the stable one marked where the provider wants that."""
        from langchain_core.messages import SystemMessage

        if not (stable and self._marks_cache):
            return SystemMessage("\n\n".join(filter(None, (stable, rest))))
        marked: dict[str, Any] = {"type": "text", "text": stable, "cache_control": {"type": "ephemeral"}}
        return SystemMessage([marked, *([{"type": "text", "text": rest}] if rest else [])])

    def _count(self, call: Call, chunk: Any) -> None:
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


def _init(settings: Settings, client: httpx.AsyncClient | None = None) -> BaseChatModel:
    provider, _, model = settings.model.partition(":")
    if not model:
        raise ConfigurationError(
            f"ASSISTANT_MODEL={settings.model!r} is neither `extractive` nor `provider:model`.",
            "Write for example openai:gpt-4o-mini.",
        )
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0, "max_tokens": settings.model_max_tokens, "max_retries": 1}
    options |= {"timeout": settings.model_timeout} if provider != "ollama" else {}
    if settings.model_base_url:
        options["base_url"] = settings.model_base_url
    if provider == "openai":
        options["stream_usage"] = True
        options |= {"http_async_client": client} if client is not None else {}
    if settings.model_api_key:
        options["api_key"] = settings.model_api_key.get_secret_value()
    elif provider == "openai" and settings.model_base_url:
        options["api_key"] = "none"  # local servers ask for no key, the client insists on one
    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
        if hasattr(made, "stream_chunk_timeout"):
            made.stream_chunk_timeout = None  # the deadline is ours, and theirs leaves streams unclosed when cancelled
        return made
    except ImportError:
        extra = _EXTRAS.get(provider)
        how = f"pip install 'essay-assistant[{extra}]'" if extra else f"pip install langchain-{provider}"
        raise ConfigurationError(f"The package for {provider!r} models is not installed.", f"Run: {how}") from None
    except Exception as error:  # noqa: BLE001 - each provider raises its own kind for a missing key or a wrong name
        raise ConfigurationError(
            f"The chat model {settings.model!r} can't be set up: {_brief(error)}.",
            "Check ASSISTANT_MODEL and the provider's key.",
        ) from None


def _until(chunks: AsyncGenerator[Any, None], deadline: float, name: str) -> Iterator[Any]:
    """The chunks, drawn in the background: a silent server can't outlast the deadline, nor whoever wanted them."""
    drawn: queue.Queue[tuple[str, Any]] = queue.Queue()
    unwanted = threading.Event()
    stop = HEEDED.get() or Stop()

    def wake() -> None:
        drawn.put(("stopped", None))

    if stop.made:
        raise CancelledError  # nothing is sent any more for whoever has left, and been counted
    drawing = started(_draw(chunks, drawn.put, unwanted))
    stop.call(wake)
    try:
        while True:
            kind, value = drawn.get(timeout=max(0.001, deadline - time.monotonic()))
            if kind == "end":
                return
            if kind == "stopped":
                raise CancelledError
            if kind == "error":
                raise ModelUnavailable(
                    f"The chat model {name} failed: {_brief(value)}.", "Check the server and the key."
                )
            yield value
    except queue.Empty:
        raise _late(name) from None
    finally:
        stop.forget(wake)
        unwanted.set()
        drawing.cancel()  # closes the connection to the model's server


def _late(name: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"The chat model {name} was not done in time.", "Raise ASSISTANT_MODEL_TIMEOUT or use a faster model."
    )


async def _draw(
    chunks: AsyncGenerator[Any, None], put: Callable[[tuple[str, Any]], None], unwanted: threading.Event
) -> None:
    """Puts each chunk as it comes, then how it ended."""
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                put(("chunk", chunk))
                if unwanted.is_set():  # asyncio.wait_for, which clients use, may swallow a cancellation
                    return
        put(("end", None))
    except Exception as error:  # noqa: BLE001 - clients raise dozens of kinds; each becomes ModelUnavailable
        put(("error", error))


def _brief(error: BaseException) -> str:
    """The kind of failure and an HTTP status, never the message: it may repeat keys or addresses."""
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__}{f' {status}' if status else ''}"
