"""Gold quotes as spans: found anew in the essays at each load, so that an edit of an essay can't make them lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, product

from assistant.corpus.reading import catalog
from assistant.corpus.splitting import split
from assistant.errors import SuiteError
from assistant.evaluation.cases import Case, Gold
from assistant.types import Essay, Frozen, Span

MAX_SETS = 64
"""Most evidence sets a case is expanded to."""


class Place(Frozen):
    """Where a gold quote stands: characters ``start`` to ``end`` (exclusive) of an essay's text."""

    source_id: str
    start: int
    end: int


EvidenceSet = tuple[Place, ...]


class Anchored(Frozen):
    """A case's gold as places. Any one of ``sets`` is enough evidence; none where the case has no gold.

    ``allowed`` are the sentences that may stand in an answer; none where the case does not say, or they are sentences
    of notes that originals replace. ``notices`` name quotes that stand several times without a context, where each
    place counts as right.
    """

    sets: tuple[EvidenceSet, ...] = ()
    allowed: tuple[Place, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place of every set, once, in order."""
        return tuple(dict.fromkeys(place for evidence in self.sets for place in evidence))


def anchor(case: Case, essays: Mapping[str, Essay]) -> Anchored:
    """The case's evidence, its alternatives and the sentences it allows as places in the essays.

    A quote without ``context`` that stands several times is right at each of these places. White space may differ.
    Raises SuiteError naming the case and the quote where one stands nowhere, or a source is not in the corpus.
    """
    _check_sources(case, essays)
    sets: list[EvidenceSet] = []
    notices: dict[str, None] = {}
    for wanted in filter(None, (case.evidence, *case.alternatives)):
        found = [_places(case, gold, essays) for gold in wanted]
        for gold, places in zip(wanted, found, strict=True):
            if len(places) > 1:
                notices[f"{case.id}: {gold.quote!r} stands {len(places)} times; add a context to say which."] = None
        sets += islice(product(*found), MAX_SETS)
    allowed = tuple(place for opening in case.allowed for place in _allowed(case, opening, essays))
    return Anchored(sets=tuple(dict.fromkeys(sets[:MAX_SETS])), allowed=allowed, notices=tuple(notices))


def _check_sources(case: Case, essays: Mapping[str, Essay]) -> None:
    named = {*case.sources, *(gold.source for golds in (case.evidence, *case.alternatives) for gold in golds)}
    unknown = sorted(source for source in named if source is not None and source not in essays)
    if unknown:
        raise SuiteError(
            f"Case {case.id}: there is no essay {unknown[0]!r}.",
            f"Correct its sources, or set ASSISTANT_CORPUS. The corpus holds: {', '.join(sorted(essays))}.",
        )


def _places(case: Case, gold: Gold, essays: Mapping[str, Essay]) -> list[Place]:
    sources = [gold.source] if gold.source else list(case.sources or essays)
    found = [place for source in sources for place in _in_essay(gold, essays[source])]
    if not found:
        where = f"with the context {gold.context!r} " if gold.context else ""
        raise SuiteError(
            f"Case {case.id}: the quote {gold.quote!r} {where}does not stand in {' or '.join(sources)}.",
            "Quote the words as `assistant corpus show ID` prints them.",
        )
    return found


def _in_essay(gold: Gold, essay: Essay) -> list[Place]:
    """Each place of the quote in the essay; with a context only those inside it."""
    around = _spans(gold.context, essay.text) if gold.context else ((0, len(essay.text)),)
    return [
        Place(source_id=essay.id, start=start, end=end)
        for start, end in _spans(gold.quote, essay.text)
        if any(first <= start and end <= last for first, last in around)
    ]


def _allowed(case: Case, opening: str, essays: Mapping[str, Essay]) -> list[Place]:
    """The sentences with these words; none where they stand in notes that an original replaces."""
    found = [
        Place(source_id=essay.id, start=start, end=end)
        for essay in essays.values()
        for start, end in _whole(_spans(opening, essay.text), essay)
    ]
    if not found and not any(_spans(opening, note.text) for note in _replaced(essays)):
        raise SuiteError(
            f"Case {case.id}: the allowed words {opening!r} stand in no document.",
            "Quote the words as `assistant corpus show ID` prints them, or set ASSISTANT_CORPUS.",
        )
    return found


def _replaced(essays: Mapping[str, Essay]) -> list[Essay]:
    """Our notes in whose place an original is loaded."""
    return [note for name, note in catalog().items() if name in essays and essays[name].kind == "original"]


def _whole(spans: tuple[tuple[int, int], ...], essay: Essay) -> list[tuple[int, int]]:
    """The spans widened to whole sentences."""
    sentences = _sentences(essay) if spans else ()
    return [
        (
            min((one.start for one in sentences if one.start <= start < one.end), default=start),
            max((one.end for one in sentences if one.start < end <= one.end), default=end),
        )
        for start, end in spans
    ]


@lru_cache(maxsize=64)
def _sentences(essay: Essay) -> tuple[Span, ...]:
    return tuple(span for passage in split(essay) for span in passage.sentences)


@lru_cache(maxsize=20_000)  # a suite's quotes are looked for at each score, the run's and the sentinels'
def _spans(words: str, text: str) -> tuple[tuple[int, int], ...]:
    """Each place of the words in the text, with any white space between them."""
    loose = r"\s+".join(re.escape(word) for word in words.split()) or r"(?!)"
    return tuple(match.span() for match in re.finditer(loose, text))
