"""A conversation with the real pipeline, as the page receives it."""

from collections.abc import Iterator
from typing import cast

import pytest

from assistant import Assistant
from assistant.answering.stages import Done, Event, Offered, Passages, Token, Waiting
from assistant.web.asking import Asking
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.chat.conversation import Conversation, converse
from assistant.web.observe.answers import Ops
from assistant.web.service import Answering, Desk


@pytest.fixture(scope="module")
def desk(assistant: Assistant) -> Desk:
    return Desk(Shelf({DEFAULT: assistant}), assistant.settings, Ops.of(assistant.settings))


async def after(desk: Desk, question: str, before: Conversation) -> tuple[list[str], Conversation]:
    """The reply each time there was more of it, and the conversation at the end."""
    replies = []
    async for now in converse(desk, Asking(question), before):
        replies.append(now.shown[-1]["content"])
        last = now
    return replies, last


async def test_words_arrive_before_the_answer_is_finished(desk: Desk) -> None:
    (first, found, *middle, last), _ = await after(desk, "Compare Dumitru and Pan on prompting", Conversation())
    assert "waiting" in first
    assert "passages found" in found
    assert len(middle) >= 2
    assert all("writing" in html and "cite" not in html for html in middle)
    assert [len(html) for html in middle] == sorted(len(html) for html in middle)
    assert "cite" in last
    assert "sentences checked" in last


class Slow:
    """An assistant whose chat model takes long to begin."""

    def __init__(self, real: Assistant) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def stream(self, question: str, *_: object) -> Iterator[Event]:
        answer = self._real.ask(question, model="extractive")
        yield from (Passages(answer.passages), Waiting("reading"), Offered(answer), Waiting("writing"), Token("It is."))
        yield Done(answer)


async def test_what_a_slow_model_does_is_told_and_the_extracted_answer_offered(assistant: Assistant) -> None:
    slow = Desk(Shelf({DEFAULT: cast(Assistant, Slow(assistant))}), assistant.settings, Ops.of(assistant.settings))
    replies, _ = await after(slow, "What does a LoRA training run cost?", Conversation())
    first, found, reading, offered, written, last = replies
    assert "Searching the documents" in first
    assert "8 passages found: choosing" in found
    assert "8 passages found: the model is reading them" in reading
    assert "RTX 4090" in offered
    assert "still working" in offered
    assert ("It is." in written, "RTX 4090" in written) == (True, False)
    assert "cite" in last


async def test_the_pipeline_hears_the_words_that_were_said_without_tags(desk: Desk) -> None:
    _, once = await after(desk, "What does Tian Pan say about catastrophic forgetting?", Conversation())
    _, twice = await after(desk, "Why does it happen?", once)
    assert [turn.role for turn in twice.turns] == ["user", "assistant"] * 2
    assert twice.turns[2].content == "Why does it happen?"
    assert not any("<" in turn.content for turn in twice.turns)
    assert len(once.shown) == 2


async def test_a_question_asked_anew_forgets_what_came_after_it(desk: Desk) -> None:
    _, once = await after(desk, "What is catastrophic forgetting?", Conversation())
    _, twice = await after(desk, "What is RAG good for?", once)
    cut = twice.cut(1)
    assert (cut.turns, cut.shown, cut.id) == (once.turns, once.shown, None)
    assert twice.cut(None) is twice
    assert twice.cut(7) is twice


async def test_suggestions_come_with_the_finished_reply(desk: Desk) -> None:
    _, conversation = await after(desk, "When is fine-tuning the right choice?", Conversation())
    assert conversation.shown[-1]["options"]


async def test_a_question_that_cant_be_used_is_answered_with_what_to_do_and_forgotten(desk: Desk) -> None:
    (*_, last), conversation = await after(desk, "why " * 2000, Conversation())
    assert "Shorten it." in last
    assert conversation.turns == []


async def test_a_stopped_reply_keeps_its_words_and_the_pipeline_hears_nothing_of_it(desk: Desk) -> None:
    talk = converse(desk, Asking("Compare Dumitru and Pan on prompting"), Conversation())
    waiting = (await anext(talk)).stopped()
    await anext(talk)  # passages are found
    begun = await anext(talk)
    stopped = begun.stopped()
    assert begun.written
    assert begun.answering
    assert not stopped.answering
    assert "Stopped." in stopped.shown[-1]["content"]
    assert "Stopped." in waiting.shown[-1]["content"]
    assert begun.written.split()[0] in stopped.shown[-1]["content"]
    assert stopped.turns == []
    assert Conversation().stopped() == Conversation()


async def test_a_fault_is_shown_and_reaches_the_servers_log() -> None:
    class Faulty(Desk):
        def __init__(self) -> None:
            """Nothing to open."""

        def in_conversation(self, asking: Asking) -> Asking:
            return asking

        async def begin(self, asking: Asking) -> Answering:
            raise ZeroDivisionError

    talk = converse(Faulty(), Asking("Why?"), Conversation())
    assert "waiting" in (await anext(talk)).shown[-1]["content"]
    assert "Ask again" in (await anext(talk)).shown[-1]["content"]
    with pytest.raises(ZeroDivisionError):
        await anext(talk)
