"""The desk: the one place where every web face asks, so that limits, counts and keeping hold for all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import cast

from anyio import CapacityLimiter, to_thread

from assistant.answering.assistant import Assistant, Model, turns
from assistant.answering.stages import Done, Event
from assistant.settings import Settings
from assistant.store import Store
from assistant.types import Answer
from assistant.web.asking import Asking
from assistant.web.billing import Bill, billed
from assistant.web.keeping import Keeping
from assistant.web.ops.parts import Ops
from assistant.web.principal import Principal
from assistant.web.shelf import Shelf
from assistant.web.workers import Work, Workers

Events = AsyncGenerator[Event, None]
LOOKUPS = 8
"""Addresses of callers' own models that are looked up at the same time, in threads of which others have need too."""


class Desk:
    """Takes questions to the pipeline, in threads, and brings the events back."""

    def __init__(self, shelf: Shelf, settings: Settings, ops: Ops, store: Store | None = None) -> None:
        """Over open assistants, which stay the caller's to close. ``store`` keeps conversations; None: nothing does."""
        self.shelf = shelf
        self.settings = settings
        self._ops = ops
        self._keeping = Keeping(store if settings.keep_conversations else None)
        self._workers = Workers(settings.max_askers, settings.answer_timeout)
        self._lookups = CapacityLimiter(LOOKUPS)

    def in_conversation(self, asking: Asking) -> Asking:
        """The same in a conversation, a new one if it names none; in none where conversations aren't kept."""
        return self._keeping.joined(asking)

    async def begin(self, asking: Asking) -> Events:
        """The events of an answer whose making has begun: Passages, Tokens, then Done.

        Raises AssistantError at once for a question that isn't taken, and from the iterator for an answer that
        fails. Who drops or closes the iterator stops the work.
        """
        events = self._watched(asking)
        await anext(events)
        return cast(Events, events)

    async def events(self, asking: Asking) -> Events:
        """The same, begun when the first event is asked for."""
        async with aclosing(await self.begin(asking)) as events:
            async for event in events:
                yield event

    async def answer(self, asking: Asking) -> Answer:
        """The whole answer. Raises AssistantError."""
        async with aclosing(await self.begin(asking)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("the pipeline ended without an answer")

    async def count(self, principal: Principal, peer: str) -> None:
        """Count what is no question but costs as much. Raises Problem 429 where it is one too many."""
        await self._ops.limiter.question(principal, peer)

    def close(self) -> None:
        """End all answers: whoever waits for one gets Problem 503 ``shutting_down``."""
        self._workers.close()

    def wait(self) -> None:
        """Block until no thread is at an answer any more, after ``close``: then the assistants can be closed."""
        self._workers.wait()

    async def _watched(self, asking: Asking) -> AsyncGenerator[Event | None, None]:
        """None once the question is taken, then the events."""
        own = asking.own_model is not None
        with self._ops.answers.watching(asking.principal, asking.question, own_model=own) as watched:
            async with billed(self._ops.caps, asking) as bill, aclosing(await self._taken(asking, bill)) as work:
                yield None
                async for event in work:
                    told = await self._finished(asking, event, bill) if isinstance(event, Done) else event
                    watched.saw(told)
                    yield told

    async def _taken(self, asking: Asking, bill: Bill) -> Work:
        """The answer begun. Raises AssistantError for what can't be asked.

        A question is counted once nothing else stands in its way, and a caller's model looked up once it is counted.
        """
        assistant = self.shelf.corpus(asking.corpus)
        model = self.shelf.model(asking.model) if asking.own_model is None else None
        question = assistant.clean(asking.question)
        kept = await self._keeping.history(asking)
        history = turns(asking.history) or kept
        await self._affordable(asking, assistant, model)
        with self._workers.place() as begin:
            await self._ops.limiter.question(asking.principal, asking.peer)
            if asking.own_model is not None:
                model = await to_thread.run_sync(asking.own_model, limiter=self._lookups)
            return begin(partial(bill.metered, partial(assistant.stream, question, history, model)))

    async def _affordable(self, asking: Asking, assistant: Assistant, model: Model) -> None:
        """Raises Problem 429 for one question too many for a chat model that the server pays."""
        paid = assistant.settings.model if model is None else model
        if paid != "extractive" and asking.own_model is None:
            await self._ops.caps.check(asking.principal)

    async def _finished(self, asking: Asking, done: Done, bill: Bill) -> Done:
        """Count what the answer cost, and keep it; one that can't be kept is still given."""
        await bill.pay(done.answer.usage)
        return replace(done, answer=await self._keeping.kept(asking, done.answer))
