"""Words of a text as search compares them, and what is counted of all documents' words once, when they are indexed."""

from __future__ import annotations

import mmap
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import Stemmer
from pydantic import ValidationError

from assistant.corpus.splitting import words_apart
from assistant.errors import IndexUnavailable
from assistant.types import Essay, Frozen

_STEMMER = Stemmer.Stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_NAME_INSIDE = re.compile(r"(?<=[a-z0-9,;:’'(—–-] )[\"“(]?([A-Z][\w.+-]*\w|\w*\d+[A-Za-z]+)")
_PLAIN_WORD = re.compile(r"\b[a-z][\w-]*")
COUNTS, RUNNING = FILES = "words.json", "words.txt"


def words(text: str) -> list[str]:
    """Lower-case words of the text, hyphens apart; of Chinese and Japanese pairs of signs."""
    found = [word.lower() for word in _WORD.findall(text.replace("’", "'"))]
    return (
        found if text.isascii() else [word for run in found for word in ([run] if run.isascii() else words_apart(run))]
    )


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The English stem of one lower-case word."""
    return str(_STEMMER.stemWord(word.removesuffix("'s")))


class _Counts(Frozen):
    """In how many documents each word stands, as a name and as a plain word by its stem, and each stem's paragraphs."""

    words: dict[str, int]
    names: dict[str, int]
    plain: dict[str, int]
    spread: dict[str, int]
    parts: int
    asked: tuple[str, ...] = ()


class Words:
    """The words of all documents. What is counted can be added and taken away document by document."""

    def __init__(self, counts: _Counts, holds: Callable[[bytes], bool]) -> None:
        """Use ``of`` or ``load``; ``holds`` says whether the running words have a phrase."""
        self._counts, self._holds = counts, holds
        self.words = frozenset(counts.words)
        self.proper = frozenset(counts.names) - counts.plain.keys()
        self.spread, self.parts = counts.spread, counts.parts
        self.asked = frozenset(counts.asked)
        """The words of the questions tied to the documents."""

    @classmethod
    def of(cls, essays: Iterable[Essay], asks: Iterable[str] = ()) -> Words:
        """Count the words of some documents; ``asks`` are the questions tied to them."""
        every = list(essays)
        counts = _counted(every).model_copy(update={"asked": _of_all(asks)})
        return cls(counts, "\n".join(map(_running, every)).encode().__contains__)

    @classmethod
    def load(cls, folder: Path) -> Words:
        """Read what ``save`` wrote; the running words are mapped into memory. Raises IndexUnavailable."""
        try:
            counts = _Counts.model_validate_json((folder / COUNTS).read_bytes())
            with (folder / RUNNING).open("rb") as stream:
                running = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, ValidationError):
            remedy = "Run: assistant index build --force"
            raise IndexUnavailable(f"The words in {folder} are missing or damaged.", remedy) from None
        return cls(counts, lambda phrase: running.find(phrase) >= 0)

    def save(self, folder: Path, essays: Iterable[Essay]) -> None:
        """Write the counts, and the running words of the same documents. Raises OSError."""
        (folder / COUNTS).write_text(self._counts.model_dump_json(), encoding="utf-8")
        with (folder / RUNNING).open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{_running(essay)}\n" for essay in essays)

    def changed(self, gone: Iterable[Essay], new: Iterable[Essay], asks: Iterable[str] = ()) -> Words:
        """The words after documents went and came, without looking at the others; ``asks`` are all questions now."""
        less, more = _counted(gone), _counted(new)

        def merged(name: str) -> dict[str, int]:
            counts = Counter(getattr(self._counts, name))
            counts.subtract(getattr(less, name))
            counts.update(getattr(more, name))
            return dict(+counts)

        tables = {name: merged(name) for name in ("words", "names", "plain", "spread")}
        parts = self.parts - less.parts + more.parts
        return Words(_Counts(**tables, parts=parts, asked=_of_all(asks)), self._holds)

    def has_phrase(self, text: str) -> bool:
        """Whether these words stand in a document one behind the other."""
        wanted = words(text)
        if len(wanted) < 2:
            return bool(wanted) and wanted[0] in self.words
        return self.words.issuperset(wanted) and self._holds(f" {' '.join(wanted)} ".encode("utf-8", "replace"))


def _of_all(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for text in texts for word in words(text)}))


def _running(essay: Essay) -> str:
    return f" {' '.join(words(f'{essay.title} {_byline(essay)} {essay.text}'))} "


def _byline(essay: Essay) -> str:
    return f"{essay.author or ''} {essay.publisher or ''} {essay.url or ''}"


def _counted(essays: Iterable[Essay]) -> _Counts:
    tables: dict[str, Counter[str]] = {name: Counter() for name in ("words", "names", "plain", "spread")}
    parts = 0
    for essay in essays:
        named, plain = set(_NAME_INSIDE.findall(essay.text)), set(_PLAIN_WORD.findall(essay.text))
        tables["names"].update({stem(part) for name in named for part in words(name) if not part.isdigit()})
        tables["plain"].update({stem(part) for word in plain for part in words(word)})
        seen = set(words(_byline(essay)))
        for part in (essay.title, *essay.text.split("\n\n")):
            inside = set(words(part))
            seen |= inside
            tables["spread"].update(set(map(stem, inside)))
            parts += 1
        tables["words"].update(seen)
    return _Counts(**tables, parts=parts)
