"""Themes and checked claims: texts of ours beside the documents, each resting on their words.

``themes/*.yaml`` says what each essay holds on a subject, where they agree and differ, and answers prepared from
statements. Every line is ours, short, and rests on statements, so that a reader can check it and an editor can change
it. ``claims.yaml`` has figures checked against their primary sources: a claim adds a notice to an answer that cites
the figure, and never changes the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from assistant.corpus.statements import Asks, Hint, Statement, read_file
from assistant.errors import CorpusError
from assistant.textfiles import read_yaml
from assistant.types import Citation, Frozen

CLAIMS = "claims.yaml"
Status = Literal["confirmed", "stated more strongly", "differs", "not confirmed"]


class CheckedClaim(Frozen):
    """A figure of one document and the result of checking it. ``note`` explains the result in our words."""

    id: str
    source_id: str
    words: tuple[str, ...] = Field(min_length=1)
    status: Status
    source: str
    note: str

    def made_by(self, citation: Citation) -> bool:
        """Whether the quote contains this claim."""
        quote = " ".join(citation.quote.split()).lower()
        return citation.source_id == self.source_id and all(words.lower() in quote for words in self.words)

    def notice(self, markers: Sequence[int]) -> str:
        """The notice for an answer whose citations ``markers`` contain this claim."""
        marks = "".join(f"[{marker}]" for marker in markers)
        note = self.note.strip().rstrip(".")
        return f"{marks} Checked against the source ({self.source}): {self.status}. {note[0].upper()}{note[1:]}."


class _Claims(Frozen):
    owner: str
    version: int
    claims: tuple[CheckedClaim, ...]


def load_claims(folders: Iterable[Path]) -> tuple[CheckedClaim, ...]:
    """The claims of all folders; the first one with an id wins. Raises CorpusError naming the file."""
    found: dict[str, CheckedClaim] = {}
    for folder in folders:
        path = folder / CLAIMS
        if path.is_file():
            for claim in _read(path):
                found.setdefault(claim.id, claim)
    return tuple(found.values())


def claim_notices(claims: Iterable[CheckedClaim], citations: Sequence[Citation]) -> list[str]:
    """A notice for each claim in the citations, in citation order."""
    made = [(claim, [c.marker for c in citations if claim.made_by(c)]) for claim in claims]
    return [claim.notice(markers) for claim, markers in sorted(made, key=lambda pair: pair[1][:1]) if markers]


def _read(path: Path) -> tuple[CheckedClaim, ...]:
    data = read_yaml(path, CorpusError)
    try:
        return _Claims.model_validate(data).claims
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CorpusError(f"{path}: {where}: {first['msg']}.", "Write it as the built-in claims.yaml is.") from None


FOLDER = "themes"


class Line(Frozen):
    """A sentence of ours, and the statements (references) that bear it out."""

    line: str = Field(min_length=1)
    rests: tuple[str, ...] = Field(min_length=1)


class Prepared(Asks):
    """An answer in parts: ``lead`` answers its questions in one sentence, ``points`` are statements that add to it."""

    lead: str = Field(min_length=1)
    rests: tuple[str, ...] = Field(min_length=1)
    points: tuple[str, ...] = ()
    list: bool = False


class Theme(Frozen):
    """A subject. ``positions`` are by the first part of the essay's id; an essay that is left out says nothing.

    A ``general`` theme is about the essays as a whole, and gives way to one that is about the question's subject.
    """

    id: str = Field(pattern=r"[a-z0-9-]+")
    title: str
    general: bool = False
    positions: dict[str, Line] = Field(default_factory=dict)
    agree: tuple[Line, ...] = ()
    differ: tuple[Line, ...] = ()
    answers: tuple[Prepared, ...] = ()

    @field_validator("positions", mode="after")
    @classmethod
    def _qualified(cls, positions: dict[str, Line]) -> dict[str, Line]:
        """Positions name statements of their own essay without its prefix; here it is added."""
        return {
            essay: Line(line=one.line, rests=tuple(ref if ":" in ref else f"{essay}:{ref}" for ref in one.rests))
            for essay, one in positions.items()
        }


class Named(Frozen):
    """A row or a column of the table of options, and the words people use for it."""

    id: str
    title: str
    words: tuple[str, ...] = ()


class Cell(Line):
    """What the essays say of one option in one dimension."""

    option: str
    dimension: str


class Themes(Frozen):
    """All themes, whom to name for an essay (by its id), and the table of options by dimensions."""

    themes: tuple[Theme, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)
    options: tuple[Named, ...] = ()
    dimensions: tuple[Named, ...] = ()
    cells: tuple[Cell, ...] = ()

    def only(self, known: Mapping[str, Statement]) -> Themes:
        """What the loaded statements bear out: a line stands only if everything it rests on does."""
        return self.model_copy(
            update={
                "themes": tuple(_borne_out(theme, known) for theme in self.themes),
                "cells": tuple(cell for cell in self.cells if _stands(cell, known)),
            }
        )


class _File(Themes):
    owner: str = ""
    version: int = 1


def load_themes(folders: Iterable[Path], statements: Iterable[Statement]) -> Themes:
    """The themes that the statements bear out, files of earlier folders before those of later ones of the same name.

    Raises CorpusError naming a file that can't be read.
    """
    known = {statement.ref: statement for statement in statements}
    if not known:
        return Themes()
    files: dict[str, Path] = {}
    for path in (path for folder in folders for path in sorted((folder / FOLDER).glob("*.yaml"))):
        files.setdefault(path.name, path)
    read = [read_file(path, _File) for path in files.values()]
    every = Themes(
        themes=tuple(theme for one in read for theme in one.themes),
        names={essay: name for one in read for essay, name in one.names.items()},
        options=tuple(option for one in read for option in one.options),
        dimensions=tuple(dimension for one in read for dimension in one.dimensions),
        cells=tuple(cell for one in read for cell in one.cells),
    )
    return every.only(known)


def theme_hints(themes: Themes, statements: Iterable[Statement]) -> Iterator[Hint]:
    """Each question of a prepared answer and its lead, tied to the first statement that the lead rests on."""
    known = {statement.ref: statement for statement in statements}
    for theme in themes.themes:
        for prepared in theme.answers:
            place = known[prepared.rests[0]]
            for text in (prepared.lead, *(ask for ask, _ in prepared.every())):
                yield Hint(source_id=place.source_id, start=place.start, end=place.end, ask=text)


def _borne_out(theme: Theme, known: Mapping[str, Statement]) -> Theme:
    answers = []
    for prepared in theme.answers:
        if set(prepared.rests) <= known.keys():
            points = tuple(ref for ref in prepared.points if ref in known)
            answers.append(prepared.model_copy(update={"points": points}))
    return theme.model_copy(
        update={
            "positions": {essay: line for essay, line in theme.positions.items() if _stands(line, known)},
            "agree": tuple(line for line in theme.agree if _stands(line, known)),
            "differ": tuple(line for line in theme.differ if _stands(line, known)),
            "answers": tuple(answers),
        }
    )


def _stands(line: Line, known: Mapping[str, Statement]) -> bool:
    return set(line.rests) <= known.keys()
