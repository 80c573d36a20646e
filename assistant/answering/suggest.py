"""Questions to ask next: those tied to near sentences that the answer did not use, so each has an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.answering.choosing import shared_words
from assistant.index.opened import OpenIndex
from assistant.retrieval.retriever import ScoredSentence
from assistant.types import Citation

HOW_MANY = 3


class Suggestions:
    """The first question tied to each sentence of an index."""

    def __init__(self, index: OpenIndex) -> None:
        """Reads the questions of the index."""
        self._first: dict[tuple[str, int], str] = {}
        for unit in index.units("question"):
            self._first.setdefault((unit.source_id, unit.start), unit.text)

    def after(self, question: str, near: Sequence[ScoredSentence], cited: Iterable[Citation]) -> tuple[str, ...]:
        """Up to three questions near to the one asked, none of them answered or asked already."""
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
