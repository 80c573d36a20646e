"""Units of search: passages, sentences, and questions people ask.

An indexed text carries context (title, section) that is never quoted; a quote is ``essay.text[unit.start:unit.end]``.
Sentences are indexed where a question is tied to their document, and while all others are few; beyond that, search
scores those of the passages it finds, so that a build encodes a text for each passage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, overload

import numpy as np

from assistant.corpus.loading import Corpus
from assistant.corpus.statements import Hint
from assistant.index.passages import Passages
from assistant.types import Essay, Frozen, Passage

UnitKind = Literal["passage", "sentence", "question"]
KINDS: tuple[UnitKind, ...] = ("passage", "sentence", "question")

PASSAGE_TEXT = "{title} › {section}\n{text}"
SENTENCE_TEXT = "{section}: {text}"
SENTENCES_INDEXED = 5_000
"""Most sentences of documents without questions that are indexed, about 1,000 passages' worth."""
UNIT_FORMAT = hashlib.sha256(f"3\n{PASSAGE_TEXT}\n{SENTENCE_TEXT}\n{SENTENCES_INDEXED}".encode()).hexdigest()[:12]
"""Changes with the templates, so that another wording makes another index."""


class Unit(Frozen):
    """One indexed text and the span of the essay it stands for. A question stands for the sentence that answers it."""

    id: str
    kind: UnitKind
    source_id: str
    passage_id: str
    start: int
    end: int
    text: str


Units = Mapping[UnitKind, Sequence[Unit]]


class PassageUnits(Sequence[Unit]):
    """A unit for each passage, made when it is asked for."""

    def __init__(self, passages: Passages, essays: Mapping[str, Essay]) -> None:
        self._passages, self._essays = passages, essays

    def __len__(self) -> int:
        """How many there are."""
        return len(self._passages)

    @overload
    def __getitem__(self, row: int) -> Unit: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Unit, ...]: ...
    def __getitem__(self, row: int | slice) -> Unit | tuple[Unit, ...]:
        """The unit of the passage in this row."""
        if isinstance(row, slice):
            return tuple(self[one] for one in range(*row.indices(len(self))))
        passage = self._passages.bare(range(len(self))[row])
        return _passage_unit(passage, self._essays[passage.source_id].title)


def make_units(corpus: Corpus, split: tuple[Passages, Collection[str]] | None = None) -> tuple[Passages, Units]:
    """All passages of the corpus and the units of each kind, in document order.

    ``split`` are passages that were made before, and the ids of essays whose passages are taken from them.
    """
    essays = {essay.id: essay for essay in corpus.essays}
    passages = Passages.of(corpus.essays, split)
    indexed = _sentences_indexed(passages, {hint.source_id for hint in corpus.hints})
    return passages, {
        "passage": PassageUnits(passages, essays),
        "sentence": tuple(unit for row in indexed for unit in sentence_units(passages[row], essays)),
        "question": tuple(_question_units(corpus.hints, passages)),
    }


def _sentences_indexed(passages: Passages, asked: set[str]) -> list[int]:
    """Rows of the passages whose sentences are indexed."""
    ours = passages.of_essays(asked)
    others = int(passages.sentence_counts[~ours].sum())
    return [int(row) for row in np.flatnonzero(ours | (others <= SENTENCES_INDEXED))]


def keyword_texts(kind: UnitKind, units: Units) -> list[str]:
    """The text BM25 indexes for each unit of a kind: its own and the questions tied to its sentences.

    The questions add words that people use and the documents don't (as in doc2query).
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
    return Unit.model_construct(
        id=passage.id,
        kind="passage",
        source_id=passage.source_id,
        passage_id=passage.id,
        start=passage.start,
        end=passage.end,
        text=PASSAGE_TEXT.format(title=title, section=passage.section, text=passage.text),
    )


def sentence_units(passage: Passage, essays: Mapping[str, Essay]) -> Iterator[Unit]:
    """A unit for each sentence of a passage that is not empty."""
    essay = essays[passage.source_id]
    for span in passage.sentences:
        text = span.of(essay.text)
        if text.strip():
            yield Unit.model_construct(
                id=f"{essay.id}:{span.start}-{span.end}#sentence",
                kind="sentence",
                source_id=essay.id,
                passage_id=passage.id,
                start=span.start,
                end=span.end,
                text=SENTENCE_TEXT.format(section=passage.section, text=text) if passage.section else text,
            )


def _question_units(hints: tuple[Hint, ...], passages: Passages) -> Iterator[Unit]:
    """Units for the questions whose document is loaded."""
    for number, hint in enumerate(hints):
        row = passages.at(hint.source_id, hint.start, hint.end)
        if row is not None:
            yield Unit(
                id=f"{hint.source_id}:{hint.start}-{hint.end}#question{number}",
                kind="question",
                source_id=hint.source_id,
                passage_id=passages[row].id,
                start=hint.start,
                end=hint.end,
                text=hint.ask,
            )
