"""The desk: the one place where every web face asks, so that limits, counts and keeping hold for all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from anyio import to_thread

from assistant.answering.stages import Done, Event
from assistant.settings import Settings
from assistant.types import Answer, Turn
from assistant.web.principal import OPEN, Principal
from assistant.web.shelf import Shelf


@dataclass(frozen=True)
class Asking:
    """A question as a face takes it. ``model`` and ``corpus`` are names the server offers; None: its default."""

    question: str
    history: tuple[Turn, ...] = ()
    model: str | None = None
    corpus: str | None = None
    principal: Principal = field(default=OPEN)


class Desk:
    """Takes questions to the pipeline, in threads, and brings the events back."""

    def __init__(self, shelf: Shelf, settings: Settings) -> None:
        """Over open assistants, which stay the caller's to close."""
        self.shelf = shelf
        self.settings = settings

    async def events(self, asking: Asking) -> AsyncIterator[Event]:
        """Passages, Tokens, then Done. Raises AssistantError. Who stops listening stops the work."""
        assistant = self.shelf.corpus(asking.corpus)
        events: Iterator[Event] = assistant.stream(asking.question, asking.history)
        while (event := await to_thread.run_sync(next, events, None, abandon_on_cancel=True)) is not None:
            yield event

    async def answer(self, asking: Asking) -> Answer:
        """The whole answer. Raises AssistantError."""
        async for event in self.events(asking):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("the pipeline ended without an answer")
