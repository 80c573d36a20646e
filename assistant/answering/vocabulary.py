"""What the documents mention: their words, and which terms of the field they never name."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from assistant.corpus.loading import built_in, documents_noun
from assistant.corpus.splitting import WITHOUT_SPACES
from assistant.corpus.wording import wording_of
from assistant.retrieval.lexicon import (
    FUNCTION_WORDS,
    STOPWORDS,
    content_stems,
    corrected,
    glossary_for,
    is_english,
    stem,
    words,
)
from assistant.retrieval.reading import words_read
from assistant.types import Essay

EVERYDAY_NAMES = frozenset(
    """ai api app apps asap ceo cfo cio cto coo crm csv doc docs english erp faq faqs gpu gpus hr html ide it json kpi
    kpis llm llms ml mlops mvp nlp ok okrs ops pdf pdfs pm pms poc pr prs q1 q2 q3 q4 qa roi saas sdk sql tl;dr ui
    us usa uk eu usd ux vc vp xml yaml monday tuesday wednesday thursday friday saturday sunday january february
    march april may june july august september october november december i i'm i've i'd i'll""".split()
)
_NAME = re.compile(r"(?<![\w'’])(?:[A-Z][\w.+’'-]*\w|[A-Z]|\w*\d\w*[A-Za-z]\w*|[A-Za-z]+\d\w*)")
_QUANTITY = re.compile(r"\d+(?:\.\d+)?(?:gb|g|k|m|mn|bn|b|x|h|ms|s|th|st|nd|rd)", re.IGNORECASE)
"""A number with its unit names nothing."""
_OWN = re.compile(r"\b(?:our|my|we use|we're on|we are on|we run|i use|at|called)\s*$", re.IGNORECASE)


class Vocabulary:
    """Words of the essays, and of the questions tied to them."""

    def __init__(self, essays: Iterable[Essay], asks: Iterable[str], folders: Iterable[Path] = ()) -> None:
        """``folders`` of the documents may hold terms and a glossary of their own."""
        every = list(essays)
        wording = wording_of(folders, (e.id for e in every))
        self._glossary = glossary_for(wording)
        text = " ".join(f"{e.title} {e.author or ''} {e.publisher or ''} {e.url or ''} {e.text}" for e in every)
        self._stems = {stem(word) for word in words(text)}
        self._proper = _proper_names([e.text for e in every])
        self._in = {e.id: frozenset(stem(word) for word in words(e.text)) for e in every}
        self._authors = {stem(word) for e in every for word in words(f"{e.author or ''} {e.publisher or ''}")}
        asked = {word for ask in asks for word in words(ask)}
        self._asked = {stem(word) for word in asked}
        self._words = frozenset({*asked, *words(text), *words(" ".join(wording.terms)), *STOPWORDS, *words_read()})
        self.noun = documents_noun(e.id for e in every)
        self.all_ours = built_in(e.id for e in every)
        self._titles = {e.id: e.title for e in every}
        self._spread, self._parts = _spread(every)
        self._bylines = {e.id: e.byline for e in every}
        self._plain = f" {_plain(text)} "
        self._absent = _absent_terms(self._plain, wording.terms)

    def mentions(self, word: str) -> bool:
        """Whether the essays use this word in any inflection."""
        plain = _plain(word)
        return stem(word.lower()) in self._stems or f" {plain} " in self._plain or f" {plain}s " in self._plain

    def knows(self, word: str) -> bool:
        """Whether the essays or the questions tied to them use this word."""
        return self.mentions(word) or stem(word.lower()) in self._asked

    def is_ours(self, source_id: str) -> bool:
        """Whether a document is one of the built-in essays, whose glossary, terms and expectations count for it."""
        return built_in([source_id])

    def title(self, source_id: str) -> str:
        """The title of a document."""
        return self._titles[source_id]

    def uses(self, stem: str) -> bool:
        """Whether a document has a word of this stem."""
        return stem in self._spread

    def unheard(self, stem: str) -> bool:
        """Whether no document has a word of this stem. A pair of Chinese signs need not be a word."""
        return stem not in self._spread and WITHOUT_SPACES.match(stem) is None

    def weight(self, stem: str) -> float:
        """How much a word tells: its inverse frequency among the paragraphs."""
        return math.log((self._parts + 1) / (self._spread.get(stem, 0) + 0.5))

    def telling(self, question: str, terms: Sequence[str] = ()) -> dict[str, float]:
        """The question's subject stems with their weights; ``terms`` are those of the glossary that it means.

        They stand in the place of words that the documents don't have.
        """
        stems = set(content_stems(question))
        if not is_english(question):
            stems = {one for one in stems if one not in FUNCTION_WORDS} or stems
        if terms:
            stems = {one for one in stems if self.uses(one)} | set(content_stems(" ".join(terms)))
        return {one: self.weight(one) for one in stems}

    def spelled(self, text: str) -> str:
        """The text with its typing slips mended."""
        return corrected(text, self._words)

    @property
    def authors(self) -> frozenset[str]:
        """Stems of the authors' and publishers' names."""
        return frozenset(self._authors)

    def byline(self, source_id: str) -> str:
        """Whom to name for an essay."""
        return self._bylines[source_id]

    def absent_term(self, asking: str) -> str | None:
        """The first term of the field in the text that no essay mentions, as the asker wrote it."""
        found = [match[0] for pattern in self._absent if (match := pattern.search(asking))]
        return min(found, key=asking.index, default=None)

    def names(self, text: str) -> frozenset[str]:
        """The proper names in the text that the essays mention, in any case, but for authors and publishers."""
        known = self._proper - self._authors
        return frozenset(stem(word) for word in words(text) if word not in STOPWORDS | EVERYDAY_NAMES) & known

    def names_missing(self, text: str, source_id: str) -> list[str]:
        """Proper names of the text that other essays mention and this one does not, as the asker wrote them."""
        missing = self.names(text) - self._in[source_id]
        return [word for word in re.findall(r"[\w-]+", text) if stem(word.lower()) in missing]

    def absent_name(self, asking: str) -> str | None:
        """The first name (capitals or letters with digits) that no essay mentions and that is not the asker's own."""
        for match in _NAME.finditer("" if asking.isupper() else asking):
            name = re.sub(r"['’]s$", "", match[0])
            first = not asking[: match.start()].strip(" \"'“(") or asking[: match.start()].rstrip()[-1:] in ".?!:"
            plain_word = first and name[1:].islower()
            parts = [part for part in re.split(r"[-./]", name) if part]
            known = name.lower() in EVERYDAY_NAMES or self.mentions(name) or all(self.mentions(p) for p in parts)
            shouted = name.isupper() and len(name) > 5
            known = known or bool(self._glossary.meant(name)) or _QUANTITY.fullmatch(name) is not None
            if not (plain_word or known or shouted or _OWN.search(asking[: match.start()])):
                return name
        return None


