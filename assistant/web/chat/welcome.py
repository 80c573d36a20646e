"""The words around the conversation: the heading, and what answers."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE
from assistant.corpus.loading import built_in, documents_noun

TITLE = "Fine-tune, prompt, or retrieve?"
SUBTITLE = "Ask what practitioners wrote about it, and check every cited word."
OWN_TITLE = "Ask your documents"
OWN_SUBTITLE = "Every answer is taken from them: check every cited word."
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ADVICE = Markup('<a class="tool advise" href="advise" title="Should we fine-tune?">Advice</a>')
_TOOLS = Markup(
    '<nav class="tools"><a class="tool library" href="library" title="Library">Library</a>{advice}'
    '<button type="button" class="tool history" title="History">History</button>'
    '<button type="button" class="tool export" title="Export this conversation">Export</button></nav>'
)


def title(assistant: Assistant) -> str:
    """The page's title, plain."""
    return TITLE if built_in(assistant.essays) else OWN_TITLE


def subtitle(assistant: Assistant) -> str:
    """One line about it."""
    return SUBTITLE if built_in(assistant.essays) else OWN_SUBTITLE


def header_html(assistant: Assistant) -> str:
    """The title, one line about it, and the ways to the library, earlier conversations and the export."""
    heading = Markup('<header><h1>{}</h1><p class="subtitle">{}</p></header>')
    heading = heading.format(title(assistant), subtitle(assistant))
    return str(heading + _TOOLS.format(advice=_ADVICE if built_in(assistant.essays) else Markup()))


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
