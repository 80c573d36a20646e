"""Gold quotes as spans: found anew in the essays at each load, so that an edit of an essay can't make them lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice, product

from assistant.errors import SuiteError
from assistant.evaluation.cases import Case, Gold
from assistant.types import Essay, Frozen

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

    ``notices`` name quotes that stand several times without a context, where each place counts as right.
    """

    sets: tuple[EvidenceSet, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place of every set, once, in order."""
        return tuple(dict.fromkeys(place for evidence in self.sets for place in evidence))


def anchor(case: Case, essays: Mapping[str, Essay]) -> Anchored:
    """The case's evidence and its alternatives as places in the essays.

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
    return Anchored(sets=tuple(dict.fromkeys(sets[:MAX_SETS])), notices=tuple(notices))


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


def _in_essay(gold: Gold, essay: Essay) -> Iterable[Place]:
    """Each place of the quote in the essay; with a context only those inside it."""
    quote = _loose(gold.quote)
    spans = [(0, len(essay.text))]
    if gold.context:
        spans = [match.span() for match in _loose(gold.context).finditer(essay.text)]
    for start, end in spans:
        for match in quote.finditer(essay.text, start, end):
            yield Place(source_id=essay.id, start=match.start(), end=match.end())


def _loose(words: str) -> re.Pattern[str]:
    """The words with any white space between them."""
    return re.compile(r"\s+".join(re.escape(word) for word in words.split()) or r"(?!)")
