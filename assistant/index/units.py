"""What is embedded and searched: passages, their sentences, and questions people ask.

The texts indexed carry context (title, section) that is never quoted; what is quoted is always
``essay.text[unit.start:unit.end]``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal

from assistant.corpus.furniture import is_furniture
from assistant.corpus.loading import Corpus
from assistant.corpus.splitting import split
from assistant.corpus.statements import Hint
from assistant.types import Essay, Frozen, Passage

UnitKind = Literal["passage", "sentence", "question"]
KINDS: tuple[UnitKind, ...] = ("passage", "sentence", "question")

PASSAGE_TEXT = "{title} › {section}\n{text}"
SENTENCE_TEXT = "{section}: {text}"
UNIT_FORMAT = hashlib.sha256(f"2\n{PASSAGE_TEXT}\n{SENTENCE_TEXT}".encode()).hexdigest()[:12]
"""Changes with the templates, so that another wording makes another index."""


class Unit(Frozen):
    """One indexed text. ``start:end`` is the span of the essay it stands for (the answer's, for a question)."""

    id: str
    kind: UnitKind
    source_id: str
    passage_id: str
    start: int
    end: int
    text: str


def make_units(corpus: Corpus) -> tuple[tuple[Passage, ...], dict[UnitKind, tuple[Unit, ...]]]:
    """All passages of the corpus in order, and the units of each kind in order."""
    passages = tuple(passage for essay in corpus.essays for passage in split(essay))
    titles = {essay.id: essay.title for essay in corpus.essays}
    essays = {essay.id: essay for essay in corpus.essays}
    return passages, {
        "passage": tuple(_passage_unit(passage, titles[passage.source_id]) for passage in passages),
        "sentence": tuple(unit for passage in passages for unit in _sentence_units(passage, essays[passage.source_id])),
        "question": tuple(_question_units(corpus.hints, passages)),
    }


def keyword_texts(kind: UnitKind, units: dict[UnitKind, tuple[Unit, ...]]) -> list[str]:
    """What BM25 indexes for each unit of a kind: its text and the questions tied to the sentences in it.

    The questions bring the words people use that the documents don't (as in doc2query).
    """
    asks: dict[tuple[str, int] | str, list[str]] = {}
    for question in units["question"]:
        asks.setdefault((question.source_id, question.start), []).append(question.text)
        asks.setdefault(question.passage_id, []).append(question.text)

    def tied(unit: Unit) -> list[str]:
        if kind == "question":
            return []
        return asks.get(unit.passage_id if kind == "passage" else (unit.source_id, unit.start), [])

    return [" ".join([unit.text, *tied(unit)]) for unit in units[kind]]


def _passage_unit(passage: Passage, title: str) -> Unit:
    return Unit(
        id=passage.id,
        kind="passage",
        source_id=passage.source_id,
        passage_id=passage.id,
        start=passage.start,
        end=passage.end,
        text=PASSAGE_TEXT.format(title=title, section=passage.section, text=passage.text),
    )


def _sentence_units(passage: Passage, essay: Essay) -> Iterator[Unit]:
    for span in passage.sentences:
        text = span.of(essay.text)
        if text.strip() and not is_furniture(text):
            yield Unit(
                id=f"{essay.id}:{span.start}-{span.end}#sentence",
                kind="sentence",
                source_id=essay.id,
                passage_id=passage.id,
                start=span.start,
                end=span.end,
                text=SENTENCE_TEXT.format(section=passage.section, text=text) if passage.section else text,
            )


def _question_units(hints: tuple[Hint, ...], passages: tuple[Passage, ...]) -> Iterator[Unit]:
    """A hint whose answer lies in no passage (its document is gone) has nothing to lead to and is left out."""
    for number, hint in enumerate(hints):
        passage = _passage_of(hint, passages)
        if passage is not None:
            yield Unit(
                id=f"{hint.source_id}:{hint.start}-{hint.end}#question{number}",
                kind="question",
                source_id=hint.source_id,
                passage_id=passage.id,
                start=hint.start,
                end=hint.end,
                text=hint.ask,
            )


def _passage_of(hint: Hint, passages: tuple[Passage, ...]) -> Passage | None:
    """The passage that shares most characters with the hint's answer."""

    def shared(passage: Passage) -> int:
        return min(passage.end, hint.end) - max(passage.start, hint.start)

    own = [passage for passage in passages if passage.source_id == hint.source_id and shared(passage) > 0]
    return max(own, key=shared, default=None)
