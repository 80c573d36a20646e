"""What words of general English do to a claim: the tables of ``meanings.yaml`` and ``wordnet.txt`` by stems."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.corpus.words import stem as root_of
from assistant.errors import ConfigurationError
from assistant.quantities import WORD_NUMBERS
from assistant.textfiles import read_yaml

FILE = Path(__file__).with_name("meanings.yaml")
WORDNET = Path(__file__).with_name("wordnet.txt")
TOKEN = re.compile(r"\d{1,2}:\d{2}\b|[^\W_]+(?:[.'’,][^\W_]+)*|[;:,.!?()—–]")
_COUNT = rf"(\d{{1,3}}|{'|'.join(name for name, value in WORD_NUMBERS.items() if value)})"
_RATIO = re.compile(rf"\b{_COUNT} (?:out of|in|of every) (?:every )?{_COUNT}\b(?! ?%)", re.IGNORECASE)
_AS_WRITTEN = "="
LONGEST = 4
"""Words of the longest phrase in ``meanings.yaml``."""
_OTHER = ("owner", "version", "fractions", "no_fractions", "irregular")
Kinds = frozenset[tuple[str, str]]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a lower-case word; irregular forms and known comparatives have that of their base."""
    word = _irregular().get(word, word)
    for ending in ("est", "er"):
        if word.endswith(ending) and len(word) > 5:
            bare = word.removesuffix(ending)
            for base in (bare, f"{bare}e", bare[:-1] + "y" if bare[-1] == "i" else _single(bare)):
                if base in _sided():
                    return root_of(base)
    return root_of(word)


def _single(bare: str) -> str:
    """Without a doubled last letter: "bigg" is "big", while "wint" of "winter" is nothing else."""
    return bare[:-1] if bare[-1] == bare[-2] else bare


def phrase(tokens: list[str]) -> tuple[int, Kinds]:
    """The longest phrase that begins here, in words, and its classes; one word without any where there is none."""
    stems = tuple(stem(token.lower().replace("’", "'")) for token in tokens)
    for size in range(len(stems), 0, -1):
        if size == 1 and (exact := _classes().get((f"{tokens[0].lower()}{_AS_WRITTEN}",))) is not None:
            return 1, exact
        if (kinds := _classes().get(stems[:size])) is not None:
            bounds = size > 1 and any(kind == "bounds" for kind, _ in kinds)
            parts = [_classes().get((one,), frozenset()) for one in stems[:size]] if bounds else []
            return size, kinds | {one for part in parts for one in part if one[0] == "opposites"}
    return 1, frozenset()


def with_fractions(text: str) -> str:
    """The text with fractions and multiples as figures: "halved" is 50%."""
    text = _RATIO.sub(lambda m: _share(m) or m[0], text)
    return _fractions().sub(lambda m: f" {_figure_of(m[0].lower())} " if m.lastgroup else m[0], text)


def _share(match: re.Match[str]) -> str:
    """A share that is said as a ratio, in percent: "two out of three" is 67%."""
    part, whole = (WORD_NUMBERS.get(one.lower()) or int(one) for one in match.groups())
    return f" {round(100 * part / whole)}% " if part < whole else ""


def synonyms(one: str, other: str) -> bool:
    """Whether two stems are of words that share one of their commonest senses."""
    return other in _wordnet()["="].get(one, ())


def antonyms(one: str, other: str) -> bool:
    """Whether two stems are of antonyms."""
    return other in _wordnet()["-"].get(one, ())


def listed(root: str) -> bool:
    """Whether WordNet's part of the tables knows the stem."""
    return any(root in pairs for pairs in _wordnet().values())


def _data() -> Any:
    return read_yaml(FILE, ConfigurationError)


@lru_cache(maxsize=1)
def _sided() -> frozenset[str]:
    """Single words of the opposites, whose comparatives and superlatives are theirs."""
    return frozenset(word for pair in _data()["opposites"] for side in pair for word in side if " " not in word)


@lru_cache(maxsize=1)
def _irregular() -> Mapping[str, str]:
    return {form: word for word, others in _data()["irregular"].items() for form in others}


@lru_cache(maxsize=1)
def _wordnet() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By ``-`` the antonyms, by ``=`` the synonyms of each stem."""
    found: dict[str, dict[str, set[str]]] = {"-": defaultdict(set), "=": defaultdict(set)}
    for line in WORDNET.read_text(encoding="utf-8").splitlines():
        if line[0] in found:
            mark, one, *others = line.split()
            for other in others:
                found[mark][one].add(other)
                found[mark][other].add(one)
    return {mark: {one: frozenset(others) for one, others in pairs.items()} for mark, pairs in found.items()}


@lru_cache(maxsize=1)
def _fractions() -> re.Pattern[str]:
    """Phrases that state a fraction, as the group ``figure``; and those that only seem to, as no group."""
    seeming = "|".join(re.escape(one).replace("\\ ", "[ -]") for one in _data()["no_fractions"])
    stated = sorted((one for phrases in _data()["fractions"].values() for one in phrases), key=len, reverse=True)
    return re.compile(rf"\b(?:{seeming})|\b(?P<figure>{'|'.join(stated)})(?:d|s)?\b", re.IGNORECASE)


def _figure_of(said: str) -> str:
    fractions = _data()["fractions"].items()
    sizes = (len(said), len(said) - 1)
    return next(str(figure) for size in sizes for figure, every in fractions if said[:size] in every)


@lru_cache(maxsize=1)
def _classes() -> Mapping[tuple[str, ...], Kinds]:
    """The classes of each word or phrase, by the stems of its words."""
    found: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    for kind, value, said in _entries():
        found[_key(said.lower())].add((kind, value))
    return {stems: frozenset(kinds) for stems, kinds in found.items()}


def _key(said: str) -> tuple[str, ...]:
    """The stems of a phrase. An adverb counts as it is written: "hardly" is not "hard", nor "certainly" "certain"."""
    adverb = said.endswith("ly") and " " not in said
    return (f"{said}{_AS_WRITTEN}",) if adverb else tuple(map(stem, TOKEN.findall(said)))


def _entries() -> Iterator[tuple[str, str, str]]:
    """Kind, value and phrase of every class: by name, by side of a pair, by group, or just "yes"."""
    for kind, given in _data().items():
        if kind in _OTHER:
            continue
        if isinstance(given, dict):
            yield from ((kind, value, one) for value, phrases in given.items() for one in phrases)
        elif kind == "opposites":
            sides = (
                (f"{i}{side}", phrases)
                for i, pair in enumerate(given)
                for side, phrases in zip("ab", pair, strict=True)
            )
            yield from ((kind, value, one) for value, phrases in sides for one in phrases)
        elif kind in ("same", "kin"):
            yield from (
                (kind, f"{i}:{one}" if kind == "kin" else str(i), one) for i, group in enumerate(given) for one in group
            )
        else:
            yield from ((kind, "yes", one) for one in given)
