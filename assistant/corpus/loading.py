"""Loading the corpus: every document in the configured folders, as essays with canonical text and unique ids."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from assistant.corpus.extracting import Extracts
from assistant.corpus.reading import SUFFIXES, Draft, catalog, essay_of, known_id, read_bytes, read_draft, usable_id
from assistant.corpus.statements import FOLDER as STATEMENTS
from assistant.corpus.statements import Hint, Statement, hints_of, load_statements
from assistant.corpus.themes import CLAIMS, CheckedClaim, Themes, load_claims, load_themes, theme_hints
from assistant.corpus.themes import FOLDER as THEMES
from assistant.errors import ConfigurationError, CorpusError, UnknownSource
from assistant.settings import Settings, bundled_corpus
from assistant.types import Essay, Frozen

NOT_READ = frozenset(".adoc .doc .epub .ipynb .odt .org .pptx .rst .rtf .tex .xlsx".split())
"""Kinds of documents that are not read; a folder's are counted in a problem, so that nobody misses them in vain."""

TYING = (f"{STATEMENTS}/*", f"{THEMES}/*", CLAIMS)
"""The files of a folder of documents that say more about them."""


class Corpus(Frozen):
    """The loaded documents. ``problems`` names files that failed, ``losses`` what is missing from others."""

    essays: tuple[Essay, ...]
    hints: tuple[Hint, ...] = ()
    statements: tuple[Statement, ...] = ()
    themes: Themes = Themes()
    claims: tuple[CheckedClaim, ...] = ()
    problems: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()

    def essay(self, source_id: str) -> Essay:
        """The essay with this id. Raises UnknownSource, which lists the known ids."""
        for essay in self.essays:
            if essay.id == source_id:
                return essay
        known = ", ".join(essay.id for essay in self.essays)
        raise UnknownSource(f"There is no essay {source_id!r}.", f"The corpus holds: {known}.")


class _File(NamedTuple):
    """A file of a folder of documents; ``root`` is the configured folder it belongs to."""

    path: Path
    root: Path

    def names(self) -> Iterator[str]:
        """Ids made of the path, the first for a file that shares it with none."""
        name = "-".join(self.path.relative_to(self.root).with_suffix("").parts)
        wider = (name, f"{self.root.name}-{name}", f"{name}-{self.path.suffix[1:]}")
        return map(usable_id, chain(wider, map(partial("{}-{}".format, name[:70]), count(2))))


def load_corpus(settings: Settings) -> Corpus:
    """Load all essays, ordered by id. An original replaces notes with its id.

    A file that can't be used becomes a line in ``problems``. Raises CorpusError if no document is left,
    ConfigurationError if a configured folder is missing.
    """
    files, problems = _files(settings)
    drafts, failed = _drafts(files, settings)
    essays, refused = _named(drafts)
    problems += [*failed, *refused]
    if not essays:
        tried = " ".join(problems) or f"There is no document in it ({', '.join(SUFFIXES)})."
        raise CorpusError(f"No document could be loaded from {settings.corpus or bundled_corpus()}. {tried}")
    ordered = tuple(essays[key] for key in sorted(essays))
    folders = (*settings.corpus_dirs, bundled_corpus())
    tying = (file for folder in folders for kind in TYING for file in folder.glob(kind))
    hints, statements, themes, claims = _tied(ordered, folders, _stamp(tying))
    return Corpus(
        essays=ordered,
        hints=hints,
        statements=statements,
        themes=themes,
        claims=claims,
        problems=tuple(problems),
        losses=tuple(f"{file.path}: {draft.loss}" for file, draft in drafts.items() if draft.loss),
    )


@lru_cache(maxsize=4)
def _tied(
    essays: tuple[Essay, ...], folders: tuple[Path, ...], _: Stamp
) -> tuple[tuple[Hint, ...], tuple[Statement, ...], Themes, tuple[CheckedClaim, ...]]:
    """What the folders' files tie to the documents, remembered while documents and files stay as they are."""
    statements = load_statements(essays, folders, catalog())
    themes = load_themes(folders, statements)
    return (*hints_of(statements), *theme_hints(themes, statements)), statements, themes, load_claims(folders)


Stamp = frozenset[tuple[str, int, int, int]]


def corpus_stamp(settings: Settings) -> Stamp:
    """What tells of a change in the folders of documents without reading them: path, inode, size and time of files."""
    walked = (os.walk(folder) for folder in {*settings.corpus_dirs, bundled_corpus()})
    return _stamp(Path(place, name) for place, _, names in chain.from_iterable(walked) for name in names)


