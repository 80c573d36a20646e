"""The chat page: Gradio's parts, and what happens when a question is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from assistant.answering.assistant import Assistant
from assistant.web.chat import welcome
from assistant.web.chat.conversation import Conversation, converse
from assistant.web.context import Web

ASKING_AT_ONCE = 16
KEEP_HOURS = 12


def chat_page(web: Web) -> gr.Blocks:
    """The page over what is served. Each browser tab has its own conversation, kept in the server's memory."""
    assistant = web.shelf.default
    page: gr.Blocks
    with gr.Blocks(title=welcome.title(assistant), fill_height=True, fill_width=True, analytics_enabled=False) as page:
        Parts(assistant).connect(assistant)
    page.queue(default_concurrency_limit=ASKING_AT_ONCE, api_open=False)
    return page


class Parts:
    """The page from top to bottom."""

    def __init__(self, assistant: Assistant) -> None:
        """Lay the parts out, inside an open ``gr.Blocks``."""
        self.conversation = gr.State(Conversation(), time_to_live=KEEP_HOURS * 3600)
        with gr.Row(elem_id="top"):
            gr.Markdown(welcome.header_html(assistant), elem_id="heading")
            self.new = gr.Button("New chat", elem_id="new-chat", size="sm", visible=False)
        self.chat = _chatbot()
        with gr.Column(elem_id="composer"):
            self.box = _question_box(welcome.documents_noun(assistant.essays))
            gr.Markdown(welcome.engine_html(assistant), elem_id="engine")
        with gr.Column(elem_id="welcome") as self.welcome, gr.Row(elem_id="examples"):
            self.examples = [gr.Button(text, elem_classes="example") for text in welcome.examples(assistant)]

    def connect(self, assistant: Assistant) -> None:
        """Let the box, the examples and the follow-ups ask, one question at a time, and the buttons end it."""
        shown = [self.conversation, self.chat, self.welcome, self.new, self.box]

        async def ask(typed: str, before: Conversation, event: gr.EventData) -> AsyncIterator[list[Any]]:
            question = _question(typed, event)
            if not question.strip():
                yield [gr.skip() for _ in shown]
                return
            yield [*([gr.skip()] * 4), _asking(clear=question == typed)]
            async for now in converse(assistant, question, before):
                yield [*_updates(now), gr.skip() if now.answering else _ready()]

        quietly: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        # One event for all ways to ask: while it runs, Gradio takes no second question.
        triggers = [self.box.submit, self.chat.option_select, *(example.click for example in self.examples)]
        asking = gr.on(triggers, ask, [self.box, self.conversation], shown, trigger_mode="once", **quietly)
        self.box.stop(_stop, self.conversation, shown, cancels=[asking], **quietly)
        self.new.click(_begin_anew, None, shown, cancels=[asking], **quietly)


def _question(typed: str, event: gr.EventData) -> str:
    """What was asked: the typed text, an example's, or a suggestion's."""
    if isinstance(event.target, gr.Textbox):
        return typed
    return str(event.target.value if isinstance(event.target, gr.Button) else event.value)


def _stop(conversation: Conversation) -> list[Any]:
    return [*_updates(conversation.stopped()), _ready()]


def _begin_anew() -> list[Any]:
    return [*_updates(Conversation()), _ready()]


def _chatbot() -> gr.Chatbot:
    """The conversation, plain: what its messages look like is ours."""
    return gr.Chatbot(
        elem_id="chat",
        label="Conversation",
        visible=False,
        show_label=False,
        container=False,
        height="100%",
        buttons=[],
        latex_delimiters=[],
        allow_tags=False,
        feedback_options=None,
        layout="bubble",
        autoscroll=False,
    )


def _question_box(noun: str) -> gr.Textbox:
    return gr.Textbox(
        elem_id="question",
        label="Your question",
        show_label=False,
        placeholder=f"Ask a question about {'the' if noun == 'essays' else 'your'} {noun}",
        container=False,
        lines=1,
        max_lines=6,
        submit_btn=True,
        autofocus=True,
    )


def _updates(conversation: Conversation) -> list[Any]:
    """A value for each part that changes with the conversation, but the box: what is typed there stays."""
    begun = bool(conversation.shown)
    return [
        conversation,
        gr.update(value=list(conversation.shown), visible=begun),
        gr.update(visible=not begun),
        gr.update(visible=begun),
    ]


def _asking(*, clear: bool) -> Any:
    """The box while an answer is written."""
    buttons: dict[str, Any] = {"submit_btn": False, "stop_btn": True}
    return gr.update(value="", **buttons) if clear else gr.update(**buttons)


def _ready() -> Any:
    """The box when a question can be asked."""
    return gr.update(submit_btn=True, stop_btn=False)
