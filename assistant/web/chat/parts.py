"""Gradio's parts of the chat page, plain: what they look like is in ``static/``."""

from __future__ import annotations

from collections.abc import Iterable

import gradio as gr
from markupsafe import escape

from assistant.web.chat.examples import Theme


def chatbot() -> gr.Chatbot:
    """The conversation."""
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


def question_box(prompt: str) -> gr.Textbox:
    """Where a question is typed; ``prompt`` stands in it while it is empty."""
    return gr.Textbox(
        elem_id="question",
        label="Your question",
        show_label=False,
        placeholder=prompt,
        container=False,
        lines=1,
        max_lines=6,
        submit_btn=True,
        autofocus=True,
    )


def hidden_text(name: str) -> gr.Textbox:
    """A text that the page's own scripts write, and nobody sees."""
    return gr.Textbox(elem_id=name, label=name, visible="hidden", container=False)


def examples(themes: Iterable[Theme], *, visible: bool) -> tuple[gr.Column, list[gr.Button]]:
    """The themes of one corpus, and the buttons that ask their questions."""
    buttons = []
    with gr.Column(elem_classes="examples", visible=visible) as column:
        for theme in themes:
            with gr.Column(elem_classes="theme"):
                gr.Markdown(f"<h2>{_escaped(theme.title)}</h2>")
                buttons += [gr.Button(question, elem_classes="example") for question in theme.questions]
    return column, buttons


def _escaped(text: str) -> str:
    return " ".join(str(escape(text)).split())
