"""One conversation: what was said, as the pipeline reads it and as the page shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

from pydantic import BaseModel
from starlette.concurrency import iterate_in_threadpool

from assistant.answering.assistant import Assistant
from assistant.answering.stages import Done, Token
from assistant.errors import AssistantError
from assistant.types import Turn
from assistant.web import messages

MAX_TURNS = 20
FAULT = AssistantError("The assistant failed on this question.", "Ask again; the server's log says what went wrong.")


class Conversation(BaseModel):
    """``turns`` are raw texts, oldest first; ``shown`` are the chat's messages as HTML."""

    turns: list[Turn] = []
    shown: list[dict[str, Any]] = []

    def begin(self, question: str) -> None:
        """Show the question, and a reply that is still empty."""
        self.shown.append({"role": "user", "content": messages.question_html(question)})
        self.shown.append({"role": "assistant", "content": messages.waiting_html()})

    def reply(self, html: str, followups: Iterable[str] = ()) -> None:
        """Show ``html`` as the reply to the last question, and questions to ask next."""
        options = [{"value": text} for text in followups]
        self.shown[-1] = {"role": "assistant", "content": html, "options": options}

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
    text = ""
    async for event in iterate_in_threadpool(assistant.stream(question, now.turns)):
        if isinstance(event, Token):
            text += event.text
            now.reply(messages.partial_html(text))
            yield
        elif isinstance(event, Done):
            now.reply(messages.answer_html(event.answer, assistant.essays), event.answer.followups)
            now.remember(question, event.answer.answer)
            yield
