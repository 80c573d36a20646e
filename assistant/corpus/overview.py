"""The overview of themes: what each essay says on each subject, with the exact words, for every face to show.

``overview`` makes it from the themes and the statements they rest on. It reads data alone and asks no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistant.corpus.loading import Corpus
from assistant.corpus.splitting import Section, sections
from assistant.corpus.statements import Statement
from assistant.corpus.themes import Line, Theme, Themes
from assistant.errors import UnknownTheme
from assistant.types import Citation, Essay, Frozen

ADD = "To add themes, write them as docs/own-documents.md shows under “Themes”."
NONE = f"These documents have no themes. {ADD}"


class CitedLine(Frozen):
    """A sentence of ours, and the words that bear it out. A place has one number (``marker``) in its theme."""

    line: str
    citations: tuple[Citation, ...]


class Speaker(Frozen):
    """An essay, and whom to name for it."""

    essay_id: str
    byline: str


class Position(CitedLine, Speaker):
    """What one essay says on a theme."""


class CitedTheme(Frozen):
    """A subject: what each essay says, where they agree and differ, and which say nothing.

    A ``general`` theme is about the essays as a whole.
    """

    id: str
    title: str
    general: bool
    positions: tuple[Position, ...]
    agree: tuple[CitedLine, ...]
    differ: tuple[CitedLine, ...]
    silent: tuple[Speaker, ...]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations of the theme, each once, by their numbers."""
        lines = (*self.positions, *self.agree, *self.differ)
        found = {cited.marker: cited for line in lines for cited in line.citations}
        return tuple(found[marker] for marker in sorted(found))


class Overview(Frozen):
    """All themes, the ids of the documents ``without`` any, and a sentence on these, None where there are none."""

    themes: tuple[CitedTheme, ...]
    without: tuple[str, ...]
    notice: str | None

    def theme(self, theme_id: str) -> CitedTheme:
        """The theme with this id. Raises UnknownTheme."""
        for theme in self.themes:
            if theme.id == theme_id:
                return theme
        raise UnknownTheme("No theme has this id.", "`assistant themes` lists them, as GET /api/themes does.")


def overview(essays: Mapping[str, Essay], statements: Iterable[Statement], themes: Themes) -> Overview:
    """The themes that ``statements`` bear out, with citations into ``essays`` (by id), where each of them stands.

    Positions are ordered by essay. An essay is silent on a theme if it speaks on another one, together with an essay
    that has a position here.
    """
    known = {one.ref: one for one in statements}
    standing = {theme.id: theme for theme in reversed(themes.only(known).themes)}
    maker = _Maker(essays, known, themes.names)
    shown = [theme for theme in reversed(standing.values()) if theme.positions or theme.agree or theme.differ]
    speaking = {theme.id: maker.speaking(theme) for theme in shown}
    peers = [{one for each in speaking.values() if each & speaking[theme.id] for one in each} for theme in shown]
    made = tuple(maker.theme(theme, beside) for theme, beside in zip(shown, peers, strict=True))
    covered = set().union(*speaking.values())
    covered |= {one.source_id for one in known.values() if one.essay_id in covered}
    without = tuple(essay_id for essay_id in essays if essay_id not in covered)
    notice = _notice([essays[one].title for one in without]) if made else NONE
    return Overview(themes=made, without=without, notice=notice)


def corpus_overview(corpus: Corpus) -> Overview:
    """The same for loaded documents, in which every statement stands."""
    return overview({essay.id: essay for essay in corpus.essays}, corpus.statements, corpus.themes)


class _Maker:
    """Makes cited themes over one set of essays and statements (by reference)."""

    def __init__(self, essays: Mapping[str, Essay], known: Mapping[str, Statement], names: Mapping[str, str]) -> None:
        """``names`` say whom to name for an essay; its byline, where they don't."""
        self._known = known
        parts = {essay_id: sections(essay) for essay_id, essay in essays.items()}
        self._quotes = {ref: _citation(one, essays[one.source_id], parts[one.source_id]) for ref, one in known.items()}
        self._bylines = {one.essay_id: essays[one.source_id].byline for one in known.values()} | dict(names)

    def speaking(self, theme: Theme) -> set[str]:
        """Ids of the essays that have a position."""
        return {self._essay(line) for line in theme.positions.values()}

    def theme(self, theme: Theme, peers: Iterable[str]) -> CitedTheme:
        """The theme with its citations numbered as they appear; ``peers`` without a position say nothing."""
        numbers: dict[tuple[str, int, int], int] = {}
        said = {self._essay(line): line for line in theme.positions.values()}
        positions = tuple(
            Position(essay_id=one, byline=self._bylines[one], line=line.line, citations=self._cited(line, numbers))
            for one, line in sorted(said.items())
        )
        return CitedTheme(
            id=theme.id,
            title=theme.title,
            general=theme.general,
            positions=positions,
            agree=tuple(CitedLine(line=one.line, citations=self._cited(one, numbers)) for one in theme.agree),
            differ=tuple(CitedLine(line=one.line, citations=self._cited(one, numbers)) for one in theme.differ),
            silent=tuple(Speaker(essay_id=one, byline=self._bylines[one]) for one in sorted({*peers} - said.keys())),
        )

    def _essay(self, line: Line) -> str:
        return self._known[line.rests[0]].essay_id

    def _cited(self, line: Line, numbers: dict[tuple[str, int, int], int]) -> tuple[Citation, ...]:
        found = {}
        for quote in (self._quotes[ref] for ref in line.rests):
            number = numbers.setdefault((quote.source_id, quote.start, quote.end), len(numbers) + 1)
            found[number] = quote.model_copy(update={"marker": number})
        return tuple(found.values())


def _citation(one: Statement, essay: Essay, parts: Iterable[Section]) -> Citation:
    section = next((part.heading for part in parts if part.start <= one.start < part.end), "")
    return Citation.of(essay, marker=1, section=section, start=one.start, end=one.end, original=one.original)


def _notice(without: list[str]) -> str | None:
    """A sentence naming the titles of documents without themes."""
    if not without:
        return None
    counted = "One document has" if len(without) == 1 else f"{len(without)} documents have"
    return f"{counted} no themes: {', '.join(without)}. {ADD}"
