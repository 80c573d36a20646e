"""Figures and attributes that are nearly what is asked: given only to the thing they belong to.

"How much does X save?" is not answered with what Y saves. A statement's figures say what they measure and whose they
are; the words of the question have to be covered by that, by the statement or by what people ask of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.answering.matching import Book, Match
from assistant.corpus.statements import Figure, Statement
from assistant.corpus.themes import Prepared
from assistant.quantities import Quantity
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.reading import Question, plain
from assistant.types import Frozen


class Missed(Frozen):
    """Why a question is not answered, and what the documents do give (a sentence each)."""

    reason: str


_HOW_MANY = re.compile(
    r"\bhow many (?P<what>[\w-]+(?: (?!(?:do|does|did|is|are|was|were|has|have|can|will|would)\b)[\w-]+)?)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(?:percent\w*|points?)\b", re.IGNORECASE)
_CODE = re.compile(r"\b[A-Z]+\d+\w*\b")
_PAY = re.compile(r"\b(?:salary|wages?|earns?|hourly|per hour|an hour)\b", re.IGNORECASE)
_MONEY = re.compile(
    r"\b(?:spen[dt]|costs?|pays?|paid|price|earns?|salary|budget|charge[sd]?|wages?|hourly rate|dollars?|euros?)\b|\$",
    re.IGNORECASE,
)


def missed(question: Question, matches: Sequence[Match], book: Book) -> Missed | None:
    """What is asked for and not given; None where the best target covers the question."""
    best = matches[0]
    statements = list(_statements(best, book))
    asked = _capitalized(question.asking)
    authors = {stem for one in book.bylines for stem in content_stems(one)}
    names = [name for name in sorted({*question.names, *book.names} & asked) if name not in authors]
    lacks = [name for name in names if not _knows(name, best, statements)]
    known = frozenset() if question.asked in ("amount", "verdict") else book.sizes
    lacks += [size.upper() for size in sorted(question.sizes - known) if not _has_size(size, best, statements)]
    if question.asked == "amount":
        figures = [figure for statement in statements for figure in statement.figures]
        counted = _HOW_MANY.search(question.asking)
        spoken = {stem for one in statements for stem in content_stems(one.text)}
        spoken |= {stem for figure in figures for stem in content_stems(f"{figure.unit} {figure.of}")}
        if counted and (head := content_stems(counted["what"])):
            shares = bool(figures) and all(figure.unit in ("percent", "points") for figure in figures)
            if not spoken & set(head) or (shares and not _SHARE.search(counted["what"])):
                return _instead(f"a number of {counted['what']}", statements)
        if not figures and plain(best.near[0][0].ask).asked != "amount":
            return _instead("this figure", [])
        paid = any(figure.unit.startswith("USD") or _MONEY.search(figure.of) for figure in figures)
        owned = bool(names or question.sizes or _CODE.search(question.asking) or _PAY.search(question.asking))
        said = paid or (not owned and any(_MONEY.search(one.text) for one in statements))
        if _MONEY.search(question.asking) and not counted and not said:
            return _instead("an amount of money", statements)
    if not lacks:
        return None
    return _instead(f"this for {', '.join(dict.fromkeys(lacks))}", statements)


def _capitalized(text: str) -> set[str]:
    """Stems of the words that are written as names: with a capital inside a sentence, or with digits."""
    words = re.findall(r"(?<=[\w,] )[A-Z][\w-]*|\b\w*\d\w*|\b[A-Z]{2,}\w*", text)
    return {stem for word in words for stem in content_stems(word)}


def _instead(what: str, statements: Sequence[Statement]) -> Missed:
    given = next((one for one in statements if one.figures), None)
    return Missed(
        reason=f"The essays do not give {what}.{f' They give this: {given.text}' if given is not None else ''}"
    )


def _has_size(size: str, best: Match, statements: Sequence[Statement]) -> bool:
    """Whether the target speaks of a model size, or of a range that holds it."""
    parameters = float(size[:-1]) * 1e9
    figures = [figure for one in statements for figure in one.figures if figure.unit == "parameters"]
    asks = best.target.every() if isinstance(best.target, Prepared) else best.target.asks.every()
    lead = best.target.lead if isinstance(best.target, Prepared) else ""
    spoken = " ".join([lead, *(ask for ask, _ in asks), *(one.text for one in statements)])
    return size in spoken.lower() or any(
        _holds(figure, Quantity(value=parameters, unit="parameters")) for figure in figures
    )


def _knows(name: str, best: Match, statements: Sequence[Statement]) -> bool:
    """Whether the target or a question tied to it speaks of a name."""
    asks = best.target.every() if isinstance(best.target, Prepared) else best.target.asks.every()
    texts = [
        *(one.text for one in statements),
        *(ask for ask, _ in asks),
        *(f"{f.whom}" for one in statements for f in one.figures),
    ]
    return any(name in content_stems(text) for text in texts)


def premise_corrected(question: Question, best: Match, book: Book) -> str:
    """The words that correct a figure the question takes for granted ("Not 60 percent: "); empty where it stands."""
    if question.asked in ("verdict", "amount", "when"):
        return ""
    frames = [figure for statement in _statements(best, book) for figure in statement.figures]
    for assumed in question.figures:
        same = [figure for figure in frames if figure.unit == assumed.unit and assumed.unit]
        if same and not any(_holds(figure, assumed) for figure in same):
            return f"Not {_spoken(assumed)}. "
    return ""


def _statements(match: Match, book: Book) -> Iterable[Statement]:
    if isinstance(match.target, Statement):
        return [match.target]
    refs = (*match.target.rests, *match.target.points)
    return [book.statements[ref] for ref in refs if ref in book.statements]


def _holds(figure: Figure, assumed: Quantity) -> bool:
    if figure.value is not None:
        return figure.value == assumed.value
    low, high = figure.low or 0.0, figure.high if figure.high is not None else float("inf")
    return low <= assumed.value <= high


def _spoken(quantity: Quantity) -> str:
    return f"{quantity.value:,g} {quantity.unit}"