def _stamp(files: Iterable[Path]) -> Stamp:
    found = set()
    for path in files:
        with suppress(OSError):
            stat = path.stat()
            found.add((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return frozenset(found)


def _files(settings: Settings) -> tuple[list[_File], list[str]]:
    """The documents of all folders, each once, in the deepest folder that is configured; and what is passed over."""
    roots = []
    for folder in settings.corpus_dirs:
        if folder.is_dir():
            roots.append(folder.resolve())
        elif folder != settings.originals_dir or settings.corpus:
            raise ConfigurationError(f"{folder}: the folder of documents is not there.", "Correct ASSISTANT_CORPUS.")
    files: dict[Path, _File] = {}
    problems: list[str] = []
    unread: Counter[str] = Counter()
    for root in roots:
        for path in sorted(root.rglob("*")):
            if any(part.startswith(".") for part in path.relative_to(root).parts) or not path.is_file():
                continue
            suffix, target = path.suffix.lower(), path.resolve()
            unread[suffix] += suffix in NOT_READ
            holding = [other for other in roots if target.is_relative_to(other)]
            if suffix in SUFFIXES and not holding:
                problems.append(f"{path}: is a link out of the folder and not followed. Put the document itself there.")
            elif suffix in SUFFIXES:
                files[target] = _File(target, max(holding, key=lambda other: len(other.parts)))
    kinds = ", ".join(f"{number} {suffix}" for suffix, number in sorted(unread.items()) if number)
    problems += [f"Files of kinds that are not read: {kinds}. Save them as .md, .html or .pdf."] if kinds else []
    return list(files.values()), problems


def _drafts(files: list[_File], settings: Settings) -> tuple[dict[_File, Draft], list[str]]:
    """What could be read, and the errors of what could not. Files that need a child process are read side by side."""
    extracts = Extracts(settings.index_dir)

    def read(file: _File) -> Draft | CorpusError:
        try:
            data = read_bytes(file.path, settings.max_document_bytes)
            return read_draft(data, file.path, settings, extractor=extracts.extract)
        except CorpusError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(files, pool.map(read, files), strict=True))
    extracts.sweep()
    drafts = {file: draft for file, draft in found.items() if isinstance(draft, Draft)}
    return drafts, [str(error) for error in found.values() if isinstance(error, CorpusError)]


def _named(drafts: dict[_File, Draft]) -> tuple[dict[str, Essay], list[str]]:
    """The essays by id, and an error for each second document that states an id.

    Ids that documents state come first, then those made of paths, which make room for others.
    """
    essays: dict[str, Essay] = {}
    problems: list[str] = []
    ids = {file: known_id(draft, file.path.stem) for file, draft in drafts.items()}
    for file, known in ids.items():
        if known is not None and not _admit(essay_of(drafts[file], known, file.path.stem), essays):
            remedy = "Give it another id, or remove it."
            problems.append(f"{file.path}: a second document with the id {known!r}. {remedy}")
    for file, known in ids.items():
        if known is None and not _describes_the_essays(file, ids):
            names = (essay_of(drafts[file], name, file.path.stem) for name in file.names())
            next(essay for essay in names if _admit(essay, essays))
    return essays, problems


def _admit(essay: Essay, essays: dict[str, Essay]) -> bool:
    """Whether the essay now has its id, or gives way to an original that has it; else another document has it."""
    other = essays.setdefault(essay.id, essay)
    if other.kind == "notes" and essay.kind == "original":
        essays[essay.id] = essay
    return other is essay or other.kind != essay.kind


def _describes_the_essays(file: _File, ids: dict[_File, str | None]) -> bool:
    """Whether this is a README beside the built-in essays, which says where they come from."""
    if file.path.stem.lower() != "readme":
        return False
    beside = [ids[other] for other in ids if other.path.parent == file.path.parent and other != file]
    return bool(beside) and all(source_id in catalog() for source_id in beside)


def built_in(ids: Iterable[str]) -> bool:
    """Whether all of these documents are built-in essays."""
    return set(ids) <= set(catalog())


def holds_built_in(ids: Iterable[str]) -> bool:
    """Whether all built-in essays are among these documents, so that questions written for them can be answered."""
    return set(catalog()) <= set(ids)


def documents_noun(ids: Iterable[str]) -> str:
    """The noun for documents with these ids: "essays" or "documents"."""
    return "essays" if built_in(ids) else "documents"
