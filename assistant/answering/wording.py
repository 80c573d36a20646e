"""A text as verification reads it: words with what each does to a claim.

The classes of words stand in ``meanings.yaml``, antonyms and synonyms of general English in ``wordnet.txt``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.quantities import Quantity, in_digits, joined, placed
from assistant.retrieval.lexicon import STOPWORDS
from assistant.retrieval.lexicon import stem as root_of
from assistant.textfiles import read_yaml

FILE = Path(__file__).with_name("meanings.yaml")
WORDNET = Path(__file__).with_name("wordnet.txt")
_TOKEN = re.compile(r"\d{1,2}:\d{2}\b|[^\W_]+(?:[.'’,][^\W_]+)*|[;:,.!?()—–]")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_BREAKS = frozenset(
    "; : . ! ? ( ) — but while whereas although though because since if when unless until where yet once".split()
)
_PARTS = frozenset(", – and or versus vs than which who that".split())
_TOLD = frozenset("is are was were will would has have had does do did should must".split())
_OBJECTS = frozenset({"nothing", "nobody", "none", "no one"})
_NEGATIVE = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
NEAR = 3
"""Content words behind a denial that it is surely about; others in its clause may be."""
WEAK = 1000
"""Number of the first denial that only excludes or puts aside ("rather than", "leave")."""
REACH = 3
"""Words around such a one that it may be about."""
LONGEST = 4
"""Words of the longest phrase in ``meanings.yaml``."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase. ``senses`` are what it shares with words that mean the same; ``kinds`` its classes.

    ``clause`` counts what ends at a conjunction or a strong stop, ``part`` also what ends at a comma or "and".
    ``denied`` is the number of the denial it stands under; ``near`` says that it stands close behind it.
    """

    text: str
    stem: str
    senses: frozenset[str]
    kinds: frozenset[tuple[str, str]]
    start: int
    end: int
    clause: int
    part: int
    content: bool
    name: bool
    quantity: Quantity | None = None
    denied: int = -1
    near: bool = False
    sentence: int = 0

    @property
    def refused(self) -> bool:
        """Whether it stands close behind a denial."""
        return 0 <= self.denied < WEAK and self.near

    def kind(self, name: str) -> str:
        """The word's class of this kind, such as ``all`` for the kind ``amounts``; empty without one."""
        return next((value for kind, value in self.kinds if kind == name), "")

    def classes(self, name: str) -> list[str]:
        """All its classes of this kind."""
        return [value for kind, value in self.kinds if kind == name]

    @property
    def telling(self) -> bool:
        """Whether it says something of its own: a subject, a figure, a direction."""
        return self.content or self.quantity is not None or bool(self.sides)

    @property
    def markable(self) -> bool:
        """Whether a denial can be about it."""
        return self.content or any(kind in ("opposites", "same") for kind, _ in self.kinds)

    @property
    def sides(self) -> frozenset[tuple[str, str]]:
        """The pairs of opposites it belongs to, each with its side."""
        return frozenset((value[:-1], value[-1]) for kind, value in self.kinds if kind == "opposites")


@lru_cache(maxsize=2_000)
def read(text: str) -> tuple[Word, ...]:
    """The words of a text, in order."""
    words: list[Word] = []
    text = in_digits(with_fractions(text))
    amounts = {start: (end, quantity) for start, end, quantity in placed(text)}
    clause = part = sentence = 0
    tokens = list(_TOKEN.finditer(text))
    at = 0
    while at < len(tokens):
        size, kinds = _phrase([token[0] for token in tokens[at : at + LONGEST]])
        first, last = tokens[at], tokens[at + size - 1]
        said = text[first.start() : last.end()].replace("’", "'")
        low = said.lower()
        clause += low in _BREAKS
        sentence += low in ".;!?:"
        part += low in _BREAKS or low in _PARTS
        end, quantity = amounts.get(first.start(), (0, None)) if first[0][0].isdigit() else (0, None)
        if clock := _CLOCK.fullmatch(first[0]):
            end, quantity = first.end(), Quantity(value=60.0 * int(clock[1]) + int(clock[2]), unit="clock")
        if quantity is not None:
            size, kinds = 1, _bound(text, first.start(), amounts)
        if any(map(str.isalnum, low)):
            span = first.start(), max(last.end(), end)
            words.append(_word(said, kinds, span, (clause, part, sentence), _opens(text, first.start()), quantity))
        at += size
        while at < len(tokens) and tokens[at].end() <= end:
            at += 1
    return tuple(_denied(words))


