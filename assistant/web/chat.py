"""The chat page: Gradio's parts, and what happens when a question is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from assistant.answering.assistant import Assistant
from assistant.web.conversation import Conversation, converse
from assistant.web.welcome import EXAMPLES, TITLE, engine_html, header_html

ASKING_AT_ONCE = 16
KEEP_HOURS = 12


def chat_page(assistant: Assistant) -> gr.Blocks:
    """The page over one assistant. Each browser tab has its own conversation, kept in the server's memory."""
    page: gr.Blocks
    with gr.Blocks(title=TITLE, fill_height=True, fill_width=True, analytics_enabled=False) as page:
        Parts(assistant).connect(assistant)
    page.queue(default_concurrency_limit=ASKING_AT_ONCE, api_open=False)
    return page


class Parts:
    """The page from top to bottom."""

    def __init__(self, assistant: Assistant) -> None:
        """Lay the parts out, inside an open ``gr.Blocks``."""
        self.conversation = gr.State(Conversation, time_to_live=KEEP_HOURS * 3600)
        with gr.Row(elem_id="top"):
            gr.Markdown(header_html(), elem_id="heading")
            self.new = gr.Button("New chat", elem_id="new-chat", size="sm", visible=False)
        self.chat = _chatbot()
        with gr.Column(elem_id="composer"):
            self.box = _question_box()
            gr.Markdown(engine_html(assistant), elem_id="engine")
        with gr.Column(elem_id="welcome") as self.welcome, gr.Row(elem_id="examples"):
            self.examples = [gr.Button(text, elem_classes="example") for text in EXAMPLES]

    def connect(self, assistant: Assistant) -> None:
        """Let the box, the examples and the follow-ups ask, and the button begin anew."""
        shown = [self.conversation, self.chat, self.welcome, self.new, self.box]

        async def ask(question: str, conversation: Conversation) -> AsyncIterator[list[Any]]:
            if not question.strip():
                yield [gr.skip() for _ in shown]
                return
            async for now in converse(assistant, question, conversation):
                yield _updates(now)

        async def ask_suggested(conversation: Conversation, chosen: gr.SelectData) -> AsyncIterator[list[Any]]:
            async for updates in ask(str(chosen.value), conversation):
                yield updates

        quietly: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.box.submit(ask, [self.box, self.conversation], shown, **quietly)
        for example in self.examples:
            example.click(ask, [example, self.conversation], shown, **quietly)
        self.chat.option_select(ask_suggested, self.conversation, shown, **quietly)
        self.new.click(lambda: _updates(Conversation()), None, shown, **quietly)


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


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        elem_id="question",
        label="Your question",
        show_label=False,
        placeholder="Ask a question about the essays",
        container=False,
        lines=1,
        max_lines=6,
        submit_btn=True,
        autofocus=True,
    )


def _updates(conversation: Conversation) -> list[Any]:
    """A value for each part that changes with the conversation."""
    begun = bool(conversation.shown)
    return [
        conversation,
        gr.update(value=list(conversation.shown), visible=begun),
        gr.update(visible=not begun),
        gr.update(visible=begun),
        "",
    ]
