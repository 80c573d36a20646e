"""Answers composed from statements and themes, by what is asked: a verdict, conditions, a comparison, a table.

The first sentence answers. What follows adds to it, in the wanted form, and nothing else is said. Each sentence rests
on statements, and so on words that stand in a document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answering.citing import CitedText
from assistant.answering.composed import Composed, Row, Sentence, shaped
from assistant.answering.matching import Match, Matcher
from assistant.answering.near_misses import Missed, missed, premise_corrected
from assistant.corpus.statements import Statement, Verdict
from assistant.corpus.themes import Line, Named, Prepared, Theme
from assistant.index.opened import OpenIndex
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.opposites import opposed
from assistant.retrieval.reading import Form, Question, plain
from assistant.retrieval.retriever import Retrieved
from assistant.tuning import tuned
from assistant.types import Citation, Essay

OPENINGS: Mapping[Verdict, str] = {"yes": "Yes. ", "no": "No. ", "depends": "It depends. "}
TURNED: Mapping[Verdict, Verdict] = {"yes": "no", "no": "yes", "depends": "depends"}
_COMPARING = frozenset({"comparison", "difference", "agreement"})
MAX_CELLS = 24


@dataclass
class Composer:
    """Composes answers over one index."""

    index: OpenIndex
    matcher: Matcher
    sections: dict[tuple[str, int], str] = field(init=False)

    def __post_init__(self) -> None:
        """Finds the section of each statement once."""
        self.sections = {}
        for statement in self.matcher.book.statements.values():
            inside = (
                p.section
                for p in self.index.passages
                if p.source_id == statement.source_id and p.start <= statement.start < p.end
            )
            self.sections[statement.source_id, statement.start] = next(inside, "")

    def compose(self, question: Question, found: Retrieved | None = None) -> Composed | None:
        """What the statements say to a question, for which search ``found`` this; None where they are not about it."""
        matches = self.matcher.matches(question, found.sentences if found is not None else ())
        if not matches:
            return None
        best = matches[0]
        if question.form.table and (table := self._table(question, matches)):
            return table
        if question.asked in _COMPARING and not question.focus.named and (options := self._options(question, best)):
            return options
        if question.asked in _COMPARING or len(question.focus.named) > 1:
            compared = self._compared(question, matches)
            if compared is not None:
                return compared
        if best.score < tuned("composing.near"):
            return None
        if absent := missed(question, matches, self.matcher.book):
            return Composed("near miss", missed=absent, score=best.score)
        if len(question.focus.named) == 1:
            return self._of_author(question, matches)
        return self._answered(question, best, matches)

    def write(self, parts: Iterable[tuple[Composed, Form]]) -> CitedText:
        """The text of composed answers in the wanted forms, one paragraph or more each, with their citations."""
        written = CitedText()
        for composed, form in parts:
            if composed.table:
                self._write_table(composed, written)
            else:
                self._write(composed, form, written)
        return written

    def _write(self, composed: Composed, form: Form, written: CitedText) -> None:
        lead, items, listed = shaped(composed, form)
        for i, sentence in enumerate(lead):
            written.add(" " if i else "\n\n", sentence.text, self._citations(sentence.rests))
        for i, sentence in enumerate(items):
            before = ("\n\n- " if i == 0 else "\n- ") if listed else "\n\n" if sentence.label else " "
            before = "\n\n" if i == 0 and not lead and not listed else before
            written.add(f"{before}{sentence.label}", sentence.text, self._citations(sentence.rests))

    def _answered(self, question: Question, best: Match, matches: Sequence[Match]) -> Composed:
        """The best target, opened with the verdict where one is asked for, or with what corrects a wrong premise."""
        target = best.target
        lead = Sentence(target.lead, target.rests) if isinstance(target, Prepared) else self._sentence(target)
        corrected = premise_corrected(question, best, self.matcher.book)
        verdict = None if corrected else _verdict(question, [best, *(m for m in matches if m is not best)])
        opening = corrected or (OPENINGS[verdict] if verdict else "")
        points = target.points if isinstance(target, Prepared) else ()
        items = [self._sentence(self.matcher.book.statements[ref]) for ref in points if ref not in lead.rests]
        if isinstance(target, Statement) and (second := self._second(question, best, matches)):
            items.append(second)
        return Composed(
            kind="prepared" if isinstance(target, Prepared) else "statement",
            lead=(replace(lead, text=f"{opening}{lead.text}"),),
            items=tuple(items),
            listed=isinstance(target, Prepared) and target.list,
            score=best.score,
        )

    def _second(self, question: Question, best: Match, matches: Sequence[Match]) -> Sentence | None:
        """A second statement that answers as well as the first and adds something."""
        for other in matches[1:3]:
            near = other.score >= best.score - tuned("composing.as_good")
            if (
                isinstance(other.target, Statement)
                and near
                and _verdict(question, [other]) == _verdict(question, [best])
            ):
                ours, theirs = (set(content_stems(t.text)) for t in (best.target, other.target))  # type: ignore[union-attr]
                if len(ours & theirs) / max(1, min(len(ours), len(theirs))) < tuned("composing.same"):
                    return self._sentence(other.target)
        return None

    def _of_author(self, question: Question, matches: Sequence[Match]) -> Composed:
        """What one author says: the best target that rests on that essay, else its position, else that it is silent."""
        (named,) = question.focus.named
        book = self.matcher.book
        own = [m for m in matches if named in book.essays_of(m.rests)]
        best_of_all = max(m.score + m.lost for m in matches)
        if own and own[0].score + own[0].lost >= best_of_all - tuned("composing.own"):
            composed = self._answered(question, own[0], own)
            kept = tuple(s for s in composed.items if book.essays_of(s.rests) <= {named})
            return replace(composed, items=kept, kind=f"{composed.kind} of one essay")
        for theme in self.matcher.themes(matches, question)[:2]:
            for line in theme.positions.values():
                if named in book.essays_of(line.rests):
                    return Composed("position", lead=(self._named(line),), score=matches[0].score)
        others = " and ".join(sorted(self.index.essays[essay].byline for essay in book.essays_of(matches[0].rests)))
        reason = f"The essay by {self.index.essays[named].byline} does not speak of this; {others} does."
        return Composed("silent", missed=Missed(reason=reason), score=matches[0].score)

    def _compared(self, question: Question, matches: Sequence[Match]) -> Composed | None:
        """Positions side by side, led by the difference or the agreement that is asked for."""
        best = matches[0]
        kind = plain(best.near[0][0].ask).asked
        of_these = bool(question.focus.named) and self.matcher.book.essays_of(best.rests) == set(question.focus.named)
        alike = kind == question.asked or (of_these and kind in _COMPARING | {"who"})
        ready = isinstance(best.target, Prepared) and alike and best.score >= tuned("composing.comparison_prepared")
        book, named = self.matcher.book, set(question.focus.named)
        if ready and (not named or named <= book.essays_of((*best.rests, *best.target.points))):  # type: ignore[union-attr]
            return self._answered(question, best, matches)
        themes = self.matcher.themes(matches, question)
        if not themes or best.score < tuned("composing.theme_near"):
            return None
        theme = next((t for t in themes[:3] if t.positions), None)
        if theme is None:
            return None
        return self._positions(question, theme, best.score)

    def _positions(self, question: Question, theme: Theme, score: float) -> Composed:
        book, named = self.matcher.book, question.focus.named
        lines = theme.agree if question.asked == "agreement" else theme.differ if question.asked == "difference" else ()
        fits = [line for line in lines if not named or len(set(named) & book.essays_of(line.rests)) > 1]
        lead = tuple(Sentence(line.line, line.rests) for line in fits[:1])
        positions = {next(iter(book.essays_of(line.rests))): line for line in theme.positions.values()}
        wanted = named or (tuple(self.index.essays) if question.asked == "comparison" else tuple(positions))
        shown = tuple(self._named(positions[essay]) for essay in wanted if essay in positions)
        if lead and not named:
            return Composed("comparison", lead=lead, items=shown if question.asked != "agreement" else (), score=score)
        return Composed("comparison", lead=lead, items=shown, listed=True, score=score)

    def _options(self, question: Question, best: Match) -> Composed | None:
        """One line for each of several options that are compared, in the dimension asked for."""
        themes = self.matcher.book.themes
        options = _mentioned(question.text, themes.options)
        wanted = [d.id for d in _mentioned(question.text, themes.dimensions)] or ["best-for"]
        cells = {(cell.option, cell.dimension): cell for cell in themes.cells}
        items = tuple(
            Sentence(cell.line, cell.rests, f"{option.title}: ")
            for option in options
            for dimension in wanted
            if (cell := cells.get((option.id, dimension))) is not None
        )
        whole = len(options) > 1 and len(items) >= len(options)
        return Composed("options", items=items, listed=True, score=best.score) if whole else None

    def _table(self, question: Question, matches: Sequence[Match]) -> Composed | None:
        """Options by dimensions where options are named, else the essays' positions on the theme."""
        themes = self.matcher.book.themes
        options, dimensions = _mentioned(question.text, themes.options), _mentioned(question.text, themes.dimensions)
        if len(options) < 2:
            return self._table_of_positions(question, matches)
        cells = {(cell.option, cell.dimension): cell for cell in themes.cells}
        if not dimensions:
            full = [d for d in themes.dimensions if sum((o.id, d.id) in cells for o in options) >= len(options) / 2]
            dimensions = full[: max(1, MAX_CELLS // len(options))]
        rows = tuple(
            (option.title, tuple(_cell(cells.get((option.id, dimension.id))) for dimension in dimensions))
            for option in options
        )
        head = ("", *(dimension.title for dimension in dimensions))
        return Composed("table", head=head, table=rows, score=matches[0].score)

    def _table_of_positions(self, question: Question, matches: Sequence[Match]) -> Composed | None:
        book = self.matcher.book
        best = matches[0]
        if isinstance(best.target, Prepared) and best.target.list and not question.focus.compares:
            points = [self._sentence(book.statements[ref]) for ref in best.target.points]
            rows: list[Row] = [(str(i), (point,)) for i, point in enumerate(points, start=1)]
            return Composed("table", head=("", best.theme.title if best.theme else ""), table=rows, score=best.score)
        theme = next((t for t in self.matcher.themes(matches, question)[:3] if t.positions), None)
        if theme is None or best.score < tuned("composing.theme_near"):
            return None
        positions = {next(iter(book.essays_of(line.rests))): line for line in theme.positions.values()}
        wanted = question.focus.named or tuple(self.index.essays)
        rows = [
            (self.index.essays[essay].byline, (_cell(positions.get(essay)),))
            for essay in wanted
            if essay in self.index.essays
        ]
        return Composed("table", head=("", theme.title), table=rows, score=best.score)

    def _write_table(self, composed: Composed, written: CitedText) -> None:
        written.layout("\n\n" if written.text else "")
        written.layout(f"| {' | '.join(composed.head)} |\n|{' --- |' * len(composed.head)}")
        for title, cells in composed.table:
            written.layout(f"\n| {title} |")
            for cell in cells:
                if cell is None:
                    written.layout(" The essays do not say |")
                else:
                    written.add(" ", cell.text.replace("|", "/"), self._citations(cell.rests), after=" |")

    def _named(self, line: Line) -> Sentence:
        """A position with its author's name before it."""
        essay = self.index.essays[next(iter(self.matcher.book.essays_of(line.rests)))]
        label = "" if line.line.startswith(essay.byline) else f"{essay.byline}: "
        return Sentence(line.line, line.rests, label)

    def _sentence(self, statement: Statement) -> Sentence:
        return Sentence(statement.text, (statement.ref,))

    def _citations(self, refs: Iterable[str]) -> list[Citation]:
        """Citations of the statements' places; raises where the index holds another text than was resolved."""
        made = []
        for ref in refs:
            one = self.matcher.book.statements[ref]
            made.append(
                Citation.of(
                    self.index.essays[one.source_id],
                    marker=1,
                    section=self.sections[one.source_id, one.start],
                    start=one.start,
                    end=one.end,
                    original=one.original,
                )
            )
        return made


def stands(statement: Statement, essays: Mapping[str, Essay]) -> bool:
    """Whether the index's documents hold the statement's place; an index of older documents may not."""
    essay = essays.get(statement.source_id)
    words = essay.text[statement.start : statement.end] if essay is not None else ""
    said = statement.original.quote if statement.original is not None else None
    return bool(words) and (words == said or " ".join(words.split()) == statement.text)


def _verdict(question: Question, matches: Sequence[Match]) -> Verdict | None:
    """Yes, No or It depends, as the known questions nearest to this one are answered; None where none is asked for.

    They vote, the more the nearer, whatever their target; that of one with the other polarity is turned round.
    """
    if not question.is_verdict:
        return None
    near = [
        pair for match in matches[: int(tuned("composing.verdict_voters"))] for pair in match.near if pair[0].verdict
    ]
    nearest = max((likeness for _, likeness in near), default=0.0)
    votes: dict[Verdict, float] = {}
    for known, likeness in near:
        assert known.verdict is not None  # noqa: S101 - kept above
        turned = (plain(known.ask).denied != question.denied) != (opposed(question.asking, known.ask) % 2 == 1)
        said = TURNED[known.verdict] if turned else known.verdict
        weight = math.exp(tuned("composing.vote") * (likeness - nearest))
        votes[said] = votes.get(said, 0.0) + weight * (tuned("composing.turned") if turned else 1.0)
    best = max(votes, key=lambda verdict: votes[verdict], default=None)
    sure = best is not None and votes[best] >= tuned("composing.verdict_share") * sum(votes.values())
    return best if sure and nearest >= tuned("composing.verdict_near") else None


def _mentioned(text: str, named: Sequence[Named]) -> list[Named]:
    """The rows or columns that the text names, in the order of the text; longer names before those inside them."""
    found: dict[str, tuple[int, Named]] = {}
    rest = f" {text.lower()} ".replace("/", " ")
    for word, one in sorted(((w.lower(), n) for n in named for w in n.words), key=lambda pair: -len(pair[0])):
        at = _standing(word, rest)
        if at >= 0:
            rest = f"{rest[:at]}{' ' * len(word)}{rest[at + len(word) :]}"
            found.setdefault(one.id, (at, one))
    return [one for _, one in sorted(found.values(), key=lambda pair: pair[0])]


def _standing(word: str, text: str) -> int:
    """Where a word or phrase stands in a lower-case text as a whole; -1 where it does not."""
    at = text.find(word)
    while at >= 0 and (text[at - 1].isalnum() or text[at + len(word)].isalnum()):
        at = text.find(word, at + 1)
    return at


def _cell(line: Line | None) -> Sentence | None:
    return Sentence(line.line, line.rests) if line is not None else None
