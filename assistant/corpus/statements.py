"""Statements: what each sentence of the notes says, where the author says it, and what people ask of it.

``statements/<essay id>.yaml`` beside the documents holds one record a sentence. A statement is found in whatever is
loaded: in our notes by its opening words, in the author's own text by the first and last words of the author's
sentence, whatever the file is called. All of it is text that a person can read, check and edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import quote

from pydantic import Field, ValidationError

from assistant.corpus.splitting import split
from assistant.errors import CorpusError
from assistant.textfiles import read_yaml
from assistant.types import Essay, Frozen, OriginalWords, Span

FOLDER = "statements"
RECOGNIZED = 0.6
"""A document is an essay's original where at least this share of the statements' anchors stand in it."""
PROBES = 8
"""Anchors looked for before all of them are, so that unrelated documents cost little."""

Verdict = Literal["yes", "no", "depends"]
Stance = Literal["for", "against", "condition", "caution", "neutral"]


class Hint(Frozen):
    """A question for which the sentence at ``start:end`` of the document is the answer."""

    source_id: str
    start: int
    end: int
    ask: str


class Figure(Frozen):
    """A figure of a statement: ``value`` (or ``low`` to ``high``) in ``unit``, of what, and whose it is."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str
    of: str = ""
    whom: str = ""


class Anchor(Frozen):
    """The first and the last words of a sentence, each a few words long."""

    start: str = Field(min_length=1)
    end: str = ""

    def find(self, text: str) -> Span | None:
        """The span from the first words to the last; None unless the first words stand exactly once."""
        at = text.find(self.start)
        if at < 0 or text.find(self.start, at + 1) >= 0:
            return None
        end = text.find(self.end, at + max(len(self.start) - len(self.end), 0)) if self.end else at + len(self.start)
        return Span(start=at, end=end + len(self.end) if self.end else end) if end >= 0 else None


class Asks(Frozen):
    """Questions by how they are answered: openly, or with Yes, No or It depends."""

    ask: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()

    def every(self) -> Iterator[tuple[str, Verdict | None]]:
        """Each question with its verdict; None for an open one."""
        yield from ((ask, None) for ask in self.ask)
        verdicts: tuple[Verdict, ...] = ("yes", "no", "depends")
        yield from ((ask, verdict) for verdict in verdicts for ask in getattr(self, verdict))


class _Record(Asks):
    id: str = Field(min_length=1)
    note: str = ""
    original: Anchor | None = None
    stance: Stance = "neutral"
    about: str = ""
    figures: tuple[Figure, ...] = ()


class _File(Frozen):
    owner: str = ""
    version: int = 1
    statements: tuple[_Record, ...]


class Statement(Frozen):
    """One statement and its place (``source_id``, ``start:end``) in a loaded document.

    ``text`` is the sentence of our notes, or the document's own sentence where there are no notes. ``original`` points
    at the author's words; None where the essay has no single sentence for it.
    """

    ref: str
    essay_id: str
    text: str
    source_id: str
    start: int
    end: int
    original: OriginalWords | None = None
    stance: Stance = "neutral"
    about: str = ""
    figures: tuple[Figure, ...] = ()
    asks: Asks = Asks()


def reference(essay_id: str, name: str) -> str:
    """How a theme refers to a statement: the first part of the essay's id and the statement's, ``pan:lora``."""
    return f"{essay_id.split('-')[0]}:{name}"


def load_statements(
    essays: Sequence[Essay], folders: Iterable[Path], notes: Mapping[str, Essay] | None = None
) -> tuple[Statement, ...]:
    """The statements that stand in ``essays``, files of earlier ``folders`` before those of later ones.

    ``notes`` are our notes by essay id, which word the statements where only originals are loaded. A record whose
    anchor no longer stands in the text is passed over. Raises CorpusError naming a file that can't be read.
    """
    files: dict[str, Path] = {}
    for folder in folders:
        for path in sorted((folder / FOLDER).glob("*.yaml")):
            files.setdefault(path.stem, path)
    found: list[Statement] = []
    for essay_id, path in files.items():
        found += _resolve(essay_id, _records(path), essays, (notes or {}).get(essay_id))
    return tuple(found)


def hints_of(statements: Iterable[Statement]) -> tuple[Hint, ...]:
    """Each question, and our wording, tied to the place of its statement."""
    return tuple(
        Hint(source_id=one.source_id, start=one.start, end=one.end, ask=text)
        for one in statements
        for text in (one.text, *(ask for ask, _ in one.asks.every()))
    )


