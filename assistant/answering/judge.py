"""Whether the essays answer a question: rules over what was retrieved, never a prompt.

Abstaining is a result with a reason. In order: a term or name of the question that no essay mentions; nothing
near enough; the kind of thing asked for (a year, an amount, a name) missing from every near sentence.

The kind of thing a question asks for, and whether a sentence has it: an amount, a year, a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.answering.composed import Composed
from assistant.answering.vocabulary import Vocabulary
from assistant.errors import ConfigurationError
from assistant.retrieval.lexicon import STOPWORDS, content_stems, is_english, stem, words
from assistant.retrieval.reading import plain
from assistant.retrieval.retriever import NAMED_BONUS, Retrieved, ScoredSentence
from assistant.textfiles import read_yaml
from assistant.tuning import tuned
from assistant.types import Frozen

FILE = Path(__file__).with_name("expectations.yaml")


@dataclass(frozen=True)
class Kind:
    """A kind of thing asked for: how a question shows it, and whether a sentence gives it to that question.

    One that is not ``required`` is preferred where there is a choice, and not missed where there is none.
    ``weight`` is what a sentence without it loses of its fitness. ``only``: whether the essays
    or other documents alone are asked so.
    """

    name: str
    asked: re.Pattern[str]
    given: Callable[[str, frozenset[str]], bool]
    required: bool
    weight: float
    only: str = ""


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order they are tried."""
    data = read_yaml(FILE, ConfigurationError)
    return tuple(_kind(record, data) for record in data["kinds"])


def kind_of(question: str, *, ours: bool = True) -> Kind | None:
    """The kind of thing the question asks for; None where it asks for an explanation, advice or yes or no.

    ``ours``: it is asked of the essays, whose subject gives some words a meaning of their own.
    """
    other = "documents" if ours else "essays"
    return next((kind for kind in kinds() if kind.only != other and kind.asked.search(question)), None)


def unmet(
    question: str, sentences: Sequence[str], known: frozenset[str] = frozenset(), *, ours: bool = True
) -> str | None:
    """What the question asks for that none of the sentences has, in words; None where nothing is missing.

    ``known`` are stems that are no news as names: the authors'.
    """
    kind = kind_of(question, ours=ours)
    brought = brought_by(question) | known
    if kind is None or not kind.required or any(kind.given(sentence, brought) for sentence in sentences):
        return None
    return kind.name


def brought_by(question: str) -> frozenset[str]:
    """Stems of the question's words: what an answer can't name as new."""
    return frozenset(stem(word) for word in words(question))


def _kind(record: Mapping[str, Any], data: Mapping[str, Any]) -> Kind:
    def compiled(patterns: Sequence[str], flags: int = re.IGNORECASE) -> re.Pattern[str]:
        filled = (p.replace("{number}", data["number"]).replace("{thing}", data["thing"]) for p in patterns)
        return re.compile("|".join(f"(?:{pattern})" for pattern in filled), flags)

    if "given_new" in record:
        given = _new_match(compiled(record["given_new"], 0))
    else:
        given = _matches(compiled(record["given"]))
    asked, required = compiled(record["asked"]), record.get("required", True)
    return Kind(record["name"], asked, given, required, record["weight"], record.get("only", ""))


def _matches(pattern: re.Pattern[str]) -> Callable[[str, frozenset[str]], bool]:
    return lambda sentence, _brought: pattern.search(sentence) is not None


def _new_match(pattern: re.Pattern[str]) -> Callable[[str, frozenset[str]], bool]:
    """A match in the sentence with a word that the question did not bring itself."""
    return lambda sentence, brought: any(not brought_by(m[0]) <= brought for m in pattern.finditer(sentence))


