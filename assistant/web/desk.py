"""The desk: the one place where every web face asks, so that limits, counts and keeping hold for all of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from anyio import to_thread

from assistant.answering.assistant import Assistant, Model, turns
from assistant.answering.models import ChatModel
from assistant.answering.stages import Done, Event
from assistant.settings import Settings
from assistant.store import Store, StoreUnavailable
from assistant.types import Answer, Turn
from assistant.web.ops.parts import Ops
from assistant.web.principal import OPEN, Principal
from assistant.web.shelf import Shelf
from assistant.web.workers import Work, Workers

Events = AsyncGenerator[Event, None]
UNKEPT = "This answer could not be kept in its conversation."


@dataclass(frozen=True)
class Asking:
    """A question as a face takes it. ``model`` and ``corpus`` are names the server offers; None: its default.

    ``peer`` is the network address of the caller. ``own_model`` is a chat model made with the caller's own key; it
    answers instead of any other. ``conversation_id`` names the conversation the question goes on with, or, where
    ``begins``, the new one it begins (``Desk.in_conversation``).
    """

    question: str
    history: tuple[Turn, ...] = ()
    model: str | None = None
    corpus: str | None = None
    principal: Principal = field(default=OPEN)
    peer: str = ""
    own_model: ChatModel | None = None
    conversation_id: str | None = None
    begins: bool = False


class Begun:
    """Conversations whose id was handed out and of which nothing is kept yet: a first question may be broken off."""

    def __init__(self, most: int = 10_000) -> None:
        """Remembers the last ``most``."""
        self._most = most
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def add(self, owner: str, conversation_id: str) -> None:
        """Remember one."""
        self._ids[owner, conversation_id] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)

    def has(self, owner: str, conversation_id: str) -> bool:
        """Whether it is one of these."""
        return (owner, conversation_id) in self._ids

    def drop(self, owner: str, conversation_id: str) -> None:
        """Forget one: it is kept now."""
        self._ids.pop((owner, conversation_id), None)


class Desk:
    """Takes questions to the pipeline, in threads, and brings the events back."""

    def __init__(self, shelf: Shelf, settings: Settings, ops: Ops, store: Store | None = None) -> None:
        """Over open assistants, which stay the caller's to close. ``store`` keeps conversations; None: nothing does."""
        self.shelf = shelf
        self.settings = settings
        self._ops = ops
        self._store = store if settings.keep_conversations else None
        self._begun = Begun()
        self._workers = Workers(settings.max_askers, settings.answer_timeout)

    def in_conversation(self, asking: Asking) -> Asking:
        """The same in a conversation, a new one if it names none; in none where conversations aren't kept."""
        if self._store is None:
            return replace(asking, conversation_id=None)
        if asking.conversation_id is not None:
            return replace(asking, begins=asking.begins or self._begun.has(asking.principal.id, asking.conversation_id))
        new = self._store.new_id()
        self._begun.add(asking.principal.id, new)
        return replace(asking, conversation_id=new, begins=True)

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
            async with aclosing(await self._taken(asking)) as work:
                yield None
                async for event in work:
                    told = await self._finished(asking, event) if isinstance(event, Done) else event
                    watched.saw(told)
                    yield told

    async def _taken(self, asking: Asking) -> Work:
        """The answer begun. Raises AssistantError for what can't be asked."""
        assistant, model = self.shelf.corpus(asking.corpus), asking.own_model or self.shelf.model(asking.model)
        question = assistant.clean(asking.question)
        kept = await self._kept(asking)
        history = turns(asking.history) or kept
        await self._allowed(asking, assistant, model)
        return self._workers.start(lambda: assistant.stream(question, history, model))

    async def _allowed(self, asking: Asking, assistant: Assistant, model: Model) -> None:
        """Raises Problem 429 for one question too many, or one too many for a chat model the server pays."""
        await self._ops.limiter.question(asking.principal, asking.peer)
        paid = assistant.settings.model if model is None else model
        if paid != "extractive" and asking.own_model is None:
            await self._ops.caps.check(asking.principal)

    async def _kept(self, asking: Asking) -> tuple[Turn, ...]:
        """The conversation so far. Raises UnknownConversation, StoreUnavailable."""
        if self._store is None or asking.conversation_id is None or asking.begins:
            return ()
        return await to_thread.run_sync(self._store.history, asking.principal.id, asking.conversation_id)

    async def _finished(self, asking: Asking, done: Done) -> Done:
        """Count what the answer cost, and keep it; one that can't be kept is still given."""
        if asking.own_model is None:
            await self._ops.caps.spend(asking.principal, done.answer.usage)
        if self._store is None or asking.conversation_id is None:
            return done
        kept = asking.principal.id, asking.conversation_id, asking.corpus, done.answer
        try:
            await to_thread.run_sync(partial(self._store.keep, *kept, new=asking.begins))
            self._begun.drop(asking.principal.id, asking.conversation_id)
        except StoreUnavailable as error:
            notices = (*done.answer.notices, f"{UNKEPT} {error}")
            return replace(done, answer=done.answer.model_copy(update={"notices": notices}))
        return done
