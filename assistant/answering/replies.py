"""What the assistant says where no document is quoted: greetings, what it can do, which essays it has, abstaining.

What people say that is not a question to the essays: greetings, "what can you do", "which essays", summaries.

Questions to ask next: those tied to near sentences that the answer did not use, so each has an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, Literal

from assistant.answering.fitness import shared_words
from assistant.corpus.loading import built_in, documents_noun, holds_built_in
from assistant.errors import ConfigurationError
from assistant.index.opened import OpenIndex
from assistant.index.units import Unit
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.reading import focus_of, name_words, named_by_id
from assistant.retrieval.reading import plain as plain_question
from assistant.retrieval.retriever import ScoredSentence
from assistant.textfiles import read_yaml
from assistant.tuning import tuned
from assistant.types import PREFIXES, Citation, Essay, Frozen, RankedPassage

IntentKind = Literal[
    "question", "greeting", "thanks", "farewell", "nature", "abilities", "essays", "summary", "about", "situation"
]

FILE = Path(__file__).with_name("intents.yaml")
MAX_ABOUT_WORDS = 16
_SECOND_QUESTION = re.compile(r"\band (what|how|why|does|do|is|which) ")
_ESSAY_STEMS = frozenset(
    content_stems(
        "essay essays article articles piece post posts text texts author authors source sources document documents "
        "four them everything corpus whole overall general main key central core give me short brief quick paragraph "
        "point points bullet sentence line word page view position say think says thinks argue argues"
    )
)
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
    if summary.search(message) and (named or _EVERY_ESSAY.search(plain)) and not _subject(message, named, every):
        return Intent(kind="summary", essays=named or tuple(essay.id for essay in every))
    return Intent()


@lru_cache(maxsize=1)
def _patterns() -> tuple[dict[IntentKind, re.Pattern[str]], re.Pattern[str], re.Pattern[str]]:
    data: dict[str, Any] = read_yaml(FILE, ConfigurationError)

    def compiled(patterns: list[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)

    whole = {kind: compiled(patterns) for kind, patterns in data["whole"].items()}
    return whole, compiled(data["summary"]), compiled(data["about"])


def _subject(message: str, named: Iterable[str], every: list[Essay]) -> set[str]:
    """Stems of what a summary is wanted of, other than an essay itself."""
    own = " ".join(f"{one.id} {one.title} {' '.join(name_words(one))}" for one in every if one.id in named)
    rest = plain_question(_patterns()[1].sub(" ", message)).bare
    return set(content_stems(rest)) - set(content_stems(own.replace("-", " "))) - _ESSAY_STEMS


def _named(message: str, every: list[Essay]) -> tuple[str, ...]:
    """Essays named by id, author, publisher or title."""
    said = set(re.findall(r"[\w.-]*\w", message.lower()))
    return named_by_id(said, every) or focus_of(message, every).named


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


def near(passages: Sequence[RankedPassage]) -> tuple[RankedPassage, ...]:
    """The passages that are near enough to show where nothing answers."""
    return tuple(passage for passage in passages if passage.score >= tuned("replies.near"))


def abstention(reasons: Iterable[str], *, near: bool) -> str:
    """The text of an abstention. ``reasons`` are sentences; ``near``: passages are listed with it."""
    distinct = " ".join(dict.fromkeys(reasons))
    listed = "; the nearest passages are listed with this reply" if near else ""
    return f"{distinct} I answer only from the documents{listed}."


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


HOW_MANY = 3


MOST_WORDS = 14


def _is_presentable(ask: str) -> bool:
    """Whether a known question is one short whole sentence; others are notes, keywords, cases or typed in haste."""
    return (
        ask.endswith("?")
        and not ask[:1].islower()
        and re.search(r"[.!?] ", ask) is None
        and len(ask.split()) <= MOST_WORDS
    )


class Suggestions:
    """The first whole question tied to each sentence of an index."""

    def __init__(self, index: OpenIndex) -> None:
        """Reads the questions of the index."""
        self._first: dict[tuple[str, int], str] = {}
        asks = [unit for unit in index.units("question") if _is_presentable(unit.text)]
        for unit in asks:
            self._first.setdefault((unit.source_id, unit.start), unit.text)
        self._to_begin = EXAMPLES if holds_built_in(index.essays) else _of_each(asks)

    def after(self, question: str, near: Sequence[ScoredSentence], cited: Iterable[Citation]) -> tuple[str, ...]:
        """Up to three questions near to the one asked, none of them answered or asked already.

        Where nothing is near, questions to begin with: ours for the built-in essays, else those written for the
        documents, where somebody has.
        """
        if not near:
            return self._to_begin
        used = {(citation.source_id, citation.start) for citation in cited}
        chosen: list[str] = []
        for sentence in near:
            ask = self._first.get((sentence.source_id, sentence.start))
            if ask is None or (sentence.source_id, sentence.start) in used:
                continue
            if all(shared_words(ask, other) < 0.6 for other in (question, *chosen)):
                chosen.append(ask)
            if len(chosen) == HOW_MANY:
                break
        return tuple(chosen)


def _of_each(asks: Iterable[Unit]) -> tuple[str, ...]:
    """The first questions, one of each document before a second of any."""
    by_source: dict[str, list[str]] = {}
    for unit in sorted(asks, key=lambda unit: unit.source_id):
        by_source.setdefault(unit.source_id, []).append(unit.text)
    found = (ask for ask in chain.from_iterable(zip_longest(*by_source.values())) if ask is not None)
    return tuple(islice(dict.fromkeys(found), HOW_MANY))
