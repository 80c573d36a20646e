"""Answers that set things side by side: what each essay says on a theme, options by dimensions, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answering.composed import Composed, Row, Sentence
from assistant.answering.matching import ASKING, Match, Matcher
from assistant.corpus.statements import Statement
from assistant.corpus.themes import Line, Named, Prepared, Theme
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.reading import Focus, Question, pattern, plain, subject_of
from assistant.retrieval.retriever import ScoredSentence
from assistant.tuning import tuned
from assistant.types import Essay

MAX_CELLS = 24
MOST_OTHER = 1
"""Subject words beside options and dimensions with which these are still what is asked for."""
_COMPARED = frozenset(
    content_stems("compare comparison difference differ versus side contrast choose pick main model llm")
)


@dataclass(frozen=True)
class Found:
    """A comparison's question without the names it compares, and its matches, best first."""

    question: Question
    matches: Sequence[Match]


class SideBySide:
    """Composes comparisons over one set of essays (by id)."""

    def __init__(self, essays: dict[str, Essay], matcher: Matcher) -> None:
        """``matcher`` knows the statements of these essays."""
        self._essays = essays
        self._matcher = matcher
        self._book = matcher.book

    def compared(self, question: Question, sentences: Sequence[ScoredSentence]) -> Composed | None:
        """Each author's line on the subject, led by the difference or the agreement that is asked for.

        None where the essays have no theme near the question.
        """
        if not question.focus.named and (options := self._options(question)):
            return options
        found = self._about(question, sentences)
        if not found.matches or found.matches[0].score < tuned("comparing.near"):
            return None
        theme = self._theme(question, found)
        shown = self._lines(question, theme, found.matches)
        score = found.matches[0].score
        if question.is_verdict and shown and pattern("shares_view").search(question.asking):
            spoken = tuple(_named_once(line) for line in shown if line.rests)
            return Composed("comparison", self._whether_all(shown, theme), spoken, listed=True, score=score)
        lead = self._lead(question, theme)
        if not shown and not lead:
            return None
        if lead and not question.focus.named:
            return Composed("comparison", lead, shown if question.asked != "agreement" else (), score=score)
        return Composed("comparison", lead, tuple(map(_named_once, shown)), listed=True, score=score)

    def table(
        self, question: Question, matches: Sequence[Match], sentences: Sequence[ScoredSentence]
    ) -> Composed | None:
        """Options by dimensions where options are named, a list's items, else what each essay says."""
        if (options := self._table_of_options(question)) is not None:
            return options
        best = matches[0]
        if isinstance(best.target, Prepared) and best.target.list and not question.focus.compares:
            points = [_of(self._book.statements[ref]) for ref in best.target.points]
            listed: list[Row] = [(str(i), (point,)) for i, point in enumerate(points, start=1)]
            return Composed("table", head=("", best.theme.title if best.theme else ""), table=listed, score=best.score)
        found = self._about(question, sentences)
        theme = self._theme(question, found)
        lines = {line.label: line for line in self._lines(question, theme, found.matches)}
        wanted = question.focus.named or tuple(self._essays)
        rows = [(name, (lines.get(f"{name}: "),)) for name in (self._name(essay) for essay in wanted)]
        if not lines or found.matches[0].score < tuned("comparing.near"):
            return None
        return Composed("table", head=("", theme.title if theme else ""), table=rows, score=best.score)

    def _theme(self, question: Question, found: Found) -> Theme | None:
        """The likeliest theme with positions that is not one author's own, where others are asked about too."""
        names = [self._name(essay).split(" (")[0].removeprefix("The ") for essay in self._essays]
        for theme in self._matcher.themes(found.matches, found.question):
            own = any(name in theme.title for name in names) and len(question.focus.named) != 1
            if theme.positions and not own:
                return theme
        return None

    def _about(self, question: Question, sentences: Sequence[ScoredSentence]) -> Found:
        """The subject apart from the authors, whose names would draw whatever compares the same two."""
        asked = pattern("of_authors").sub(" ", question.bare).strip()
        if not question.focus.named and asked == question.bare:
            return Found(question, self._matcher.matches(question, sentences))
        subject = plain(subject_of(asked, question.focus, self._essays.values()))
        about = subject.model_copy(update={"focus": Focus(compares=True), "form": question.form, "asked": "what"})
        return Found(about, self._matcher.matches(about, sentences))

    def _whether_all(self, shown: Sequence[Sentence], theme: Theme | None) -> tuple[Sentence, ...]:
        """Whether all who are asked about say so: No where one is silent, else what they agree on, if anything."""
        speak = [line for line in shown if line.rests]
        if len(speak) < len(shown):
            names = " and ".join(line.label.removesuffix(": ") for line in speak)
            rests = tuple(ref for line in speak for ref in line.rests[:1])
            return (Sentence(f"No. Only {names} {'speaks' if len(speak) == 1 else 'speak'} of this.", rests),)
        essays = {essay for line in shown for essay in self._book.essays_of(line.rests)}
        agreed = [line for line in theme.agree if essays <= self._book.essays_of(line.rests)] if theme else []
        if agreed:
            return (Sentence(f"Yes. {agreed[0].line}", agreed[0].rests),)
        differ = theme.differ[:1] if theme else ()
        return tuple(Sentence(f"Not quite. {line.line}", line.rests) for line in differ)

    def _lead(self, question: Question, theme: Theme | None) -> tuple[Sentence, ...]:
        """The theme's first line of difference or agreement among the authors named."""
        if theme is None or question.asked not in ("agreement", "difference"):
            return ()
        named = set(question.focus.named)
        lines = theme.agree if question.asked == "agreement" else theme.differ
        fits = [line for line in lines if not named or len(named & self._book.essays_of(line.rests)) > 1]
        return tuple(Sentence(line.line, line.rests) for line in fits[:1])

    def _lines(self, question: Question, theme: Theme | None, matches: Sequence[Match]) -> tuple[Sentence, ...]:
        """What each wanted author says: the answer nearest to the question, else the position on its theme.

        One who says nothing is named where all are asked for, or where that author was.
        """
        positions = (
            {next(iter(self._book.essays_of(line.rests))): line for line in theme.positions.values()} if theme else {}
        )
        every = question.asked == "comparison" or bool(question.focus.named)
        lines = []
        for essay in question.focus.named or tuple(self._essays):
            near = matches[0].score - tuned("comparing.own")
            own = self._own(essay, matches, near) if question.focus.named else None
            line = own or positions.get(essay) or self._own(essay, matches, tuned("comparing.near"))
            if line is not None:
                lines.append(Sentence(line.line, line.rests, f"{self._name(essay)}: "))
            elif every:
                lines.append(Sentence("says nothing of this.", (), f"{self._name(essay)}: "))
        return tuple(lines) if any(line.rests for line in lines) else ()

    def _own(self, essay: str, matches: Sequence[Match], bar: float) -> Line | None:
        """The nearest answer that rests on one essay alone and clears the bar."""
        for match in matches:
            if match.score < bar:
                return None
            if self._book.essays_of(match.rests) == {essay}:
                target = match.target
                return Line(line=target.lead if isinstance(target, Prepared) else target.text, rests=match.rests)
        return None

    def _options(self, question: Question) -> Composed | None:
        """One line for each of several options that are compared, in the dimension asked for."""
        themes = self._book.themes
        options = _mentioned(question.text, themes.options)
        wanted = [d.id for d in _mentioned(question.text, themes.dimensions)] or ["best-for"]
        cells = {(cell.option, cell.dimension): cell for cell in themes.cells}
        items = tuple(
            Sentence(cell.line, cell.rests, f"{option.title}: ")
            for option in options
            for dimension in wanted
            if (cell := cells.get((option.id, dimension))) is not None
        )
        if len(options) < 2 or len(items) < len(options) or not self._asks_only(question, options):
            return None
        if (question.form.max_sentences or len(items)) < len(items):
            return Composed("options", lead=(_in_one(items),), score=tuned("comparing.near"))
        return Composed("options", items=items, listed=True, score=tuned("comparing.near"))

    def _asks_only(self, question: Question, options: Sequence[Named]) -> bool:
        """Whether nothing else is asked of the options than one of the table's dimensions."""
        words = (word for one in (*options, *self._book.themes.dimensions) for word in (one.title, *one.words))
        known = {stem for word in words for stem in content_stems(word)}
        return len(set(content_stems(question.bare)) - known - ASKING - _COMPARED) <= MOST_OTHER

    def _table_of_options(self, question: Question) -> Composed | None:
        themes = self._book.themes
        options, dimensions = _mentioned(question.text, themes.options), _mentioned(question.text, themes.dimensions)
        cells = {(cell.option, cell.dimension): cell for cell in themes.cells}
        if dimensions and not options and pattern("every_option").search(question.text):
            told = [o for o in themes.options if sum((o.id, d.id) in cells for d in dimensions) > len(dimensions) / 2]
            options = told[: MAX_CELLS // len(dimensions)]
        if len(options) < 2:
            return None
        if not dimensions:
            full = [d for d in themes.dimensions if sum((o.id, d.id) in cells for o in options) >= len(options) / 2]
            dimensions = full[: max(1, MAX_CELLS // len(options))]
        rows = [
            (option.title, tuple(_cell(cells.get((option.id, dimension.id))) for dimension in dimensions))
            for option in options
        ]
        head = ("", *(dimension.title for dimension in dimensions))
        return Composed("table", head=head, table=rows, score=tuned("comparing.near"))

    def named(self, sentence: Sentence) -> Sentence:
        """The sentence behind its authors' names, where it rests on a few essays and names none of them."""
        names = [self._name(essay) for essay in self._essays if essay in self._book.essays_of(sentence.rests)]
        known = any(name.split(" (")[0].removeprefix("The ") in sentence.text for name in names)
        return sentence if known or len(names) == len(self._essays) else replace(sentence, label=f"{_and(names)}: ")

    def _name(self, essay: str) -> str:
        return self._book.name_of(self._essays[essay])


def inside(name: str) -> str:
    """A name as it stands inside a sentence."""
    return f"the {name.removeprefix('The ')}" if name.startswith("The ") else name


def _and(names: Sequence[str]) -> str:
    first, *rest = names
    others = [first, *map(inside, rest)]
    return first if not rest else f"{', '.join(others[:-1])} and {others[-1]}"


def _named_once(line: Sentence) -> Sentence:
    """The line without its label where it names the author itself."""
    name = line.label.removesuffix(": ").split(" (")[0].removeprefix("The ")
    return replace(line, label="") if name and name in line.text else line


def _inside(text: str) -> str:
    """A line as it stands inside a sentence; a first word with capitals of its own keeps them."""
    return text[0].lower() + text[1:] if text.partition(" ")[0][1:].islower() else text


def _in_one(items: Sequence[Sentence]) -> Sentence:
    """Labelled lines as one sentence."""
    lines = "; ".join(f"{_inside(one.label)}{_inside(one.text).rstrip('.')}" for one in items)
    return Sentence(f"{lines[0].upper()}{lines[1:]}.", tuple(dict.fromkeys(ref for one in items for ref in one.rests)))


def _of(statement: Statement) -> Sentence:
    return Sentence(statement.text, (statement.ref,))


def _cell(line: Line | None) -> Sentence | None:
    return Sentence(line.line, line.rests) if line is not None else None


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