def _bound(text: str, at: int, amounts: Mapping[int, tuple[int, Quantity]]) -> frozenset[tuple[str, str]]:
    """The class of bounds that a figure's own writing gives it: the end of a range, or "30+"."""
    end = amounts[at][0] if at in amounts else at
    ranged = any(
        (one == at and joined(text[end:other])) or (other == at and joined(text[amounts[one][0] : other]))
        for one, other in zip(amounts, [*amounts][1:], strict=False)
    )
    return frozenset({("bounds", "range")}) if ranged else frozenset({("bounds", "over")} if "+" in text[at : end + 1] else ())


def with_fractions(text: str) -> str:
    """The text with fractions and multiples as figures: "halved" is 50%."""
    return _fractions().sub(lambda m: f" {_figure_of(m[0])} " if m.lastgroup else m[0], text)


def stem(word: str) -> str:
    """The stem of a lower-case word, irregular forms included."""
    word = _irregular().get(word, word)
    for ending in ("est", "er"):
        if word.endswith(ending) and len(word) > 5:
            bare = word.removesuffix(ending)
            for base in (bare, f"{bare}e", bare[:-1] + "y" if bare[-1] == "i" else bare[:-1]):
                if base in _compared():
                    return root_of(base)
    return root_of(word)


@lru_cache(maxsize=1)
def _compared() -> frozenset[str]:
    """Single words of the opposites, whose comparatives and superlatives are theirs."""
    pairs = read_yaml(FILE, ConfigurationError)["opposites"]
    return frozenset(word for pair in pairs for side in pair for word in side if " " not in word)


@lru_cache(maxsize=1)
def _irregular() -> Mapping[str, str]:
    forms = read_yaml(FILE, ConfigurationError)["irregular"]
    return {form: word for word, others in forms.items() for form in others}


def _word(
    said: str,
    kinds: frozenset[tuple[str, str]],
    span: tuple[int, int],
    place: tuple[int, int, int],
    opens: bool,
    quantity: Quantity | None,
) -> Word:
    low = said.lower()
    root = stem(low)
    senses = {root} | {f"{kind}:{value}" for kind, value in kinds if kind in ("opposites", "same")}
    inner = any(c.isupper() for c in said[1:]) or (low[0].isalpha() and any(map(str.isdigit, low)))
    return Word(
        text=low,
        stem=root,
        senses=frozenset(senses),
        kinds=kinds,
        start=span[0],
        end=span[1],
        clause=place[0],
        part=place[1],
        sentence=place[2],
        content=low not in STOPWORDS and not low[0].isdigit() and not any(kind == "bounds" for kind, _ in kinds),
        name=quantity is None and not any(kind == "kin" for kind, _ in kinds) and (inner or (said[0].isupper() and not opens and low not in STOPWORDS)),
        quantity=quantity,
    )


def _opens(text: str, at: int) -> bool:
    """Whether a sentence, a quotation or a point begins here, where any word has a capital."""
    before = text[:at].rstrip(" \"“'‘(*_")
    return not before or before[-1] in ".!?:;•-\n"


def _denied(words: list[Word]) -> Iterator[Word]:
    """The words with the denials they stand under."""
    under: dict[int, tuple[int, bool]] = {}
    for at, word in enumerate(words):
        if word.kind("soft") or word.kind("soft_after"):
            first = at + 1 if word.kind("soft_after") else at - REACH
            last = len(words) if word.kind("soft_after") else at + REACH + 1
            here = [i for i in range(max(0, first), min(len(words), last)) if words[i].clause == word.clause]
            _mark(words, under, WEAK + at, [i for i in here if words[i].markable])
    for number, at in enumerate(i for i, word in enumerate(words) if word.kind("deny_after")):
        _mark(words, under, number, [i for i in _scope(words, at) if words[i].markable])
        before = _before(words, at)
        if words[at].text in _OBJECTS and at > 0 and words[at - 1].text not in _PARTS | _BREAKS:  # "retrained nothing": what comes before is denied
            _mark(words, under, number, before[:2])
        if at > 0 and words[at - 1].text in _TOLD:  # "a condition is not X" denies as much of the condition
            _mark(words, under, WEAK + at, before[:2])
    for i, word in enumerate(words):
        number, near = under.get(i, (-1, False))
        yield Word(**{**{name: getattr(word, name) for name in word.__slots__}, "denied": number, "near": near})


def _scope(words: list[Word], at: int) -> list[int]:
    """The places behind a denial that it covers: to the end of the clause, or to the next verb that is told of more."""
    found: list[int] = []
    for i in range(at + 1, len(words)):
        if words[i].clause != words[at].clause or (words[i].text in _TOLD and len(found) > 2):
            break
        found.append(i)
    return found