def _records(path: Path) -> tuple[_Record, ...]:
    return read_file(path, _File).statements


Model = TypeVar("Model", bound=Frozen)
_CHECKED: dict[int, tuple[object, Frozen]] = {}
"""Values of files by the identity of what ``read_yaml`` shares for an unchanged file, so that each is checked once."""


def read_file(path: Path, shape: type[Model]) -> Model:
    """A YAML file of the corpus as a ``shape``. Raises CorpusError naming the file and the first thing wrong."""
    data = read_yaml(path, CorpusError)
    kept = _CHECKED.get(id(data))
    if kept is not None and kept[0] is data and isinstance(kept[1], shape):
        return kept[1]
    try:
        value = shape.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CorpusError(f"{path}: {where}: {first['msg']}.", "Write it as the built-in file of this kind.") from None
    _CHECKED[id(data)] = (data, value)
    return value


def _resolve(
    essay_id: str, records: Sequence[_Record], essays: Sequence[Essay], notes: Essay | None
) -> Iterator[Statement]:
    named = next((essay for essay in essays if essay.id == essay_id), None)
    own = named is not None and named.kind == "original"
    original = named if own else _original(records, [e for e in essays if e.kind == "original"])
    noted = named if named is not None and named.kind == "notes" else None
    if original is None and noted is None:
        return
    worded = _sentences(noted or notes)
    for record in records:
        span, text = worded.get(record.note) or _by_opening(worded, record.note)
        words = _words(record.original, original)
        url = (named or notes or original or Essay(id="", title="", text="")).url
        if original is not None and words is not None:
            essay, at = original, words
        elif noted is not None and span is not None:
            essay, at = noted, span
        else:
            continue
        yield Statement(
            ref=reference(essay_id, record.id),
            essay_id=essay_id,
            text=text or at.of(essay.text),
            source_id=essay.id,
            start=at.start,
            end=at.end,
            original=_pointer(record.original, url, words.of(original.text) if original and words else None),
            stance=record.stance,
            about=record.about,
            figures=record.figures,
            asks=Asks(ask=record.ask, yes=record.yes, no=record.no, depends=record.depends),
        )


def _words(anchor: Anchor | None, essay: Essay | None) -> Span | None:
    """The author's sentence; the one that holds the first words where no last ones are given."""
    if anchor is None or essay is None or (found := anchor.find(essay.text)) is None:
        return None
    if anchor.end:
        return found
    spans = (span for passage in split(essay) for span in passage.sentences)
    return next((span for span in spans if span.start <= found.start < span.end), None)


def _original(records: Sequence[_Record], essays: Sequence[Essay]) -> Essay | None:
    """The loaded document that holds the author's sentences, recognized by their first words."""
    anchors = [record.original.start for record in records if record.original is not None]
    probes = anchors[:: max(1, len(anchors) // PROBES)]
    for essay in essays:
        likely = any(probe in essay.text for probe in probes)
        if likely and sum(anchor in essay.text for anchor in anchors) >= RECOGNIZED * len(anchors):
            return essay
    return None


def _sentences(essay: Essay | None) -> dict[str, tuple[Span, str]]:
    """Each sentence of a document by its text."""
    spans = [span for passage in split(essay) for span in passage.sentences] if essay else []
    return {span.of(essay.text): (span, " ".join(span.of(essay.text).split())) for span in spans if essay}


def _by_opening(worded: Mapping[str, tuple[Span, str]], opening: str) -> tuple[Span | None, str]:
    """The one sentence that opens with these words."""
    found = [place for sentence, place in worded.items() if opening and sentence.startswith(opening)]
    return found[0] if len(found) == 1 else (None, "")


def _pointer(anchor: Anchor | None, url: str | None, words: str | None) -> OriginalWords | None:
    """Where the author says it: the page with a text fragment, and the exact words where the text is loaded."""
    if anchor is None:
        return None
    ends = [anchor.start, anchor.end] if anchor.end and anchor.end not in anchor.start else [anchor.start]
    fragment = ",".join(quote(" ".join(part.split()), safe="").replace("-", "%2D") for part in ends)
    page = f"{url}#:~:text={fragment}" if url else None
    return OriginalWords(url=page, start=anchor.start, end=anchor.end or anchor.start, quote=words)