SURE = 0.58
"""Least confidence to answer from documents that nobody tied questions to."""
FOREIGN_EASE = 0.07
"""The embedding model knows English best; in other languages less likeness will do."""
OF_MEANING, OF_SCORE, OF_WORDS = 0.45, 0.5, 0.2
"""What the best sentence's likeness, its score, and the telling words found together add to that confidence."""
UNHEARD = 0.8
"""What the share of words that stand nowhere in the documents takes from it."""
COVERING = 8
NEAR = 0.455
"""Least confidence to answer. Off-topic questions stay below, set on eval/dev.jsonl."""
NAMED_EASE = 0.05
"""Who names an author is on the subject; less nearness will do."""
UNKNOWN = 0.3
"""What is taken from confidence where nobody near the documents uses any of the question's words; less for a part."""
CLOSE = 0.62
"""A sentence whose closest tied question is this near speaks of what is asked, whatever its words."""
ELSEWHERE = 0.2
"""How much better another essay must answer than the one that was named, for the named one to be silent on it."""
SENTENCES_READ = 6
OWN_SENTENCES_READ = 20
PASSAGES_READ = 3
SITUATION_WORDS = 18
MIN_SENTENCE_WORDS = 4
LITERAL = 0.15
"""What it adds to confidence that every subject word stands in one of the LITERAL_IN best sentences."""
LITERAL_IN = 3
_EVERYWHERE = frozenset(
    map(stem, "fine tune tuning tuned finetuning model models llm llms train training prompt prompting".split())
)
_COMMANDS = re.compile(
    r"(?:^|[.!?;:,\n]|\b(?:please|now|then|and|just|must|will|can you|could you)\b)\W*"
    r"(?:ignore|forget|disregard|override|bypass|reveal|print|show|repeat|output|leak)\b.{0,40}"
    r"\b(?:previous|prior|above|system|your) (?:\w+ )?(?:instructions?|rules|prompts?|guidelines|guardrails)\b"
    r"|\b(?:reveal|print|show|repeat|output|leak|what (?:is|are)|tell me|ignore|bypass|override)\b.{0,40}"
    r"\byour (?:\w+ )?(?:instructions?|rules|prompts?|guidelines|guardrails)\b"
    r"|^\W*(?:please |can you |could you |now )*(?:write|compose|generate|draw|sing|invent) "
    r"(?:me |us |up )?(?:\w+ ){0,3}?"
    r"(?:poem|haiku|limerick|song|rap|joke|story|tweet|e-?mail|letter|speech|picture)\b",
    re.IGNORECASE,
)
"""Orders to leave the documents. A question about prompts ("How do I repeat the previous prompt?") is none."""
_CODE = re.compile(
    r"^\W*(?:please |can you |could you |now )*(?:write|compose|generate|code|invent) (?:me |us |up )?(?:\w+ ){0,3}?"
    r"(?:script|function|program|class)\b",
    re.IGNORECASE,
)
"""Fair to ask of a developer's documents; the essays hold no code."""


class Judgement(Frozen):
    """Whether a question is answerable; ``reason`` is a sentence for the reader where it is not.

    ``far``: nothing near it was found, as opposed to something it asks for being missing.
    """

    answerable: bool
    reason: str | None = None
    far: bool = False
    confidence: float = 0.0


def judge(found: Retrieved, vocabulary: Vocabulary) -> Judgement:
    """Judge one retrieved question."""
    ours = vocabulary.is_ours(found.sentences[0].source_id) if found.sentences else vocabulary.all_ours
    confidence = _confidence(found, vocabulary) if ours else _coverage(found, vocabulary)
    asking = asking_part(plain(found.asking).bare)
    if _is_foreign(found.asking, vocabulary):
        told = "Questions are understood in English only: please ask in English."
        return Judgement(answerable=False, reason=told if ours else "Please ask in the language of the documents.")
    if _COMMANDS.search(found.asking) or (ours and _CODE.search(found.asking)):
        return Judgement(answerable=False, reason=f"That is not a question the {vocabulary.noun} could answer.")
    absent = vocabulary.absent_term(asking) or vocabulary.absent_name(asking)
    if absent is not None:
        return Judgement(
            answerable=False, reason=f"The {vocabulary.noun} do not mention {absent}.", confidence=confidence
        )
    eased = SURE if is_english(found.asking) else SURE - FOREIGN_EASE
    least = eased if not ours else NEAR - NAMED_EASE if found.focus.named else NEAR
    if confidence < least:
        reason = f"The {vocabulary.noun} do not cover this."
        return Judgement(answerable=False, reason=reason, far=True, confidence=confidence)
    silent = _silent(found, asking, vocabulary) if ours and len(found.focus.named) == 1 else None
    if silent is not None:
        return Judgement(answerable=False, reason=silent, confidence=confidence)
    names = vocabulary.names(asking) or vocabulary.names(found.question)
    own = [s for s in found.sentences if not found.focus.named or s.source_id in found.focus.named or not ours]
    read = [s.text for s in own[: SENTENCES_READ if ours else OWN_SENTENCES_READ] if _speaks_of(s, found, names)]
    read += [] if ours else [passage.text for passage in found.passages[:PASSAGES_READ]]
    missing = unmet(asking, read, vocabulary.authors, ours=ours)
    if missing is not None and not found.focus.compares:
        reason = f"The {vocabulary.noun} speak of this, but do not give {missing}."
        return Judgement(answerable=False, reason=reason, confidence=confidence)
    return Judgement(answerable=True, confidence=confidence)


