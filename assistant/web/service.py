"""The desk: the one place where every web face asks, so that limits, counts and keeping hold for all of them.

What an answer takes of its caller's share of the chat model, also where it is broken off.

What the parts of the web application share.

Verdicts of the essays' decision framework for every web face: in threads, under the questions' limit.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar, cast

from anyio import CancelScope, CapacityLimiter, to_thread

from assistant.advice.advising import advise
from assistant.advice.reading import Reading, corrected, read
from assistant.advice.results import Advice
from assistant.advice.situation import Situation
from assistant.answering.assistant import Assistant, Model, turns
from assistant.answering.calls import METERED, Meter
from assistant.answering.stages import Done, Event
from assistant.errors import InputError
from assistant.settings import Settings
from assistant.store import Store
from assistant.types import Answer, Usage
from assistant.web.asking import Asking, Principal
from assistant.web.catalog import Shelf
from assistant.web.conversations import Keeping
from assistant.web.jobs import Work, Workers
from assistant.web.observe.answers import Ops
from assistant.web.observe.limits import TokenCaps
from assistant.web.own_model import STRICT, Reach


class Bill:
    """What one answer takes, counted once."""

    def __init__(self, caps: TokenCaps, asking: Asking) -> None:
        """Nobody pays for an answer of the caller's own model."""
        self._caps = caps
        self._asking = asking
        self._meter = Meter()
        self._paid = asking.own_model is not None

    def metered(self, make: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        """The answer that ``make`` makes in this thread's context, whose calls of a chat model are counted."""
        METERED.set(self._meter)
        return make()

    async def pay(self, usage: Usage | None = None) -> None:
        """Count what a whole answer took; None: one that was broken off. What no model reported is estimated."""
        if self._paid:
            return
        self._paid = True
        taken = usage if usage is not None and usage.input_tokens else self._meter.usage
        with CancelScope(shield=True):  # who leaves is the one who is counted
            await self._caps.spend(self._asking.principal, taken)


@asynccontextmanager
async def billed(caps: TokenCaps, asking: Asking) -> AsyncIterator[Bill]:
    """A bill that is paid when the block ends, however it ends."""
    bill = Bill(caps, asking)
    try:
        yield bill
    finally:
        await bill.pay()


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


@dataclass(frozen=True)
class Web:
    """One served application: its settings, its corpora, and the desk that answers."""

    settings: Settings
    shelf: Shelf
    desk: Desk
    ops: Ops
    store: Store
    reach: Reach = STRICT


MAX_TEXT = 4_000
"""Most characters of a case in words."""
Made = TypeVar("Made")


async def judged(
    desk: Desk, text: str | None, stated: Situation | None, corpus: str | None, principal: Principal, peer: str
) -> Advice:
    """The verdict on a case in words, corrected by the fields that are stated, null ones too.

    Raises InputError where both lack, Problem 422 and 429.
    """
    if stated is None and not (text or "").strip():
        raise InputError("There is no case to judge.", "Describe it as `text`, or give the fields of a `situation`.")
    return await counted(desk, corpus, principal, peer, partial(_read_and_judged, text or "", stated))


async def counted(
    desk: Desk, corpus: str | None, principal: Principal, peer: str, make: Callable[[Assistant], Made]
) -> Made:
    """What ``make`` makes of a corpus, in a thread, once it is counted. Raises Problem 422 and 429."""
    assistant = desk.shelf.corpus(corpus)
    await desk.count(principal, peer)
    return await to_thread.run_sync(make, assistant)


def verdict(assistant: Assistant, case: Reading) -> Advice:
    """The verdict by the essays of a corpus."""
    return advise(case.situation, assistant.essays.values(), phrases=case.understood, claims=assistant.claims)


def _read_and_judged(text: str, stated: Situation | None, assistant: Assistant) -> Advice:
    fields = {} if stated is None else stated.model_dump(mode="json", exclude_unset=True)
    return verdict(assistant, corrected(read(text), fields))
