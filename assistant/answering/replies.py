"""What the assistant says where no document is quoted: greetings, what it can do, which essays it has, abstaining."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistant.answering.intents import Intent
from assistant.types import Essay

EXAMPLES = (
    "When is fine-tuning the right choice?",
    "What should we try before any training run?",
    "We have 200 labelled tickets and categories change monthly. Should we fine-tune?",
)


def reply(intent: Intent, essays: Mapping[str, Essay]) -> str:
    """The text for an intent that needs no retrieval."""
    if intent.kind == "greeting":
        return (
            f"Hello! I answer questions about customizing language models from {_count(essays)}, "
            f'with citations you can check. Try: "{EXAMPLES[0]}"'
        )
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
        return (
            f"I answer questions about prompting, retrieval and fine-tuning from {_count(essays)}. Every sentence of "
            "an answer carries a numbered citation to the exact words it rests on, and I say so when the essays don't "
            "cover something. I can also summarize an essay, compare the authors, or answer follow-ups. "
            f'Try: "{EXAMPLES[1]}"'
        )
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


def _count(essays: Mapping[str, Essay]) -> str:
    kinds = {essay.kind for essay in essays.values()}
    what = "notes on {} essays" if kinds == {"notes"} else "{} documents" if len(kinds) > 1 else "{} essays"
    return what.format({1: "one", 2: "two", 3: "three", 4: "four"}.get(len(essays), len(essays)))


def _described(essay: Essay) -> str:
    by = f" by {essay.author}" if essay.author else ""
    where = f", {essay.publisher}" if essay.publisher and essay.publisher != essay.author else ""
    when = f", {essay.published}" if essay.published else ", no date given"
    link = f" ({essay.url})" if essay.url else ""
    prefix = "Notes on " if essay.kind == "notes" else ""
    return f'{prefix}"{essay.title}"{by}{where}{when}{link}.'
