"""What people say that is not a question to the essays: greetings, "what can you do", "which essays", summaries.

The patterns are in ``intents.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from assistant.retrieval.question import focus_of
from assistant.types import Essay, Frozen

IntentKind = Literal[
    "question", "greeting", "thanks", "farewell", "nature", "abilities", "essays", "summary", "about", "situation"
]

FILE = Path(__file__).with_name("intents.yaml")
MAX_ABOUT_WORDS = 16
_SECOND_QUESTION = re.compile(r"\band (what|how|why|does|do|is|which) ")
_EVERY_ESSAY = re.compile(r"\b(essays|all four|them all|everything|the corpus)\b")


class Intent(Frozen):
    """What kind of message it is, and the essays it is about (ids)."""

    kind: IntentKind = "question"
    essays: tuple[str, ...] = ()


def intent_of(message: str, essays: Iterable[Essay]) -> Intent:
    """Read one message. Whatever matches no pattern is a question."""
    every = list(essays)
    whole, summary, about = _patterns()
    plain = " ".join(re.sub(r"[^\w;' ]+", " ", message.lower()).split())
    for kind, pattern in whole.items():
        if pattern.fullmatch(plain):
            return Intent(kind=kind)
    named = _named(message, every)
    single = _SECOND_QUESTION.search(plain) is None
    if named and single and about.search(message) and len(plain.split()) <= MAX_ABOUT_WORDS:
        return Intent(kind="about", essays=named)
    if summary.search(message) and (named or _EVERY_ESSAY.search(plain)):
        return Intent(kind="summary", essays=named or tuple(essay.id for essay in every))
    return Intent()


@lru_cache(maxsize=1)
def _patterns() -> tuple[dict[IntentKind, re.Pattern[str]], re.Pattern[str], re.Pattern[str]]:
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))

    def compiled(patterns: list[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)

    whole = {kind: compiled(patterns) for kind, patterns in data["whole"].items()}
    return whole, compiled(data["summary"]), compiled(data["about"])


def _named(message: str, every: list[Essay]) -> tuple[str, ...]:
    """Essays named by id, author, publisher or title."""
    by_id = tuple(essay.id for essay in every if essay.id.lower() in message.lower())
    return by_id or focus_of(message, every).named
