"""The words of a subject, beside its documents: a glossary, and terms that people ask about and no document may have.

``glossary.yaml`` says which term a question means when it uses other words, ``terms.yaml`` names terms of the field, so
that a question about one the documents never mention is declined by name. Those of the built-in essays count where an
essay is among the documents; a folder of documents may bring its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from assistant.corpus.loading import built_in
from assistant.errors import ConfigurationError
from assistant.settings import bundled_corpus
from assistant.textfiles import read_yaml
from assistant.types import Frozen

GLOSSARY, TERMS = "glossary.yaml", "terms.yaml"
F = TypeVar("F", bound=Frozen)


class _GlossaryFile(Frozen):
    owner: str = ""
    version: int = 1
    terms: dict[str, list[str]] = Field(default_factory=dict)
    names: dict[str, list[str]] = Field(default_factory=dict)


class _TermsFile(Frozen):
    owner: str = ""
    version: int = 1
    terms: list[str] = Field(default_factory=list)


class Wording(Frozen):
    """A glossary (each term with the words people use for it), and terms of the field."""

    glossary: tuple[tuple[str, tuple[str, ...]], ...] = ()
    terms: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def other_names() -> dict[str, tuple[str, ...]]:
    """What people call the built-in essays besides title, author and publisher, by id, in lower case."""
    names = _file(bundled_corpus() / GLOSSARY, _GlossaryFile).names
    return {source_id: tuple(name.lower() for name in every) for source_id, every in names.items()}


def wording_of(folders: Iterable[Path], source_ids: Iterable[str]) -> Wording:
    """The wording for documents of these folders. Raises ConfigurationError naming a file that can't be used."""
    ours = any(built_in([source_id]) for source_id in source_ids)
    own = (folder for folder in folders if folder.resolve() != bundled_corpus().resolve())
    return _read((*own, bundled_corpus()) if ours else tuple(own))


@lru_cache(maxsize=16)
def _read(folders: tuple[Path, ...]) -> Wording:
    glossary: dict[str, list[str]] = {}
    terms: list[str] = []
    for folder in folders:
        for term, variants in _file(folder / GLOSSARY, _GlossaryFile).terms.items():
            glossary.setdefault(term, []).extend(variants)
        terms += _file(folder / TERMS, _TermsFile).terms
    return Wording(glossary=tuple((term, tuple(words)) for term, words in glossary.items()), terms=tuple(terms))


def _file(path: Path, kind: type[F]) -> F:
    if not path.is_file():
        return kind()
    try:
        return kind(**read_yaml(path, ConfigurationError))
    except (ValidationError, TypeError) as error:
        raise ConfigurationError(f"{path}: {str(error).splitlines()[0]}.", "Write it as the built-in one is.") from None
