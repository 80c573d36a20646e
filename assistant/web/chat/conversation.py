"""One conversation: what was said, as the pipeline reads it and as the page shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from assistant.answering.stages import Done, Offered, Passages, Step, Token, Waiting, doing
from assistant.errors import AssistantError
from assistant.types import Answer, Turn
from assistant.web.asking import Asking
from assistant.web.chat import messages
from assistant.web.chat.records import Essays, Exchange, exchange_of
from assistant.web.observe.problems import problem_of
from assistant.web.service import Desk

MAX_TURNS = 20
FAULT = AssistantError("The assistant failed on this question.", "Ask again; the server's log says what went wrong.")
EssaysOf = Callable[[str | None], Essays]


class Conversation(BaseModel):
    """``said`` are the raw texts of each exchange, oldest first, none where it has no answer.

    ``shown`` are the chat's messages as HTML, two to an exchange. ``id`` is the one the server keeps it under, None
    where it keeps none. While ``answering``, ``asked`` is the
    question, and ``written`` the text of its reply so far; ``offered`` while the extracted answer stands there instead.
    """

    id: str | None = None
    said: list[tuple[Turn, ...]] = []
    shown: list[dict[str, Any]] = []
    answering: bool = False
    asked: str = ""
    written: str = ""
    offered: bool = False

    @property
    def turns(self) -> list[Turn]:
        """What later questions lean on."""
        return [turn for exchange in self.said for turn in exchange][-MAX_TURNS:]

    def cut(self, exchange: int | None) -> Conversation:
        """The conversation before the exchange of this number, which goes on as another one; whole for None."""
        if exchange is None or exchange >= len(self.said):
            return self
        return Conversation(said=self.said[:exchange], shown=self.shown[: 2 * exchange])

    def begin(self, question: str) -> None:
        """Show the question, and a reply that is still empty."""
        self.shown.append({"role": "user", "content": messages.question_html(question)})
        self.shown.append({"role": "assistant", "content": messages.waiting_html()})
        self.said.append(())
        self.answering, self.asked, self.written, self.offered = True, question, "", False

    def wait(self, step: Step, passages: int) -> None:
        """Show what is being done with the passages found."""
        told = doing(step, passages)
        self.shown[-1] = {"role": "assistant", "content": messages.waiting_html(told)}

    def offer(self, text: str) -> None:
        """Show the extracted answer, to read while a chat model works."""
        self.offered = True
        self.shown[-1] = {"role": "assistant", "content": messages.offered_html(text)}

    def write(self, text: str) -> None:
        """Show ``text`` behind what the reply says already."""
        self.written += text
        self.shown[-1] = {"role": "assistant", "content": messages.partial_html(self.written)}

    def reply(self, html: str, followups: Iterable[str] = ()) -> None:
        """Show ``html`` as the whole reply to the last question, and questions to ask next."""
        options = [{"value": text} for text in followups]
        self.answering = False
        self.shown[-1] = {"role": "assistant", "content": html, "options": options}

    def finish(self, exchange: Exchange, essays: Essays) -> None:
        """Show the whole reply of an exchange, and keep it for the questions that lean on it."""
        answer = exchange.answer
        self.reply(messages.exchange_html(exchange, essays), answer.followups if answer else ())
        self.said[-1] = exchange.turns

    def stopped(self) -> Conversation:
        """The same conversation with the reply ended where it is; the pipeline never hears of it."""
        ended = self.model_copy(deep=True)
        if ended.answering:
            ended.finish(Exchange(question=self.asked, written=self.written), {})
        return ended


async def converse(desk: Desk, asking: Asking, before: Conversation) -> AsyncIterator[Conversation]:
    """The conversation each time there is more to show; ``before`` stays as it is, and goes along as history.

    An AssistantError becomes a message that says what to do; any other exception is shown as a fault and raised.
    """
    now = before.model_copy(deep=True)
    asking = desk.in_conversation(replace(asking, history=tuple(now.turns), conversation_id=now.id))
    now.id = asking.conversation_id
    now.begin(asking.question)
    yield now
    try:
        async for _ in _answered(desk, asking, now):
            yield now
    except AssistantError as error:
        now.reply(messages.error_html(problem_of(error)))
        yield now
    except Exception:
        now.reply(messages.error_html(FAULT))
        yield now
        raise


async def _answered(desk: Desk, asking: Asking, now: Conversation) -> AsyncIterator[None]:
    """Write the answer into the conversation, piece by piece."""
    passages = 0
    async with aclosing(await desk.begin(asking)) as events:
        async for event in events:
            if isinstance(event, Token):
                now.write(event.text)
                yield
            elif isinstance(event, Passages) and event.passages:
                passages = len(event.passages)
                now.wait("choosing", passages)
                yield
            elif isinstance(event, Waiting) and not now.offered:
                now.wait(event.doing, passages)
                yield
            elif isinstance(event, Offered):
                now.offer(event.answer.answer)
                yield
            elif isinstance(event, Done):
                now.finish(_exchange(desk, asking, event.answer), desk.shelf.cited(asking.corpus))
                yield


def _exchange(desk: Desk, asking: Asking, answer: Answer) -> Exchange:
    made = exchange_of(answer, desk.shelf.cited(asking.corpus), asking.corpus)
    return made.model_copy(update={"conversation_id": asking.conversation_id})


def restored(exchanges: Iterable[Exchange], essays_of: EssaysOf) -> Conversation:
    """The conversation a browser kept, shown anew. ``essays_of`` gives the documents of a corpus by its name."""
    conversation = Conversation()
    for exchange in exchanges:
        conversation.begin(exchange.question)
        conversation.finish(exchange, essays_of(exchange.corpus))
    # Only the last reply offers questions to ask next, as while talking.
    for message in conversation.shown[:-1]:
        message.pop("options", None)
    return conversation
