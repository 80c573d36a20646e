"""One conversation: what was said, as the pipeline reads it and as the page shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from anyio import to_thread
from pydantic import BaseModel

from assistant.answering.assistant import Assistant
from assistant.answering.stages import Done, Event, Token
from assistant.errors import AssistantError
from assistant.types import Turn
from assistant.web.chat import messages

MAX_TURNS = 20
FAULT = AssistantError("The assistant failed on this question.", "Ask again; the server's log says what went wrong.")


class Conversation(BaseModel):
    """``turns`` are raw texts, oldest first; ``shown`` are the chat's messages as HTML.

    While ``answering``, ``written`` is the text of the last reply so far.
    """

    turns: list[Turn] = []
    shown: list[dict[str, Any]] = []
    answering: bool = False
    written: str = ""

    def begin(self, question: str) -> None:
        """Show the question, and a reply that is still empty."""
        self.shown.append({"role": "user", "content": messages.question_html(question)})
        self.shown.append({"role": "assistant", "content": messages.waiting_html()})
        self.answering, self.written = True, ""

    def write(self, text: str) -> None:
        """Show ``text`` behind what the reply says already."""
        self.written += text
        self.shown[-1] = {"role": "assistant", "content": messages.partial_html(self.written)}

    def reply(self, html: str, followups: Iterable[str] = ()) -> None:
        """Show ``html`` as the whole reply to the last question, and questions to ask next."""
        options = [{"value": text} for text in followups]
        self.answering = False
        self.shown[-1] = {"role": "assistant", "content": html, "options": options}

    def stopped(self) -> Conversation:
        """The same conversation with the reply ended where it is; the pipeline never hears of it."""
        ended = self.model_copy(deep=True)
        if ended.answering:
            ended.reply(messages.stopped_html(ended.written))
        return ended

    def remember(self, question: str, answer: str) -> None:
        """Keep a finished exchange for the questions that lean on it."""
        said = [Turn(role="user", content=question), Turn(role="assistant", content=answer)]
        self.turns = [*self.turns, *said][-MAX_TURNS:]


async def converse(assistant: Assistant, question: str, before: Conversation) -> AsyncIterator[Conversation]:
    """The conversation each time there is more to show; ``before`` stays as it is.

    An AssistantError becomes a message that says what to do; any other exception is shown as a fault and raised.
    """
    now = before.model_copy(deep=True)
    now.begin(question)
    yield now
    try:
        async for _ in _answered(assistant, question, now):
            yield now
    except AssistantError as error:
        now.reply(messages.error_html(error))
        yield now
    except Exception:
        now.reply(messages.error_html(FAULT))
        yield now
        raise


async def _answered(assistant: Assistant, question: str, now: Conversation) -> AsyncIterator[None]:
    """Write the answer into the conversation, piece by piece."""
    async for event in _in_threads(assistant.stream(question, now.turns)):
        if isinstance(event, Token):
            now.write(event.text)
            yield
        elif isinstance(event, Done):
            now.reply(messages.answer_html(event.answer, assistant.essays), event.answer.followups)
            now.remember(question, event.answer.answer)
            yield


async def _in_threads(events: Iterator[Event]) -> AsyncIterator[Event]:
    """Each event as it comes. Whoever stops listening needn't wait for a slow model's next word."""
    while (event := await to_thread.run_sync(next, events, None, abandon_on_cancel=True)) is not None:
        yield event
