"""The chat page: what happens when a question is asked, stopped, or an earlier conversation is taken up again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import gradio as gr
from markupsafe import Markup, escape
from pydantic import Field, ValidationError

from assistant.errors import InputError, Problem
from assistant.types import Frozen
from assistant.web.asking import Asking, Principal, principal_of
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.chat import messages, welcome
from assistant.web.chat.conversation import Conversation, converse, restored
from assistant.web.chat.records import Essays, read_records
from assistant.web.chat.welcome import Theme, themes
from assistant.web.service import Web

KEEP_HOURS = 12


def chat_page(web: Web) -> gr.Blocks:
    """The page over what is served. Each browser tab has its own conversation; the server keeps it in memory only."""
    page: gr.Blocks
    title = welcome.title(web.shelf.default)
    with gr.Blocks(title=title, fill_height=True, fill_width=True, analytics_enabled=False) as page:
        Page(web).connect()
    # How many are answered at once is the desk's to say, with a sentence for those who have to wait.
    page.queue(default_concurrency_limit=None, api_open=False)
    return page


class Page:
    """The page from top to bottom, and what its parts do."""

    def __init__(self, web: Web) -> None:
        """Lay the parts out, inside an open ``gr.Blocks``."""
        self.web = web
        shelf = web.shelf
        self.conversation = gr.State(Conversation(), time_to_live=KEEP_HOURS * 3600)
        with gr.Row(elem_id="top"):
            gr.Markdown(welcome.heading_html(shelf.default), elem_id="heading")
            self.new = gr.Button("New chat", elem_id="new-chat", size="sm", visible=False)
        self.chat = chatbot()
        with gr.Column(elem_id="composer"):
            self.box = question_box(welcome.prompt(shelf.assistants.values()))
            gr.Markdown(engine_html(shelf), elem_id="engine")
        with gr.Column(elem_id="welcome") as self.welcome:
            made = {n: examples(themes(a), visible=n == DEFAULT) for n, a in shelf.assistants.items()}
        self.examples = {name: column for name, (column, _) in made.items()}
        self.questions = [button for _, buttons in made.values() for button in buttons]
        self.choice, self.kept, self.said = hidden_text("choice"), hidden_text("kept"), hidden_text("said")
        self.say = gr.Button("Say", elem_id="say", visible="hidden")
        self.restore = gr.Button("Restore", elem_id="restore", visible="hidden")
        self.choose = gr.Button("Choose", elem_id="choose", visible="hidden")

    def connect(self) -> None:
        """Let the box, the examples and the follow-ups ask, one question at a time, and the buttons end it."""
        quietly: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        shown = [self.conversation, self.chat, self.welcome, self.new, self.box]
        # One event for all ways to ask: while it runs, Gradio takes no second question.
        buttons = (button.click for button in (self.say, *self.questions))
        triggers = [self.box.submit, self.chat.option_select, *buttons]
        asked = [self.box, self.conversation, self.choice, self.said]
        asking = gr.on(triggers, self._ask, asked, shown, trigger_mode="once", **quietly)
        self.box.stop(_stop, self.conversation, shown, cancels=[asking], **quietly)
        self.new.click(_begin_anew, None, shown, cancels=[asking], **quietly)
        # Of several presses while the first is on its way, the last one counts.
        last: dict[str, Any] = {"trigger_mode": "always_last", **quietly}
        self.restore.click(self._restore, self.kept, shown, cancels=[asking], **last)
        if len(self.examples) > 1:
            self.choose.click(self._chosen, self.choice, list(self.examples.values()), **last)

    async def _ask(
        self, typed: str, before: Conversation, chosen: str, said: str, event: gr.EventData, request: gr.Request
    ) -> AsyncIterator[list[Any]]:
        told = read_said(said) if event.target is self.say else Said(question=_question(typed, event))
        question, before = told.question, before.cut(told.instead_of)
        if not question.strip():
            yield [gr.skip() for _ in range(5)]
            return
        yield [*([gr.skip()] * 4), _asking(clear=isinstance(event.target, gr.Textbox))]
        choice = read_choice(chosen)
        asking = Asking(question, model=choice.model, corpus=choice.corpus, principal=_caller(request))
        async for now in converse(self.web.desk, asking, before):
            yield [*_updates(now), gr.skip() if now.answering else _ready()]

    async def _restore(self, kept: str, request: gr.Request) -> list[Any]:
        try:
            await self.web.desk.count(_caller(request), apart="restores")
            conversation = restored(read_records(kept), self._essays)
        except (InputError, Problem) as error:
            conversation = Conversation(shown=[{"role": "assistant", "content": messages.error_html(error)}])
        return [*_updates(conversation), _ready()]

    def _essays(self, corpus: str | None) -> Essays:
        """The documents of a corpus; none where it is not served any more."""
        found = self.web.shelf.assistants.get(corpus or DEFAULT)
        return found.essays if found else {}

    def _chosen(self, chosen: str) -> list[Any]:
        corpus = read_choice(chosen).corpus or DEFAULT
        return [gr.update(visible=name == corpus) for name in self.examples]


def _caller(request: gr.Request) -> Principal:
    """The caller of the request that put the question into Gradio's queue."""
    inner = request.request
    if inner is None:
        raise AssertionError("Gradio calls the page's functions with the request they came by")
    return principal_of(inner)


def _question(typed: str, event: gr.EventData) -> str:
    """What was asked: the typed text, an example's, or a suggestion's."""
    if isinstance(event.target, gr.Textbox):
        return typed
    return str(event.target.value if isinstance(event.target, gr.Button) else event.value)


def _stop(conversation: Conversation) -> list[Any]:
    return [*_updates(conversation.stopped()), _ready()]


def _begin_anew() -> list[Any]:
    return [*_updates(Conversation()), _ready()]


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


class Said(Frozen):
    """A question that the page's scripts ask; ``instead_of`` is the number of the exchange it begins anew from."""

    question: str = ""
    instead_of: int | None = Field(None, ge=0)


def read_said(text: str) -> Said:
    """The question as the page's scripts send it; an empty one where it is none."""
    try:
        return Said.model_validate_json(text)
    except ValidationError:
        return Said()


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
    fine = Markup('<p class="fine">{}</p>').format(welcome.engine(shelf.default))
    return str(fine + record)
