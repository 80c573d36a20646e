"""Questions to ask next: those tied to near sentences that the answer did not use, so each has an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest

from assistant.answering.choosing import shared_words
from assistant.answering.replies import EXAMPLES
from assistant.corpus.loading import holds_built_in
from assistant.index.opened import OpenIndex
from assistant.index.units import Unit
from assistant.retrieval.retriever import ScoredSentence
from assistant.types import Citation

HOW_MANY = 3


class Suggestions:
    """The first question tied to each sentence of an index."""

    def __init__(self, index: OpenIndex) -> None:
        """Reads the questions of the index."""
        self._first: dict[tuple[str, int], str] = {}
        asks = index.units("question")
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