def _before(words: list[Word], at: int) -> list[int]:
    return [i for i in range(at - 1, -1, -1) if words[i].clause == words[at].clause and words[i].markable]


def _mark(words: list[Word], under: dict[int, tuple[int, bool]], number: int, places: list[int]) -> None:
    """Note for each place the denial it stands under, a sure one before one that may be about it."""
    for count, i in enumerate(places):
        near = count < NEAR and words[i].part == words[places[0]].part
        if i not in under or under[i][0] >= WEAK or (near and not under[i][1]):
            under[i] = (number, near)


def ordinary(word: Word) -> bool:
    """Whether it is known for a word of general English."""
    return bool(word.kinds) or any(word.stem in pairs for pairs in _wordnet().values())


def alike(one: Word, other: Word) -> bool:
    """Whether two words mean nearly the same."""
    if one.senses & other.senses or other.stem in _wordnet()["="].get(one.stem, ()):
        return not opposed(one, other) or one.stem == other.stem
    shared = _shared(one.stem, other.stem)
    return shared >= 5 and shared >= 0.7 * max(len(one.stem), len(other.stem))


def opposed(one: Word, other: Word) -> bool:
    """Whether two words are opposites."""
    if one.stem == other.stem:
        return False
    if any((pair, "ba"[side == "b"]) in other.sides for pair, side in one.sides):
        return True
    if one.senses & other.senses:
        return False
    if any(a.split(":")[0] == b.split(":")[0] for a in one.classes("kin") for b in other.classes("kin")):
        return True
    if other.stem in _wordnet()["-"].get(one.stem, ()):
        return True
    short, long = sorted((one.stem, other.stem), key=len)
    return len(short) > 3 and any(long == prefix + short for prefix in _NEGATIVE)


def _shared(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


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
    data = read_yaml(FILE, ConfigurationError)
    seeming = "|".join(re.escape(phrase).replace("\\ ", "[ -]") for phrase in data["no_fractions"])
    stated = sorted((phrase for phrases in data["fractions"].values() for phrase in phrases), key=len, reverse=True)
    return re.compile(rf"\b(?:{seeming})|\b(?P<figure>{'|'.join(stated)})(?:d|s)?\b", re.IGNORECASE)


def _figure_of(phrase: str) -> str:
    data = read_yaml(FILE, ConfigurationError)["fractions"]
    low = phrase.lower()
    return next(
        figure
        for size in (len(low), len(low) - 1)
        for figure, phrases in data.items()
        if low[:size] in phrases
    )


@lru_cache(maxsize=1)
def _classes() -> Mapping[tuple[str, ...], frozenset[tuple[str, str]]]:
    """The classes of each word or phrase, by the stems of its words."""
    data = read_yaml(FILE, ConfigurationError)
    found: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    for kind, value, phrase in _entries(data):
        found[tuple(stem(word.lower()) for word in _TOKEN.findall(phrase))].add((kind, value))
    return {phrase: frozenset(kinds) for phrase, kinds in found.items()}


def _entries(data: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Kind, value and phrase of everything ``meanings.yaml`` lists."""
    for kind, given in data.items():
        if kind in ("fractions", "no_fractions", "irregular"):
            continue
        if isinstance(given, dict):
            yield from ((kind, value, phrase) for value, phrases in given.items() for phrase in phrases)
        elif kind == "opposites" and isinstance(given, list):
            yield from (
                (kind, f"{i}{side}", phrase)
                for i, pair in enumerate(given)
                for side, phrases in zip("ab", pair, strict=True)
                for phrase in phrases
            )
        elif kind == "kin" and isinstance(given, list):
            yield from ((kind, f"{i}:{phrase}", phrase) for i, group in enumerate(given) for phrase in group)
        elif kind == "same" and isinstance(given, list):
            yield from ((kind, str(i), phrase) for i, group in enumerate(given) for phrase in group)
        elif isinstance(given, list):
            yield from ((kind, "yes", phrase) for phrase in given)


def _phrase(tokens: list[str]) -> tuple[int, frozenset[tuple[str, str]]]:
    """The longest phrase that begins here, in words, and its classes; one word without any where there is none."""
    stems = tuple(stem(token.lower().replace("’", "'")) for token in tokens)
    for size in range(len(stems), 0, -1):
        if (kinds := _classes().get(stems[:size])) is not None:
            bounds = size > 1 and any(kind == "bounds" for kind, _ in kinds)
            parts = [_classes().get((one,), frozenset()) for one in stems[:size]] if bounds else []
            return size, kinds | {one for part in parts for one in part if one[0] == "opposites"}
    return 1, frozenset()
