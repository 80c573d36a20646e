"""The words around the conversation: the heading, what answers, and questions to begin with."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE
from assistant.corpus.loading import catalog

TITLE = "Fine-tune, prompt, or retrieve?"
SUBTITLE = "Ask what practitioners wrote about it, and check every cited word."
EXAMPLES = (
    "When is fine-tuning the right choice?",
    "What should we try before any training run?",
    "What are the seven patterns?",
    "We have 200 labelled tickets and categories change monthly. Should we fine-tune?",
)
OWN_TITLE = "Ask your documents"
OWN_SUBTITLE = "Every answer is taken from them: check every cited word."
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def built_in(ids: Iterable[str]) -> bool:
    """Whether documents with these ids are the built-in essays, or some of them, and nothing else."""
    return set(ids) <= set(catalog())


def documents_noun(ids: Iterable[str]) -> str:
    """What to call the documents with these ids: "essays" or "documents"."""
    return "essays" if built_in(ids) else "documents"


def title(assistant: Assistant) -> str:
    """The page's title, plain."""
    return TITLE if built_in(assistant.essays) else OWN_TITLE


def header_html(assistant: Assistant) -> str:
    """The title, and one line about it."""
    subtitle = SUBTITLE if built_in(assistant.essays) else OWN_SUBTITLE
    return str(Markup('<header><h1>{}</h1><p class="subtitle">{}</p></header>').format(title(assistant), subtitle))


def examples(assistant: Assistant) -> tuple[str, ...]:
    """At most four questions these documents answer; none where nobody has written any for them."""
    if set(catalog()) <= set(assistant.essays):
        return EXAMPLES
    first_of_each: dict[str, str] = {}
    known = assistant.index.units("question")
    for unit in known:
        first_of_each.setdefault(unit.source_id, unit.text)
    texts = dict.fromkeys([*first_of_each.values(), *(unit.text for unit in known)])
    return tuple(texts)[: len(EXAMPLES)]


def engine_html(assistant: Assistant) -> str:
    """The fine print under the question's box."""
    return str(Markup("<p>{}</p>").format(engine(assistant)))


def engine(assistant: Assistant) -> str:
    """Which documents and which model answer, and whether anything leaves the machine."""
    model = assistant.settings.model
    how = (
        "extractive, no model, nothing leaves this machine"
        if model == EXTRACTIVE
        else f"written by {model}, which receives the question and the passages"
    )
    return f"Answers come from {_documents(assistant)} · {how}"


def _documents(assistant: Assistant) -> str:
    count = len(assistant.essays)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    if not built_in(assistant.essays):
        return "your document" if count == 1 else f"your {number} documents"
    noun = f"{number} essay" if count == 1 else f"{number} essays"
    return f"our notes on {noun}" if {essay.kind for essay in assistant.essays.values()} == {"notes"} else noun
