"""The words around the conversation: the heading, and what answers.

Questions to begin with, by theme: ours for the built-in essays, a document's own for other documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from markupsafe import Markup

from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE
from assistant.corpus.loading import built_in, documents_noun, holds_built_in
from assistant.types import Frozen

TITLE = "Fine-tune, prompt, or retrieve?"
SUBTITLE = "Ask what practitioners wrote about it, and check every cited word."
OWN_TITLE = "Ask your documents"
OWN_SUBTITLE = "Every answer is taken from them: check every cited word."
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def title(assistant: Assistant) -> str:
    """The page's title, plain."""
    return TITLE if built_in(assistant.essays) else OWN_TITLE


def subtitle(assistant: Assistant) -> str:
    """One line about it."""
    return SUBTITLE if built_in(assistant.essays) else OWN_SUBTITLE


def heading_html(assistant: Assistant) -> str:
    """The title, and one line about it."""
    heading = Markup('<header><h1>{}</h1><p class="subtitle">{}</p></header>')
    return str(heading.format(title(assistant), subtitle(assistant)))


def prompt(assistants: Iterable[Assistant]) -> str:
    """What the empty box invites to."""
    nouns = {documents_noun(assistant.essays) for assistant in assistants}
    return "Ask a question about the essays" if nouns == {"essays"} else "Ask a question about your documents"


def engine(assistant: Assistant) -> str:
    """Which documents and which model answer, and whether anything leaves the machine."""
    return f"Answers come from {documents(assistant)} · {written_by(assistant.settings.model)}"


def written_by(model: str) -> str:
    """Who writes the answers, and what it receives for that."""
    if model == EXTRACTIVE:
        return "extractive, no model, nothing leaves this machine"
    return f"written by {model}, which receives the question and the passages"


def documents(assistant: Assistant) -> str:
    """Which documents answer: ``our notes on four essays``."""
    count = len(assistant.essays)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    if not built_in(assistant.essays):
        return "your document" if count == 1 else f"your {number} documents"
    noun = f"{number} essay" if count == 1 else f"{number} essays"
    return f"our notes on {noun}" if {essay.kind for essay in assistant.essays.values()} == {"notes"} else noun


MOST_THEMES = 4
MOST_QUESTIONS = 3


class Theme(Frozen):
    """A heading with a few questions under it, each of which the documents answer."""

    title: str
    questions: tuple[str, ...]


BUILT_IN = (
    Theme(
        title="When to fine-tune",
        questions=(
            "When is fine-tuning the right choice?",
            "When should I fine-tune instead of using RAG?",
            "What are the seven patterns?",
        ),
    ),
    Theme(
        title="Before you train",
        questions=(
            "What should we try before any training run?",
            "When does prompt engineering win?",
            "We have 200 labelled tickets and categories change monthly. Should we fine-tune?",
        ),
    ),
    Theme(
        title="Evals",
        questions=(
            "Why do evals come before fine-tuning?",
            "How do we know that a fine-tuned model is better?",
        ),
    ),
    Theme(
        title="Cost and risk",
        questions=(
            "When does fine-tuning break even?",
            "What is catastrophic forgetting?",
        ),
    ),
)


def themes(assistant: Assistant) -> tuple[Theme, ...]:
    """At most four themes of at most three questions; none where nobody has written questions for the documents."""
    if holds_built_in(assistant.essays):
        return BUILT_IN
    asked = (unit for unit in assistant.index.units("question") if unit.text.endswith("?"))
    units = sorted(asked, key=lambda unit: unit.source_id)
    found = []
    for source, run in groupby(units, key=lambda unit: unit.source_id):
        texts = tuple(dict.fromkeys(unit.text for unit in run))[:MOST_QUESTIONS]
        found.append(Theme(title=assistant.essays[source].title, questions=texts))
    return tuple(found[:MOST_THEMES])
