"""From a rule's few words to the sentence of the loaded essay that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from assistant.advice.rules import Rule
from assistant.corpus.splitting import split
from assistant.types import Citation, Essay, Frozen


class Place(Frozen):
    """A sentence of an essay, and the section it stands in."""

    source_id: str
    section: str
    start: int
    end: int


class Library:
    """The essays there are, with where each rule's words stand."""

    def __init__(self, essays: Iterable[Essay], rules: Iterable[Rule]) -> None:
        """Looks every rule's words up; ``unsupported`` tells of those that stand nowhere."""
        self.essays: Mapping[str, Essay] = {essay.id: essay for essay in essays}
        found = {rule.id: (rule, self._find(rule)) for rule in rules}
        self.places = {name: place for name, (_, place) in found.items() if place is not None}
        self.unsupported = tuple(rule for rule, place in found.values() if place is None)

    def notices(self) -> tuple[str, ...]:
        """A sentence for each essay some rules of which had to be left out."""
        told = []
        for source in dict.fromkeys(rule.source_id for rule in self.unsupported):
            count = sum(rule.source_id == source for rule in self.unsupported)
            why = "is not among the documents" if source not in self.essays else "no longer holds their words"
            rules = "rule that rests" if count == 1 else "rules that rest"
            told.append(f"{count} {rules} on {source} left out: it {why}.")
        return tuple(told)

    def _find(self, rule: Rule) -> Place | None:
        essay = self.essays.get(rule.source_id)
        if essay is None:
            return None
        return sentence_with(essay, rule.notes if essay.kind == "notes" else rule.original, sentences(essay))


def sentence_with(essay: Essay, words: str, places: Iterable[Place]) -> Place | None:
    """The one of ``places`` that holds ``words``; None where they stand nowhere, or more than once."""
    if essay.text.count(words) != 1:
        return None
    at = essay.text.index(words)
    return next((place for place in places if place.start <= at < place.end), None)


@lru_cache(maxsize=16)
def sentences(essay: Essay) -> tuple[Place, ...]:
    """Every sentence of an essay."""
    return tuple(
        Place(source_id=essay.id, section=passage.section, start=span.start, end=span.end)
        for passage in split(essay)
        for span in passage.sentences
    )


class Markers:
    """Numbers citations in the order they are first needed; a sentence has one number."""

    def __init__(self, library: Library) -> None:
        """Nothing is cited yet."""
        self._library = library
        self._numbers: dict[Place, int] = {}

    def of(self, rule: Rule) -> int:
        """The number of the sentence a rule rests on."""
        return self._numbers.setdefault(self._library.places[rule.id], len(self._numbers) + 1)

    def citations(self) -> tuple[Citation, ...]:
        """All that were cited, by number."""
        return tuple(
            Citation.of(
                self._library.essays[place.source_id],
                marker=marker,
                section=place.section,
                start=place.start,
                end=place.end,
            )
            for place, marker in self._numbers.items()
        )
