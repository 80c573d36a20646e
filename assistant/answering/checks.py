"""The checks between the stages. Each looks at what a stage made and says what is wrong with it; "" where nothing is.

A failed check is named in the trace and in a notice, and what failed is repaired at most once:

| stage | must give | else |
| --- | --- | --- |
| condense | one line that can stand as a question | the rules condense instead of the chat model |
| retrieve | a passage for what was asked | the question is searched once more in the asker's words, more widely |
| draft | a sentence that carries a mark | verification looks for the evidence; where there is none, as for verify |
| verify | a sentence the documents bear out | the chat model is asked once more; then the extracted answer stands |
"""

from __future__ import annotations

from collections.abc import Sequence

PASSED = "passed"
MAX_STANDALONE_CHARS = 600
Failed = tuple[str, str]
"""A stage, and what is wrong with what it made."""


def condensed(reply: str) -> str:
    """Whether a reply can stand as a question."""
    if not reply:
        return "the chat model replied with nothing."
    if "\n" in reply or len(reply) > MAX_STANDALONE_CHARS:
        return "the chat model did not condense the question into one line."
    return ""


def retrieved(passages: Sequence[object]) -> str:
    """Whether there is a passage."""
    return "" if passages else "no passage was found."


def drafted(sentences: int, marked: int) -> str:
    """Whether a draft of so many sentences, so many of them with marks, can be verified."""
    if not sentences:
        return "nothing was written that could be an answer."
    return "" if marked else "no sentence carries the number of one that bears it out."


def verified(kept: int) -> str:
    """Whether so many supported sentences are an answer."""
    return "" if kept else "the documents bear none of its sentences out."


def notice(stage: str, problem: str, repair: str) -> str:
    """What a reader is told of a failed check."""
    return f"The {stage} stage failed its check: {problem} {repair}"
