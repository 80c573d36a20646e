"""Whether the essays answer a question: rules over what was retrieved, never a prompt.

Abstaining is a result with a reason. In order: a term or name of the question that no essay mentions; nothing
near enough; the kind of thing asked for (a year, an amount, a name) missing from every near sentence.
"""

from __future__ import annotations

import re

from assistant.answering.expectations import unmet
from assistant.answering.vocabulary import Vocabulary
from assistant.retrieval.lexicon import STOPWORDS, stem, words
from assistant.retrieval.retriever import NAMED_BONUS, Retrieved, ScoredSentence
from assistant.types import Frozen

NEAR = 0.455
"""Least confidence to answer. Off-topic questions stay below, set on eval/dev.jsonl."""
NAMED_EASE = 0.05
"""Who names an author is on the subject; less nearness will do."""
PER_UNKNOWN_WORD = 0.04
CLOSE = 0.62
"""A sentence whose closest tied question is this near speaks of what is asked, whatever its words."""
ELSEWHERE = 0.2
"""How much better another essay must answer than the one that was named, for the named one to be silent on it."""
SENTENCES_READ = 6
SITUATION_WORDS = 18
_EVERYWHERE = frozenset(
    map(stem, "fine tune tuning tuned finetuning model models llm llms train training prompt prompting".split())
)
_COMMANDS = re.compile(
    r"\b(?:ignore|forget|disregard|override|bypass|reveal|print|show|repeat|output|leak|what (?:is|are)|tell me)\b"
    r".{0,40}"
    r"\b(?:your (?:\w+ )?(?:instructions?|rules|prompts?|guidelines|guardrails)"
    r"|(?:previous|prior|the above|system) (?:\w+ )?(?:instructions?|prompts?))\b",
    re.IGNORECASE,
)


class Judgement(Frozen):
    """Whether a question is answerable; ``reason`` is a sentence for the reader where it is not."""

    answerable: bool
    reason: str | None = None
    confidence: float = 0.0


def judge(found: Retrieved, vocabulary: Vocabulary) -> Judgement:
    """Judge one retrieved question."""
    confidence = _confidence(found, vocabulary)
    asking = asking_part(found.asking)
    if _COMMANDS.search(found.asking):
        return Judgement(answerable=False, reason="That is not a question the essays could answer.")
    absent = vocabulary.absent_term(asking) or vocabulary.absent_name(asking)
    if absent is not None:
        return Judgement(answerable=False, reason=f"The essays do not mention {absent}.", confidence=confidence)
    if confidence < (NEAR - NAMED_EASE if found.focus.named else NEAR):
        return Judgement(answerable=False, reason="The essays do not cover this.", confidence=confidence)
    elsewhere = _said_elsewhere(found, asking, vocabulary)
    if elsewhere is not None:
        return Judgement(answerable=False, reason=elsewhere, confidence=confidence)
    names = vocabulary.names(asking) or vocabulary.names(found.question)
    own = [s for s in found.sentences if not found.focus.named or s.source_id in found.focus.named][:SENTENCES_READ]
    missing = unmet(asking, [s.text for s in own if _speaks_of(s, found, names)], vocabulary.authors)
    if missing is not None and not found.focus.compares:
        reason = f"The essays speak of this, but do not give {missing}."
        return Judgement(answerable=False, reason=reason, confidence=confidence)
    return Judgement(answerable=True, confidence=confidence)


def _said_elsewhere(found: Retrieved, asking: str, vocabulary: Vocabulary) -> str | None:
    """A reason to abstain where the question asks one author for what only others speak of."""
    if len(found.focus.named) != 1:
        return None
    source = found.focus.named[0]
    strangers = vocabulary.names_missing(asking, source)
    if strangers:
        return f"That essay does not mention {strangers[0]}."
    own = max((s.score - NAMED_BONUS for s in found.sentences if s.source_id == source), default=0.0)
    other = max((s.score for s in found.sentences if s.source_id != source), default=0.0)
    return "That essay does not speak of this, but another one does." if other - own > ELSEWHERE else None


def asking_part(question: str) -> str:
    """The sentence that asks, where a long question first tells a situation; else the question."""
    if len(words(question)) <= SITUATION_WORDS:
        return question
    pieces = [piece for piece in re.split(r"(?<=[.!?])\s+", question.strip()) if piece]
    asking = [piece for piece in pieces if piece.rstrip().endswith("?")]
    return asking[-1] if asking else pieces[-1]


def _confidence(found: Retrieved, vocabulary: Vocabulary) -> float:
    """How near the best sentences come, by meaning and by all signals, less a little per unknown word."""
    meaning = max((max(s.asked, 1.1 * s.similarity) for s in found.sentences), default=0.0)
    overall = max((s.score for s in found.sentences), default=0.0) - (NAMED_BONUS if found.focus.named else 0.0)
    best = (meaning + overall) / 2
    every = {word for word in words(found.asking) if word not in STOPWORDS and not word.isdigit()}
    unknown = {word for word in every if not vocabulary.knows(word)}
    return round(best - PER_UNKNOWN_WORD * min(len(unknown), 4), 4)


def _speaks_of(sentence: ScoredSentence, found: Retrieved, names: frozenset[str]) -> bool:
    """Whether the sentence is about what is asked: it has the question's name, and its subject or a close question."""
    said = {stem(word) for word in words(sentence.text)}
    if names and not names & said:
        return False
    subjects = {stem(w) for w in words(asking_part(found.asking)) if w not in STOPWORDS} - _EVERYWHERE - names
    return sentence.asked >= CLOSE or not subjects or len(subjects & said) >= max(1, len(subjects) / 3)
