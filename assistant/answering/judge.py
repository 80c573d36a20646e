"""Whether the essays answer a question: rules over what was retrieved, never a prompt.

Abstaining is a result with a reason. In order: a term or name of the question that no essay mentions; nothing
near enough; the kind of thing asked for (a year, an amount, a name) missing from every near sentence.
"""

from __future__ import annotations

import re

from assistant.answering.expectations import unmet
from assistant.answering.vocabulary import Vocabulary
from assistant.retrieval.lexicon import STOPWORDS, words
from assistant.retrieval.retriever import Retrieved
from assistant.types import Frozen

NEAR = 0.47
PER_UNKNOWN_WORD = 0.04
SENTENCES_READ = 4
SITUATION_WORDS = 18


class Judgement(Frozen):
    """Whether a question is answerable; ``reason`` is a sentence for the reader where it is not."""

    answerable: bool
    reason: str | None = None
    confidence: float = 0.0


def judge(found: Retrieved, vocabulary: Vocabulary) -> Judgement:
    """Judge one retrieved question."""
    confidence = _confidence(found, vocabulary)
    asking = asking_part(found.question)
    absent = vocabulary.absent_term(asking) or vocabulary.absent_name(asking)
    if absent is not None:
        return Judgement(answerable=False, reason=f"The essays do not mention {absent}.", confidence=confidence)
    if confidence < NEAR:
        return Judgement(answerable=False, reason="The essays do not cover this.", confidence=confidence)
    missing = unmet(asking, [s.text for s in found.sentences[:SENTENCES_READ]])
    if missing is not None:
        reason = f"The essays speak of this, but do not give {missing}."
        return Judgement(answerable=False, reason=reason, confidence=confidence)
    return Judgement(answerable=True, confidence=confidence)


def asking_part(question: str) -> str:
    """The sentence that asks, where a long question first tells a situation; else the question."""
    if len(words(question)) <= SITUATION_WORDS:
        return question
    pieces = [piece for piece in re.split(r"(?<=[.!?])\s+", question.strip()) if piece]
    asking = [piece for piece in pieces if piece.rstrip().endswith("?")]
    return asking[-1] if asking else pieces[-1]


def _confidence(found: Retrieved, vocabulary: Vocabulary) -> float:
    """Nearness of the best sentence, itself or by a question tied to it, less a little per unknown word."""
    best = max((max(s.asked, 1.1 * s.similarity) for s in found.sentences), default=0.0)
    unknown = {word for word in words(found.question) if word not in STOPWORDS and not vocabulary.knows(word)}
    return best - PER_UNKNOWN_WORD * min(len(unknown), 4)
