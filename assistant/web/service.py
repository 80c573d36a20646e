"""The desk: every web face asks here, so that limits, charges, logs and kept conversations hold for all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread

from assistant.advice.advising import advise
from assistant.advice.deciding import Advice
from assistant.advice.reading import Reading, corrected, read
from assistant.advice.situation import Situation
from assistant.answering.assistant import Assistant, Model, turns
from assistant.answering.calls import Meter
from assistant.answering.models import EXTRACTIVE, ChatModel
from assistant.answering.stages import Done, Event
from assistant.corpus.loading import built_in
from assistant.errors import InputError
from assistant.settings import Settings
from assistant.store import Store
from assistant.types import Answer, Usage
from assistant.web.asking import Asking, Principal
from assistant.web.catalog import STRICT, Reach, Shelf
from assistant.web.conversations import Keeping
from assistant.web.jobs import Share, Work, Workers
from assistant.web.observe.answers import Ops, Watched
from assistant.web.observe.limits import TokenCaps, caller_of
from assistant.web.rendering import Places

LOOKUPS = 8
"""Addresses of callers' own models resolved at a time, because they wait in threads that others need too."""
MAX_TEXT = 4_000
"""Most characters of a case in words."""
Made = TypeVar("Made")


class Answering(AsyncIterator[Event]):
    """One answer in the making. Iterate for its events: Passages, Tokens, then Done; close it to stop the work.

    Whether it ends by its last event, an error or ``aclose``, it is charged and logged once.
    """

    def __init__(
        self, work: Work, finished: Callable[[Done], Awaitable[Done]], watched: Watched, ends: AsyncExitStack
    ) -> None:
        """``finished`` completes the last event; ``ends`` holds what has to be closed."""
        self._work = work
        self._finished = finished
        self._watched = watched
        self._ends = ends

    async def __anext__(self) -> Event:
        """The next event. Raises AssistantError for an answer that fails."""
        try:
            event = await anext(self._work)
            if isinstance(event, Done):
                event = await self._finished(event)
        except StopAsyncIteration:
            await self.aclose()
            raise
        except BaseException as error:
            await self._ends.__aexit__(type(error), error, error.__traceback__)
            raise
        self._watched.saw(event)
        return event

    async def whole(self) -> Answer:
        """The answer, once it is made. Raises AssistantError."""
        async with aclosing(self):
            async for event in self:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("the pipeline ended without an answer")

    async def aclose(self) -> None:
        """Stop the work. Safe to call again."""
        await self._ends.aclose()


