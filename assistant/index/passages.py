"""The passages of an index as columns: a hundred thousand of them with a million sentences take a few megabytes.

A ``Passage`` is made when it is asked for; its text is a slice of its essay's.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from assistant.corpus.splitting import split
from assistant.errors import IndexUnavailable
from assistant.types import Essay, Frozen, Passage, Span

NAMES, TABLE, SPANS = FILES = "passages.json", "passages.npy", "sentences.npy"
Ints = NDArray[np.int32]
_Taken = tuple[str, int, int, list[int]]
"""Section, start, end, and starts and ends of the sentences in turn."""


class _Names(Frozen):
    """The texts that the columns refer to by number."""

    sources: tuple[str, ...]
    sections: tuple[str, ...]


class Passages(Sequence[Passage]):
    """All passages, in the order of their essays. ``source`` and ``section`` hold a number for each."""

    def __init__(self, essays: Mapping[str, Essay], names: _Names, table: Ints, spans: Ints) -> None:
        """Use ``of`` or ``load``; a row of the table is source, section, start, end, first sentence."""
        self._essays, self._names, self._spans = essays, names, spans
        self.sources, self.sections = names.sources, names.sections
        self.source, self.section, self._start, self._end, first = np.asarray(table, dtype=np.int32).reshape(-1, 5).T
        self._first = np.append(first, np.int32(len(spans)))

    @classmethod
    def of(cls, essays: Iterable[Essay], known: tuple[Passages, Collection[str]] | None = None) -> Passages:
        """Split the essays, but for those whose ids are ``known`` with passages that were made before."""
        every = {essay.id: essay for essay in essays}
        sections: dict[str, int] = {}
        table, spans = array("i"), array("i")
        for number, essay in enumerate(every.values()):
            same = known[0]._of(essay.id) if known and essay.id in known[1] else map(_taken, split(essay))
            for heading, start, end, sentences in same:
                section = sections.setdefault(heading, len(sections))
                table.extend((number, section, start, end, len(spans) // 2))
                spans.extend(sentences)
        names = _Names(sources=tuple(every), sections=tuple(sections))
        return cls(every, names, _ints(table, 5), _ints(spans, 2))

    @classmethod
    def load(cls, folder: Path, essays: Mapping[str, Essay]) -> Passages:
        """Read what ``save`` wrote. Raises IndexUnavailable."""
        try:
            names = _Names.model_validate_json((folder / NAMES).read_bytes())
            table, spans = np.load(folder / TABLE), np.load(folder / SPANS, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            remedy = "Run: assistant index build --force"
            raise IndexUnavailable(f"The passages in {folder} are missing or damaged.", remedy) from None
        return cls(essays, names, table, spans)

    def save(self, folder: Path) -> None:
        """Write the columns. Raises OSError."""
        (folder / NAMES).write_text(self._names.model_dump_json(), encoding="utf-8")
        columns = (self.source, self.section, self._start, self._end, self._first[:-1])
        np.save(folder / TABLE, np.stack(columns, axis=1).astype(np.int32))
        np.save(folder / SPANS, self._spans)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.source)

    @overload
    def __getitem__(self, row: int) -> Passage: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, row: int | slice) -> Passage | tuple[Passage, ...]:
        """The passage of a row."""
        if isinstance(row, slice):
            return tuple(self[one] for one in range(*row.indices(len(self))))
        row = range(len(self))[row]
        return self._made(row, tuple(self._sentences(row)))

    def bare(self, row: int) -> Passage:
        """The passage of a row without its sentences."""
        return self._made(row, ())

    def _made(self, row: int, sentences: tuple[Span, ...]) -> Passage:
        source_id = self.sources[self.source[row]]
        start, end = int(self._start[row]), int(self._end[row])
        return Passage.model_construct(
            id=f"{source_id}:{start}-{end}",
            source_id=source_id,
            section=self.sections[self.section[row]],
            start=start,
            end=end,
            text=self._essays[source_id].text[start:end],
            sentences=sentences,
        )

    def _sentences(self, row: int) -> Iterator[Span]:
        for start, end in self._spans[self._first[row] : self._first[row + 1]].tolist():
            yield Span.model_construct(start=start, end=end)

    @property
    def sentence_counts(self) -> Ints:
        """How many sentences each passage has."""
        return np.diff(self._first)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each passage, by its id."""
        starts, ends = self._start.tolist(), self._end.tolist()
        sources = map(self.sources.__getitem__, self.source.tolist())
        return {f"{name}:{a}-{b}": row for row, (name, a, b) in enumerate(zip(sources, starts, ends, strict=True))}

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.sources)}

    def of_essays(self, source_ids: Iterable[str]) -> NDArray[np.bool_]:
        """Whether each passage is of one of these essays."""
        return np.isin(self.source, [self._numbers[name] for name in source_ids if name in self._numbers])

    def _of(self, source_id: str) -> Iterator[_Taken]:
        """The passages of one essay."""
        number = self._numbers[source_id]
        low, high = np.searchsorted(self.source, (number, number + 1))
        for row in range(low, high):
            sentences = self._spans[self._first[row] : self._first[row + 1]].ravel().tolist()
            yield self.sections[self.section[row]], int(self._start[row]), int(self._end[row]), sentences

    def at(self, source_id: str, start: int, end: int) -> int | None:
        """The row of the passage that overlaps most with a span of an essay."""
        if (number := self._numbers.get(source_id)) is None:
            return None
        low, high = np.searchsorted(self.source, (number, number + 1))
        shared = np.minimum(self._end[low:high], end) - np.maximum(self._start[low:high], start)
        return int(low + shared.argmax()) if shared.max(initial=0) > 0 else None


def _taken(passage: Passage) -> _Taken:
    spans = [place for span in passage.sentences for place in (span.start, span.end)]
    return passage.section, passage.start, passage.end, spans


def _ints(values: array[int], columns: int) -> Ints:
    return np.frombuffer(values, dtype=np.int32).reshape(-1, columns) if values else np.empty((0, columns), np.int32)
