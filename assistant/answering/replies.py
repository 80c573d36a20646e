"""What the assistant says where no document is quoted: greetings, what it can do, which essays it has, abstaining."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistant.answering.intents import Intent
from assistant.corpus.loading import built_in, documents_noun
from assistant.types import PREFIXES, Essay

EXAMPLES = (
    "When is fine-tuning the right choice?",
    "What should we try before any training run?",
    "We have 200 labelled tickets and categories change monthly. Should we fine-tune?",
)
NAMED = 3
"""Most titles of other documents that a greeting names."""
_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}


def reply(intent: Intent, essays: Mapping[str, Essay]) -> str:
    """The text for an intent that needs no retrieval."""
    if intent.kind == "greeting":
        return _greeting(essays)
    if intent.kind == "thanks":
        return "You are welcome. Ask on whenever you like."
    if intent.kind == "farewell":
        return "Goodbye."
    if intent.kind == "nature":
        return (
            f"I am a program that answers from {_count(essays)}: I look for the sentences that answer a question, "
            "check each citation against the text, and say so when there is no answer."
        )
    if intent.kind == "abilities":
        return _abilities(essays)
    if intent.kind == "about":
        return " ".join(_described(essays[i]) for i in intent.essays)
    listed = "\n".join(f"- {_described(essay)}" for essay in essays.values())
    return f"I answer from {_count(essays)}:\n\n{listed}"


def abstention(reasons: Iterable[str]) -> str:
    """The text of an abstention. ``reasons`` are sentences."""
    distinct = " ".join(dict.fromkeys(reasons))
    return f"{distinct} I answer only from the documents; the nearest passages are listed with this reply."


def notes_notice(essays: Iterable[Essay]) -> str | None:
    """The notice that quotes come from notes, where they do."""
    if any(essay.kind == "notes" for essay in essays):
        return "Quotes are from our notes on the essays, not the authors' own words."
    return None


def _greeting(essays: Mapping[str, Essay]) -> str:
    if built_in(essays):
        return (
            f"Hello! I answer questions about customizing language models from {_count(essays)}, "
            f'with citations you can check. Try: "{EXAMPLES[0]}"'
        )
    these = "this document" if len(essays) == 1 else "these documents"
    return f"Hello! I answer questions from {these}, with citations you can check: {_titles(essays)}."


def _abilities(essays: Mapping[str, Essay]) -> str:
    ours, noun = built_in(essays), documents_noun(essays)
    on = " about prompting, retrieval and fine-tuning" if ours else ""
    more = "summarize an essay, compare the authors," if ours else "summarize a document"
    tried = f' Try: "{EXAMPLES[1]}"' if ours else ""
    return (
        f"I answer questions{on} from {_count(essays)}. Every sentence of an answer carries a numbered citation to the "
        f"exact words it rests on, and I say so when the {noun} don't cover something. I can also {more} or answer "
        f"follow-ups.{tried}"
    )


def _titles(essays: Mapping[str, Essay]) -> str:
    """The first titles, and how many more there are."""
    named = [f'"{essay.title}"' for essay in essays.values()][:NAMED]
    rest = len(essays) - len(named)
    *before, last = [*named, f"{rest} more"] if rest else named
    return f"{', '.join(before)} and {last}" if before else last


def _count(essays: Mapping[str, Essay]) -> str:
    kinds = {essay.kind for essay in essays.values()}
    noun = "essay" if built_in(essays) and len(kinds) == 1 else "document"
    counted = f"{_NUMBERS.get(len(essays), len(essays))} {noun}{'' if len(essays) == 1 else 's'}"
    return f"notes on {counted}" if kinds == {"notes"} else counted


def _described(essay: Essay) -> str:
    by = f" by {essay.author}" if essay.author else ""
    where = f", {essay.publisher}" if essay.publisher and essay.publisher != essay.author else ""
    when = f", {essay.published}" if essay.published else ", no date given"
    link = f" ({essay.url})" if essay.url else ""
    return f'{PREFIXES[essay.kind].capitalize()}"{essay.title}"{by}{where}{when}{link}.'
