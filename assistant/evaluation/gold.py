"""Gold quotes as spans of the documents. They are located at each load, so an edited document can't shift them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, product

from assistant.corpus.reading import catalog
from assistant.corpus.splitting import split
from assistant.corpus.statements import load_statements
from assistant.errors import SuiteError
from assistant.evaluation.cases import Case, Gold
from assistant.settings import bundled_corpus
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
    """A case's gold as places. Any one of ``sets`` is enough evidence; none if the case has no gold.

    ``allowed`` are the sentences that may stand in an answer; none if the case does not say, or no original has one
    of the author for them. ``notices`` name quotes that stand several times without a context, where each place
    counts as right.
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
    Raises SuiteError naming the case and the quote if one stands nowhere, or a source is not in the corpus.
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
    """The sentences with these words, and the author's own sentence for one of our notes if the original is loaded."""
    found = [
        Place(source_id=essay.id, start=start, end=end)
        for essay in essays.values()
        for start, end in _whole(_spans(opening, essay.text), essay)
    ]
    stated = _statements(_originals(essays))
    found += [place for words, place in stated if _spans(opening, words)]
    if not found and not (stated and any(_spans(opening, note.text) for note in catalog().values())):
        raise SuiteError(
            f"Case {case.id}: the allowed words {opening!r} stand in no document.",
            "Quote the words as `assistant corpus show ID` prints them, or set ASSISTANT_CORPUS.",
        )
    return found


def notes_on(essays: Mapping[str, Essay]) -> dict[Place, str]:
    """Our notes' sentence for each of the author's sentences in the originals that are loaded."""
    return {place: words for words, place in _statements(_originals(essays))}


def _originals(essays: Mapping[str, Essay]) -> tuple[Essay, ...]:
    return tuple(essay for essay in essays.values() if essay.kind == "original")


@lru_cache(maxsize=8)
def _statements(originals: tuple[Essay, ...]) -> tuple[tuple[str, Place], ...]:
    """The sentences of our notes on these originals, each with the place of the author's own sentence."""
    found = load_statements(originals, (bundled_corpus(),), catalog()) if originals else ()
    return tuple((one.text, Place(source_id=one.source_id, start=one.start, end=one.end)) for one in found)


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
