"""Figures and attributes that are nearly what is asked: given only to the thing they belong to.

"How much does X save?" is not answered with what Y saves. A statement's figures say what they measure and whose they
are; the words of the question have to be covered by that, by the statement or by what people ask of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.answering.matching import Book, Match
from assistant.corpus.statements import Figure, Statement
from assistant.corpus.themes import Prepared
from assistant.quantities import Quantity
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.reading import Question, plain
from assistant.tuning import tuned
from assistant.types import Frozen


class Missed(Frozen):
    """Why a question is not answered, and what the documents do give (a sentence each)."""

    reason: str


def missed(question: Question, matches: Sequence[Match], book: Book) -> Missed | None:
    """What is asked for and not given; None where the best target covers the question."""
    if question.asked != "amount":
        return None
    best = matches[0]
    figures = [figure for statement in _statements(best, book) for figure in statement.figures]
    if not figures and plain(best.near[0][0].ask).asked != "amount":
        return Missed(reason="The documents do not give this figure.")
    uncovered = _uncovered(question, matches[0], book)
    if not uncovered:
        return None
    given = next((s for s in _statements(matches[0], book) if s.figures), None)
    instead = f" They give this: {given.text}" if given is not None else ""
    return Missed(reason=f"The documents do not give this figure ({', '.join(uncovered)}).{instead}")


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


def _uncovered(question: Question, best: Match, book: Book) -> list[str]:
    """The question's subject words that neither the target nor what people ask of it knows."""
    known: set[str] = set()
    for statement in _statements(best, book):
        known |= set(content_stems(statement.text))
        known |= {stem for figure in statement.figures for stem in content_stems(f"{figure.of} {figure.whom}")}
        known |= {stem for ask, _ in statement.asks.every() for stem in content_stems(ask)}
    if isinstance(best.target, Prepared):
        known |= {stem for ask, _ in best.target.every() for stem in content_stems(ask)}
    rare = max(book.weights.values(), default=0.0)
    telling = [stem for stem in content_stems(question.asking) if book.weights.get(stem, rare) >= tuned("near_miss.telling")]
    return [stem for stem in telling if stem not in known and not stem.isdigit()]


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
