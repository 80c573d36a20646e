"""The words around the conversation: the heading, what answers, and questions to begin with."""

from __future__ import annotations

from markupsafe import Markup

from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE

TITLE = "Fine-tune, prompt, or retrieve?"
SUBTITLE = "Ask what practitioners wrote about it, and check every cited word."
EXAMPLES = (
    "When is fine-tuning the right choice?",
    "What should we try before any training run?",
    "What are the seven patterns?",
    "We have 200 labelled tickets and categories change monthly. Should we fine-tune?",
)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def header_html() -> str:
    """The title, and one line about it."""
    return str(Markup('<header><h1>{}</h1><p class="subtitle">{}</p></header>').format(TITLE, SUBTITLE))


def engine_html(assistant: Assistant) -> str:
    """The fine print under the question's box."""
    return str(Markup("<p>{}</p>").format(engine(assistant)))


def engine(assistant: Assistant) -> str:
    """Which documents and which model answer, and whether anything leaves the machine."""
    kinds = {essay.kind for essay in assistant.essays.values()}
    count = len(assistant.essays)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    noun = "essay" if count == 1 else "essays"
    documents = f"our notes on {number} {noun}" if kinds == {"notes"} else f"{number} {noun}"
    model = assistant.settings.model
    how = (
        "extractive, no model, nothing leaves this machine"
        if model == EXTRACTIVE
        else f"written by {model}, which receives the question and the passages"
    )
    return f"Answers come from {documents} · {how}"