def with_composed(judgement: Judgement, composed: Composed | None) -> Judgement:
    """The judgement with what the statements say: they may answer what search found far away, or miss it."""
    if composed is None:
        return judgement
    if composed.missed is not None:
        return judgement if not judgement.answerable else Judgement(answerable=False, reason=composed.missed.reason)
    if judgement.far and composed.score >= tuned("composing.sure"):
        return Judgement(answerable=True, confidence=judgement.confidence)
    return judgement


def _silent(found: Retrieved, asking: str, vocabulary: Vocabulary) -> str | None:
    """A reason to abstain where the question asks one author for what only others speak of."""
    source = found.focus.named[0]
    if strangers := vocabulary.names_missing(asking, source):
        return f"That essay does not mention {strangers[0]}."
    own = max((s.score - NAMED_BONUS for s in found.sentences if s.source_id == source), default=0.0)
    others = [s for s in found.sentences if s.source_id != source]
    best = max(others, key=lambda s: s.score, default=None)
    if best is None or best.score - own <= ELSEWHERE:
        return None
    return f"That essay does not speak of this; the one by {vocabulary.byline(best.source_id)} does."


def asking_part(question: str) -> str:
    """The sentence that asks, where a long question first tells a situation; else the question."""
    if len(words(question)) <= SITUATION_WORDS:
        return question
    pieces = [piece for piece in re.split(r"(?<=[.!?])\s+", question.strip()) if piece]
    asking = [piece for piece in pieces if piece.rstrip().endswith("?")]
    return asking[-1] if asking else pieces[-1]


def _is_foreign(question: str, vocabulary: Vocabulary) -> bool:
    """Whether the question has the length of a sentence and hardly a word that English or the documents have."""
    said = words(question)
    known = [word for word in said if word in STOPWORDS or vocabulary.knows(word)]
    return (len(said) >= MIN_SENTENCE_WORDS and len(known) < len(said) / 3) or (not question.isascii() and not known)


def _confidence(found: Retrieved, vocabulary: Vocabulary) -> float:
    """How near the best sentences come, by meaning and by all signals, less the share of unknown words."""
    meaning = max((max(s.asked, 1.1 * s.similarity) for s in found.sentences), default=0.0)
    overall = max((s.score for s in found.sentences), default=0.0) - (NAMED_BONUS if found.focus.named else 0.0)
    stems = set(content_stems(found.subject))
    literal = bool(stems) and any(stems <= set(content_stems(s.text)) for s in found.sentences[:LITERAL_IN])
    best = (meaning + overall) / 2 + (LITERAL if literal else 0.0)
    every = {word for word in words(found.asking) if word not in STOPWORDS and word.isalpha()}
    unknown = {word for word in every if not vocabulary.knows(word)}
    return round(best - UNKNOWN * len(unknown) / max(len(every), 1), 4)


def _coverage(found: Retrieved, vocabulary: Vocabulary) -> float:
    """How near documents come that nobody tied questions to: by likeness, and by the question's telling words.

    A word that stands nowhere in them speaks against an answer more than likeness speaks for one.
    """
    asked = vocabulary.telling(found.subject, found.terms)
    texts = [f"{p.text} {p.section} {vocabulary.title(p.source_id)}" for p in found.passages[:COVERING]]
    total = sum(asked.values())
    shares = [sum(asked[stem] for stem in asked.keys() & set(content_stems(text))) for text in texts]
    covered = max(shares, default=0.0) / total if total else 0.0
    unheard = sum(vocabulary.unheard(stem) for stem in asked) / max(len(asked), 1)
    likeness = max((s.similarity for s in found.sentences), default=0.0)
    best = max((s.score for s in found.sentences), default=0.0) - (NAMED_BONUS if found.focus.named else 0.0)
    return round(OF_MEANING * likeness + OF_SCORE * best + OF_WORDS * covered - UNHEARD * unheard, 4)


def _speaks_of(sentence: ScoredSentence, found: Retrieved, names: frozenset[str]) -> bool:
    """Whether the sentence is about what is asked: it has the question's name, and its subject or a close question."""
    said = {stem(word) for word in words(sentence.text)}
    if names and not names & said:
        return False
    subjects = {stem(w) for w in words(asking_part(found.asking)) if w not in STOPWORDS} - _EVERYWHERE - names
    return sentence.asked >= CLOSE or not subjects or len(subjects & said) >= max(1, len(subjects) / 3)
