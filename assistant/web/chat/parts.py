"""Gradio's parts of the chat page, plain: what they look like is in ``static/``.

The model and the corpus a person chose, and what there is to choose from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import gradio as gr
from markupsafe import Markup, escape
from pydantic import ValidationError

from assistant.types import Frozen
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.chat import welcome
from assistant.web.chat.welcome import Theme


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


class Choice(Frozen):
    """Names as the shelf offers them; None: the default. One that is not offered is refused when it is asked."""

    model: str | None = None
    corpus: str | None = None


def read_choice(text: str) -> Choice:
    """The choice as the page sends it; the defaults where it sends none."""
    try:
        chosen = Choice.model_validate_json(text)
    except ValidationError:
        return Choice()
    return chosen.model_copy(update={"corpus": None}) if chosen.corpus == DEFAULT else chosen


def engine_html(shelf: Shelf) -> str:
    """The fine print under the question's box, and as hidden text what the page's scripts offer there."""
    offered = {
        "models": [{"id": name, "how": welcome.written_by(name)} for name in shelf.models],
        "corpora": [{"id": name, "from": welcome.documents(each)} for name, each in shelf.assistants.items()],
    }
    record = Markup('<div class="record">{}</div>').format(json.dumps(offered))
    return str(Markup('<p class="fine">{}</p>').format(welcome.engine(shelf.default)) + record)