def _spread(essays: Sequence[Essay]) -> tuple[Counter[str], int]:
    """In how many paragraphs each word's stem stands, and how many there are."""
    parts = [part for essay in essays for part in (essay.title, *essay.text.split("\n\n"))]
    return Counter(one for part in parts for one in set(map(stem, words(part)))), len(parts)


def _proper_names(texts: Iterable[str]) -> frozenset[str]:
    """Stems of the words that stand with a capital or a digit inside sentences, and nowhere without."""
    names: set[str] = set()
    plain: set[str] = set()
    for text in texts:
        inside = re.findall(r"(?<=[a-z0-9,;:’'(—–-] )[\"“(]?([A-Z][\w.+-]*\w|\w*\d+[A-Za-z]+)", text)
        names.update(stem(part) for name in inside for part in words(name) if not part.isdigit())
        plain.update(stem(part) for word in re.findall(r"\b[a-z][\w-]*", text) for part in words(word))
    return frozenset(names - plain)


def _absent_terms(plain: str, terms: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Patterns of the terms that do not stand in the text: abbreviations with their capitals, others in any case."""
    exact: list[str] = []
    loose: list[str] = []
    for line in terms:
        for term in line.split(" | "):
            if f" {_plain(term)} " not in plain and f" {_plain(term)}s " not in plain:
                pattern = re.escape(term).replace(r"\ ", "[ -]").replace(r"\-", "[ -]?")
                (exact if len(term) < 5 and not term.islower() else loose).append(pattern)
    return _any_of(exact, 0), _any_of(loose, re.IGNORECASE)


def _any_of(patterns: list[str], flags: int) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns) or '(?!)'})(?:e?s)?(?!\w)", flags)


def _plain(text: str) -> str:
    return " ".join(words(text.replace("-", " ").replace("/", " ")))
