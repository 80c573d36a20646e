"""What the documents mention: their words, and which terms of the field they never name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from assistant.corpus.loading import built_in, documents_noun
from assistant.corpus.splitting import WITHOUT_SPACES
from assistant.corpus.wording import wording_of
from assistant.corpus.words import Words, stem, words
from assistant.retrieval.lexicon import (
    FUNCTION_WORDS,
    STOPWORDS,
    content_stems,
    corrected,
    glossary_for,
    is_english,
)
from assistant.retrieval.reading import words_read
from assistant.types import Essay

EVERYDAY_NAMES = frozenset(
    """ai api app apps asap ceo cfo cio cto coo crm csv doc docs english erp faq faqs gpu gpus hr html ide it json
    kpi kpis llm llms ml mlops mvp nlp ok okrs ops pdf pdfs pm pms poc pr prs q1 q2 q3 q4 qa roi saas sdk sql tl;dr
    ui us usa uk eu usd eur gbp chf ux vc vp xml yaml christmas easter monday tuesday wednesday thursday friday
    saturday sunday january february march april may june july august september october november december i i'm i've
    i'd i'll""".split()
)
_NAME = re.compile(r"(?<![\w'’])(?:[A-Z][\w.+’'-]*\w|[A-Z]|\w*\d\w*[A-Za-z]\w*|[A-Za-z]+\d\w*)")
_QUANTITY = re.compile(r"\d+(?:\.\d+)?(?:gb|g|k|m|mn|bn|b|x|h|ms|s|th|st|nd|rd)", re.IGNORECASE)
"""A number with its unit names nothing."""
_UNNAMED = STOPWORDS | EVERYDAY_NAMES
_OWN = re.compile(r"\b(?:our|my|we use|we're on|we are on|we run|i use|at|called)\s*$", re.IGNORECASE)


FIGURES = {
    stem(word): str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)
}
FRAMES = frozenset(
    map(stem, "happen happens difference purpose range example explain describe mean meaning define called".split())
)
"""What is asked of a subject; documents that answer need not use the word."""
ASKING_SIGNS = re.compile(
    "为什么|什么|时候|怎么|怎样|如何|哪里|哪个|哪些|哪|多少|多长|多久|请问|是否|可以|能否|有没有|[几吗呢谁有]"
    "|何時|何人|何|いつ|どこ|誰|どう|なぜ|いくら|どの|ですか|ますか|できますか|か(?=？|\\?|$)"
)
"""Signs of Chinese and Japanese that ask, and carry no subject."""


class Vocabulary:
    """Words of the essays, and of the questions tied to them."""

    def __init__(self, essays: Iterable[Essay], counted: Words, folders: Iterable[Path] = ()) -> None:
        """``counted`` are the essays' words; ``folders`` of the documents may hold terms and a glossary."""
        self._essays = {e.id: e for e in essays}
        every = self._essays.values()
        wording = wording_of(folders, self._essays)
        self._glossary = glossary_for(wording)
        self._counted = counted
        self._stems = set(map(stem, self._counted.words))
        self._in = lru_cache(maxsize=256)(self._stems_of)
        self._authors = {stem(word) for e in every for word in words(f"{e.author or ''} {e.publisher or ''}")}
        self._named = self._counted.proper - self._authors
        self._asked = {stem(word) for word in counted.asked}
        spelled = words(" ".join(wording.terms))
        self._words = frozenset({*counted.asked, *counted.words, *spelled, *STOPWORDS, *words_read()})
        self._signs = frozenset(sign for word in self._counted.words for sign in word if not sign.isascii())
        self.noun = documents_noun(self._essays)
        self.all_ours = built_in(self._essays)
        self._words = self._words if self.all_ours else self._words | FUNCTION_WORDS
        self._absent = _absent_terms(self._mentioned, wording.terms)

    def _stems_of(self, source_id: str) -> frozenset[str]:
        return frozenset(stem(word) for word in words(self._essays[source_id].text))

    def _mentioned(self, text: str) -> bool:
        """Whether the essays have these very words, or their plural."""
        return self._counted.has_phrase(text) or self._counted.has_phrase(f"{text.rstrip()}s")

    def mentions(self, word: str) -> bool:
        """Whether the essays use this word in any inflection."""
        return stem(word.lower()) in self._stems or self._mentioned(word)

    def knows(self, word: str) -> bool:
        """Whether the essays or the questions tied to them use this word."""
        return self.mentions(word) or stem(word.lower()) in self._asked

    def is_ours(self, source_id: str) -> bool:
        """Whether a document is one of the built-in essays, whose glossary, terms and expectations count for it."""
        return built_in([source_id])

    def title(self, source_id: str) -> str:
        """The title of a document."""
        return self._essays[source_id].title

    def uses(self, stem: str) -> bool:
        """Whether a document has a word of this stem."""
        return stem in self._counted.spread

    def unheard(self, stem: str) -> bool:
        """Whether no document has a word of this stem. A pair of Chinese signs need not be a word."""
        return stem not in self._counted.spread and not (WITHOUT_SPACES.match(stem) and self.has_signs_of(stem))

    def weight(self, stem: str) -> float:
        """How much a word tells: its inverse frequency among the paragraphs."""
        return math.log((self._counted.parts + 1) / (self._counted.spread.get(stem, 0) + 0.5))

    def has_signs_of(self, word: str) -> bool:
        """Whether the documents have the signs of a word in Chinese or Japanese, or letters of its script."""
        return any(sign in self._signs for sign in word if not sign.isascii())

    def telling(self, question: str, terms: Sequence[str] = ()) -> dict[str, float]:
        """The question's subject stems with their weights; ``terms`` are those of the glossary that it means.

        They stand in the place of words that the documents don't have.
        """
        stems = {self._as_figure(one) for one in content_stems(ASKING_SIGNS.sub(" ", question))}
        stems = {one for one in stems if one not in FRAMES or self.uses(one)} or stems
        if not is_english(question):
            stems = {one for one in stems if one not in FUNCTION_WORDS} or stems
        if terms:
            stems = {one for one in stems if self.uses(one)} | set(content_stems(" ".join(terms)))
        return {one: self.weight(one) for one in stems}

    def _as_figure(self, stem: str) -> str:
        """A number word as the figure that the documents write instead."""
        figure = FIGURES.get(stem, stem)
        return figure if not self.uses(stem) and self.uses(figure) else stem

    def spelled(self, text: str) -> str:
        """The text with its typing slips mended."""
        return corrected(text, self._words)

    @property
    def authors(self) -> frozenset[str]:
        """Stems of the authors' and publishers' names."""
        return frozenset(self._authors)

    def byline(self, source_id: str) -> str:
        """Whom to name for an essay."""
        return self._essays[source_id].byline

    def absent_term(self, asking: str) -> str | None:
        """The first term of the field in the text that no essay mentions, as the asker wrote it."""
        found = [match[0] for pattern in self._absent if (match := pattern.search(asking))]
        return min(found, key=asking.index, default=None)

    def names(self, text: str) -> frozenset[str]:
        """The proper names in the text that the essays mention, in any case, but for authors and publishers."""
        return frozenset(stem(word) for word in words(text) if word not in _UNNAMED) & self._named

    def names_missing(self, text: str, source_id: str) -> list[str]:
        """Proper names of the text that other essays mention and this one does not, as the asker wrote them.

        One that the glossary knows by other words ("RAG") is not missing where the essay has any of these.
        """
        own = self._in(source_id)
        missing = self.names(text) - own
        named = (word for word in re.findall(r"[\w-]+", text) if stem(word.lower()) in missing)
        return [word for word in named if own.isdisjoint(content_stems(" ".join(self._glossary.meant(word))))]

    def absent_name(self, asking: str) -> str | None:
        """The first name (capitals or letters with digits) that no essay mentions and that is not the asker's own."""
        for match in _NAME.finditer("" if asking.isupper() else asking):
            name = re.sub(r"['’]s$", "", match[0])
            # headings and list items of pasted text begin with a capital, too
            first = not asking[: match.start()].strip(" \"'“(") or asking[: match.start()].rstrip()[-1:] in ".?!:#*•"
            plain_word = first and name[1:].islower()
            parts = [part for part in re.split(r"[-./]", name) if part]
            known = name.lower() in EVERYDAY_NAMES or self.mentions(name) or all(self.mentions(p) for p in parts)
            shouted = name.isupper() and len(name) > 5
            known = known or bool(self._glossary.meant(name)) or _QUANTITY.fullmatch(name) is not None
            if not (plain_word or known or shouted or _OWN.search(asking[: match.start()])):
                return name
        return None


def _absent_terms(mentioned: Callable[[str], bool], terms: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Patterns of the terms that do not stand in the text: abbreviations with their capitals, others in any case."""
    exact: list[str] = []
    loose: list[str] = []
    for line in terms:
        for term in line.split(" | "):
            if not mentioned(term):
                pattern = re.escape(term).replace(r"\ ", "[ -]").replace(r"\-", "[ -]?")
                (exact if len(term) < 5 and not term.islower() else loose).append(pattern)
    return _any_of(exact, 0), _any_of(loose, re.IGNORECASE)


def _any_of(patterns: list[str], flags: int) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns) or '(?!)'})(?:e?s)?(?!\w)", flags)