class Desk:
    """Takes questions to the pipeline, in threads, and brings the events back."""

    def __init__(self, shelf: Shelf, settings: Settings, ops: Ops, store: Store | None = None) -> None:
        """``shelf`` stays the caller's to close. ``store`` keeps conversations; None: nothing does."""
        self.shelf = shelf
        self.settings = settings
        self._ops = ops
        self._keeping = Keeping(store if settings.keep_conversations else None)
        self._workers = Workers(settings.max_askers, settings.answer_timeout)
        self._lookups = CapacityLimiter(LOOKUPS)

    def in_conversation(self, asking: Asking) -> Asking:
        """The question in its conversation, in a new one if it names none; in none if conversations aren't kept."""
        return self._keeping.joined(asking)

    async def begin(self, asking: Asking) -> Answering:
        """Take the question and begin its answer. Raises AssistantError for a question that is refused.

        A question is counted once nothing else stands in its way, and a caller's own model is resolved once it is
        counted.
        """
        own = asking.own_model is not None
        async with AsyncExitStack() as ends:
            watched = ends.enter_context(self._ops.answers.watching(asking.principal, asking.question, own_model=own))
            assistant, model = self.shelf.corpus(asking.corpus), None if own else self.shelf.model(asking.model)
            question = assistant.clean(asking.question)
            kept = await self._keeping.history(asking)
            history = turns(asking.history) or kept
            await self._affordable(asking, assistant, model)
            work = self._workers.reserve(*self._shares(asking, assistant, model))
            bill = Bill(self._ops.caps, asking, work.meter)
            ends.push_async_callback(bill.pay)
            ends.push_async_callback(work.aclose)
            await self._ops.limiter.question(asking.principal)
            if asking.own_model is not None:
                model = await to_thread.run_sync(asking.own_model, limiter=self._lookups)
            self._workers.start(work, partial(assistant.stream, question, history, model))
            return Answering(work, partial(self._finished, asking, bill), watched, ends.pop_all())

    async def answer(self, asking: Asking) -> Answer:
        """The whole answer. Raises AssistantError."""
        return await (await self.begin(asking)).whole()

    async def counted(self, corpus: str | None, principal: Principal, make: Callable[[Assistant], Made]) -> Made:
        """What ``make`` makes of a corpus, in a thread, counted as a question. Raises Problem 422 and 429."""
        assistant = self.shelf.corpus(corpus)
        await self.count(principal)
        return await to_thread.run_sync(make, assistant)

    async def count(self, principal: Principal, *, apart: str = "") -> None:
        """Count what is no question but costs as much, ``apart`` if named. Raises Problem 429 for one too many."""
        await self._ops.limiter.question(principal, apart=apart)

    async def advised(self, text: str | None, stated: Situation | None, corpus: str | None, who: Principal) -> Advice:
        """The verdict on a case in words, corrected by the fields that are stated, null ones too.

        Raises InputError if both are missing, Problem 422 and 429.
        """
        if stated is None and not (text or "").strip():
            raise InputError(
                "There is no case to judge.", "Describe it as `text`, or give the fields of a `situation`."
            )
        fields = {} if stated is None else stated.model_dump(mode="json", exclude_unset=True)

        def judged(assistant: Assistant) -> Advice:
            return verdict(assistant, corrected(read(text or ""), fields))

        return await self.counted(corpus, who, judged)

    def close(self) -> None:
        """End all answers: their readers get Problem 503 ``shutting_down``."""
        self._workers.close()

    def wait(self) -> None:
        """Block, after ``close``, until no thread makes an answer, so that the assistants can be closed."""
        self._workers.wait()

    async def _affordable(self, asking: Asking, assistant: Assistant, model: Model) -> None:
        """Raises Problem 429 for one question too many to a chat model that the server pays for."""
        paid = assistant.settings.model if model is None else model
        if paid != "extractive" and asking.own_model is None:
            await self._ops.caps.check(asking.principal)

    def _shares(self, asking: Asking, assistant: Assistant, model: Model) -> list[Share]:
        """What an answer of a chat model takes slots of, so that a slow model leaves some to others.

        One caller has half of all unless a setting says otherwise, one model three quarters, and callers' own models
        have three quarters together.
        """
        chosen = model.name if isinstance(model, ChatModel) else model or assistant.settings.model
        asked = "of the caller" if asking.own_model is not None else chosen
        if asked == EXTRACTIVE:
            return []
        most = self.settings.max_askers
        each = self.settings.max_askers_each or max(1, most // 2)
        return [Share(f"caller {caller_of(asking.principal)}", each), Share(f"model {asked}", max(1, most * 3 // 4))]

    async def _finished(self, asking: Asking, bill: Bill, done: Done) -> Done:
        """Charge the answer and keep it; one that can't be kept is still given."""
        await bill.pay(done.answer.usage)
        return replace(done, answer=await self._keeping.kept(asking, done.answer))


class Bill:
    """What one answer costs its caller, charged once; an answer of the caller's own model is free."""

    def __init__(self, caps: TokenCaps, asking: Asking, meter: Meter) -> None:
        """``meter`` counts the calls of the chat model."""
        self._caps = caps
        self._asking = asking
        self._meter = meter
        self._paid = asking.own_model is not None

    async def pay(self, usage: Usage | None = None) -> None:
        """Charge a whole answer's usage; None: one that was broken off. What no model reported is estimated."""
        if self._paid:
            return
        self._paid = True
        taken = usage if usage is not None and usage.input_tokens else self._meter.usage
        with CancelScope(shield=True):  # a caller who leaves is charged too
            await self._caps.spend(self._asking.principal, taken)


def verdict(assistant: Assistant, case: Reading) -> Advice:
    """The verdict by the essays of a corpus."""
    return advise(case.situation, assistant.essays.values(), phrases=case.understood, claims=assistant.claims)


@dataclass(frozen=True)
class Web:
    """What the parts of one served application share."""

    settings: Settings
    shelf: Shelf
    desk: Desk
    ops: Ops
    store: Store
    reach: Reach = STRICT

    @property
    def places(self) -> Places:
        """What the header of every page leads to."""
        assistant = self.shelf.default
        return {
            "themes": bool(assistant.overview.themes),
            "advice": built_in(assistant.essays),
            "account": bool(self.settings.api_keys or self.settings.proxy_user_header),
        }
