"""A conversation with the real pipeline, as the page receives it."""

from assistant import Assistant
from assistant.web.conversation import Conversation, converse


async def shown(assistant: Assistant, question: str, conversation: Conversation) -> list[str]:
    """The reply each time there was more of it."""
    return [now.shown[-1]["content"] async for now in converse(assistant, question, conversation)]


async def test_words_arrive_before_the_answer_is_finished(assistant: Assistant) -> None:
    first, *middle, last = await shown(assistant, "Compare Dumitru and Pan on prompting", Conversation())
    assert "waiting" in first
    assert len(middle) >= 2
    assert all("writing" in html and "cite" not in html for html in middle)
    assert [len(html) for html in middle] == sorted(len(html) for html in middle)
    assert "cite" in last


async def test_the_pipeline_hears_the_words_that_were_said_without_tags(assistant: Assistant) -> None:
    conversation = Conversation()
    await shown(assistant, "What does Tian Pan say about catastrophic forgetting?", conversation)
    await shown(assistant, "Why does it happen?", conversation)
    assert [turn.role for turn in conversation.turns] == ["user", "assistant"] * 2
    assert conversation.turns[2].content == "Why does it happen?"
    assert not any("<" in turn.content for turn in conversation.turns)


async def test_suggestions_come_with_the_finished_reply(assistant: Assistant) -> None:
    conversation = Conversation()
    await shown(assistant, "When is fine-tuning the right choice?", conversation)
    assert conversation.shown[-1]["options"]


async def test_a_question_that_cant_be_used_is_answered_with_what_to_do_and_forgotten(assistant: Assistant) -> None:
    conversation = Conversation()
    *_, last = await shown(assistant, "why " * 2000, conversation)
    assert "Shorten it." in last
    assert conversation.turns == []
