"""Questions to begin with, by theme: ours for the built-in essays, a document's own for other documents."""

from __future__ import annotations

from itertools import groupby

from assistant.answering.assistant import Assistant
from assistant.corpus.loading import holds_built_in
from assistant.types import Frozen

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
    units = sorted(assistant.index.units("question"), key=lambda unit: unit.source_id)
    found = []
    for source, run in groupby(units, key=lambda unit: unit.source_id):
        texts = tuple(dict.fromkeys(unit.text for unit in run))[:MOST_QUESTIONS]
        found.append(Theme(title=assistant.essays[source].title, questions=texts))
    return tuple(found[:MOST_THEMES])
