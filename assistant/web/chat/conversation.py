"""One conversation: what was said, as the pipeline reads it and as the page shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from assistant.answering.stages import Done, Token
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
    """``turns`` are raw texts, oldest first; ``shown`` are the chat's messages as HTML.

    ``id`` is the one the server keeps it under, None where it keeps none. While ``answering``, ``asked`` is the
    question, and ``written`` the text of its reply so far.
    """

    id: str | None = None
    turns: list[Turn] = []
    shown: list[dict[str, Any]] = []
    answering: bool = False
    asked: str = ""
    written: str = ""

    def begin(self, question: str) -> None:
        """Show the question, and a reply that is still empty."""
        self.shown.append({"role": "user", "content": messages.question_html(question)})
        self.shown.append({"role": "assistant", "content": messages.waiting_html()})
        self.answering, self.asked, self.written = True, question, ""

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
        self.turns = [*self.turns, *exchange.turns][-MAX_TURNS:]

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
    async with aclosing(await desk.begin(asking)) as events:
        async for event in events:
            if isinstance(event, Token):
                now.write(event.text)
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
