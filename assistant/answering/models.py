"""Any chat model through LangChain's ``init_chat_model``, bounded by one deadline for the whole answer."""

from __future__ import annotations

import contextvars
import copy
import queue
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.settings import Settings
from assistant.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

EXTRACTIVE = "extractive"
_EXTRAS = {"openai": "openai", "anthropic": "anthropic", "ollama": "ollama"}


class ChatModel:
    """A configured chat model. Streams text; every failure is a ModelUnavailable that says what to check."""

    def __init__(self, settings: Settings) -> None:
        """Sets the model up without calling it. Raises ConfigurationError."""
        self.name = settings.model
        self.prompts = settings.prompts_dir
        self.usage = Usage()
        self._timeout = settings.model_timeout
        self._model = _init(settings)
        self._deadline: float | None = None

    def for_one_answer(self) -> ChatModel:
        """The same model with usage of its own, and one deadline from now on for all it is asked."""
        fresh = copy.copy(self)
        fresh.usage = Usage()
        fresh._deadline = time.monotonic() + self._timeout
        return fresh

    def stream(self, system: str, turns: list[tuple[str, str]]) -> Iterator[str]:
        """Pieces of the reply as they come. ``turns`` are (role, content), role ``human`` or ``ai``.

        Raises ModelUnavailable when the model refuses, breaks off or is not done by the deadline.
        """
        from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

        made = {"human": HumanMessage, "ai": AIMessage}
        messages: list[BaseMessage] = [SystemMessage(system), *(made[role](content) for role, content in turns)]
        deadline = self._deadline or time.monotonic() + self._timeout
        for chunk in _until(self._model.stream(messages), deadline, self.name):
            self._count(getattr(chunk, "usage_metadata", None))
            if chunk.text:
                yield str(chunk.text)

    def complete(self, system: str, question: str) -> str:
        """The whole reply as one text. Raises ModelUnavailable."""
        return "".join(self.stream(system, [("human", question)])).strip()

    def _count(self, metadata: Any) -> None:
        if metadata:
            details = metadata.get("input_token_details") or {}
            self.usage = Usage(
                input_tokens=self.usage.input_tokens + metadata.get("input_tokens", 0),
                output_tokens=self.usage.output_tokens + metadata.get("output_tokens", 0),
                cached_input_tokens=self.usage.cached_input_tokens + (details.get("cache_read") or 0),
            )


def _init(settings: Settings) -> BaseChatModel:
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
    if settings.model_api_key:
        options["api_key"] = settings.model_api_key.get_secret_value()
    elif provider == "openai" and settings.model_base_url:
        options["api_key"] = "none"  # local servers ask for no key, the client insists on one
    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
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


def _until(chunks: Iterator[Any], deadline: float, name: str) -> Iterator[Any]:
    """The chunks, drawn in a thread of their own so that a silent server can't outlast the deadline."""
    drawn: queue.Queue[tuple[str, Any]] = queue.Queue()
    stop = threading.Event()

    def draw() -> None:
        try:
            for chunk in chunks:
                drawn.put(("chunk", chunk))
                if stop.is_set():
                    return
            drawn.put(("end", None))
        except Exception as error:  # noqa: BLE001 - clients raise dozens of kinds; each becomes ModelUnavailable below
            drawn.put(("error", error))

    context = contextvars.copy_context()  # so that what is off in this one, tracing, is off in the thread
    threading.Thread(target=context.run, args=(draw,), daemon=True, name="chat-model").start()
    try:
        while True:
            kind, value = drawn.get(timeout=max(0.001, deadline - time.monotonic()))
            if kind == "end":
                return
            if kind == "error":
                raise ModelUnavailable(
                    f"The chat model {name} failed: {_brief(value)}.", "Check the server and the key."
                )
            yield value
    except queue.Empty:
        raise ModelUnavailable(
            f"The chat model {name} was not done in time.", "Raise ASSISTANT_MODEL_TIMEOUT or use a faster model."
        ) from None
    finally:
        stop.set()


def _brief(error: BaseException) -> str:
    """The kind of failure and an HTTP status, never the message: it may repeat keys or addresses."""
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__}{f' {status}' if status else ''}"
