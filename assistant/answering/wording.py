"""A text as verification reads it: its words, what each does to a claim, and what each is denied by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from assistant.answering.meanings import LONGEST, TOKEN, Kinds, antonyms, listed, phrase, stem, synonyms, with_fractions
from assistant.quantities import Quantity, in_digits, joined, placed
from assistant.retrieval.lexicon import STOPWORDS

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_BREAKS = frozenset(
    "; : . ! ? ( ) — but while whereas although though because since if when unless until where yet once".split()
)
_PARTS = frozenset(", – and or versus vs than which who that".split())
_EMPTY = STOPWORDS - frozenset("author authors essay essays post article articles people work works".split())
"""Words without a subject; of those that a search leaves out, some can be one."""
_TOLD = frozenset("is are was were will would has have had does do did should must".split())
_OBJECTS = frozenset({"nothing", "nobody", "none", "no one"})
_TWICE = frozenset({"without", "fail", "fails", "failed", "lack", "lacks"})
"""Denials that assert what they are about where the clause denies already: "nobody leaves without paying"."""
_NEGATIVE = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
NEAR = 3
"""Words behind a denial that it is surely about; others in its clause may be."""
WEAK = 1000
"""Number of the first denial that only excludes or puts aside ("rather than", "leave")."""
REACH = 3
"""Words around such a one that it may be about."""


@dataclass(frozen=True, eq=False)
class Word:
    """A word or phrase. ``senses`` are what it shares with words that mean the same, ``kinds`` its classes.

    ``clause`` counts what ends at a conjunction or a strong stop, ``part`` also what ends at a comma or "and",
    ``sentence`` what ends at a strong stop only. ``denied`` is the number of the denial it stands under, and ``near``
    says that it stands close to it.
    """

    text: str
    stem: str
    kinds: Kinds
    start: int
    end: int
    clause: int
    part: int
    sentence: int
    content: bool
    name: bool
    quantity: Quantity | None = None
    denied: int = -1
    near: bool = False

    @cached_property
    def senses(self) -> frozenset[str]:
        """What it has in common with words that mean the same."""
        groups = {f"{kind}:{value}" for kind, value in self.kinds if kind in ("opposites", "same")}
        return frozenset({self.stem} | groups)

    @cached_property
    def sides(self) -> frozenset[str]:
        """The sides of pairs of opposites it stands on, as ``12a``."""
        return frozenset(value for kind, value in self.kinds if kind == "opposites")

    @cached_property
    def telling(self) -> bool:
        """Whether it says something of its own: a subject, a figure, a direction."""
        return self.content or self.quantity is not None or bool(self.sides)

    @cached_property
    def markable(self) -> bool:
        """Whether a denial can be about it."""
        return self.content or any(kind in ("opposites", "same") for kind, _ in self.kinds)

    @property
    def refused(self) -> bool:
        """Whether it stands close behind a denial."""
        return 0 <= self.denied < WEAK and self.near

    @cached_property
    def denies(self) -> bool:
        """Whether it denies what comes after it."""
        return bool(self.kind("deny_after"))

    @cached_property
    def excludes(self) -> bool:
        """Whether it excludes or puts aside, without a denial."""
        return bool(self.kind("soft") or self.kind("soft_after"))

    def kind(self, name: str) -> str:
        """The word's class of this kind, such as ``all`` for the kind ``amounts``; empty without one."""
        return next((value for kind, value in self.kinds if kind == name), "")

    def counts(self, value: float) -> bool:
        """Whether it states this figure."""
        return self.quantity is not None and self.quantity.value == value


Text = Sequence[Word]


@lru_cache(maxsize=2_000)
def read(text: str) -> tuple[Word, ...]:
    """The words of a text, in order."""
    words: list[Word] = []
    text = in_digits(with_fractions(text))
    amounts = {start: (end, quantity) for start, end, quantity in placed(text)}
    amounts |= {m.start(): (m.end(), _time(m)) for m in _CLOCK.finditer(text)}
    clause = part = sentence = at = 0
    tokens = list(TOKEN.finditer(text))
    while at < len(tokens):
        first = tokens[at]
        end, quantity = amounts.get(first.start(), (0, None)) if first[0][0].isdigit() else (0, None)
        size, kinds = phrase([token[0] for token in tokens[at : at + LONGEST]])
        if quantity is not None:
            size, kinds = 1, _bound(text, first.start(), amounts)
        end = max(end, tokens[at + size - 1].end())
        said = text[first.start() : tokens[at + size - 1].end()].replace("’", "'")
        low = said.lower()
        clause, sentence = clause + (low in _BREAKS), sentence + (low in ".;!?:")
        ranges = low == "–" and text[first.start() - 1].isdigit()
        part += low in _BREAKS or (low in _PARTS and not ranges)
        if any(map(str.isalnum, low)):
            opens = _opens(text, first.start())
            word = _word(said, kinds, quantity, opens)
            words.append(replace(word, start=first.start(), end=end, clause=clause, part=part, sentence=sentence))
        at = next((i for i in range(at + size, len(tokens)) if tokens[i].start() >= end), len(tokens))
    return tuple(_denied(words))


def _word(said: str, kinds: Kinds, quantity: Quantity | None, opens: bool) -> Word:
    low, classes = said.lower(), {kind for kind, _ in kinds}
    inner = any(c.isupper() for c in said[1:]) or (low[0].isalpha() and any(map(str.isdigit, low)))
    capital = said[0].isupper() and not opens and low not in STOPWORDS
    return Word(
        text=low,
        stem=stem(low),
        kinds=kinds,
        start=0,
        end=0,
        clause=0,
        part=0,
        sentence=0,
        content=low not in _EMPTY and not low[0].isdigit() and "bounds" not in classes,
        name=quantity is None and "kin" not in classes and (inner or capital),
        quantity=quantity,
    )


def _time(match: re.Match[str]) -> Quantity:
    return Quantity(value=60.0 * int(match[1]) + int(match[2]), unit="clock")


def _bound(text: str, at: int, amounts: Mapping[int, tuple[int, Quantity]]) -> Kinds:
    """The class of bounds that a figure's own writing gives it: the end of a range, or "30+"."""
    end = amounts[at][0]
    pairs = zip(amounts, [*amounts][1:], strict=False)
    if any(at in (one, other) and joined(text[amounts[one][0] : other]) for one, other in pairs):
        return frozenset({("bounds", "range")})
    return frozenset({("bounds", "over")} if "+" in text[at : end + 1] else ())


def _opens(text: str, at: int) -> bool:
    """Whether a sentence, a quotation or a point begins here, where any word has a capital."""
    before = text[:at].rstrip(" \"“'‘(*_")
    return not before or before[-1] in ".!?:;•-\n"


def _denied(words: Sequence[Word]) -> Iterator[Word]:
    """The words with the denials they stand under."""
    under: dict[int, tuple[int, bool]] = {}
    for at, word in enumerate(words):
        if word.excludes:
            _mark(words, under, WEAK + at, _around(words, at))
    for at, word in enumerate(words):
        if word.denies:
            scope = [*_scope(words, at)]
            before = [i for i in range(at - 1, -1, -1) if words[i].clause == word.clause and words[i].markable][:2]
            last = words[at - 1].text if at else ""
            twice = word.text in _TWICE and any(w.denies and w.clause == word.clause for w in words[:at])
            _mark(words, under, at + WEAK * twice, scope)
            if word.text in _OBJECTS and last and last not in _PARTS | _BREAKS:  # "retrained nothing"
                _mark(words, under, at, before)
            if (
                last in _TOLD or word.text.removesuffix("n't") in _TOLD
            ):  # "compute is not the cost" denies as much of compute
                _mark(words, under, WEAK + at, [i for i in before if words[i].part == word.part])
    for i, word in enumerate(words):
        number, near = under.get(i, (-1, False))
        yield replace(word, denied=number, near=near)


def _around(words: Sequence[Word], at: int) -> Iterable[int]:
    """The places that an excluding word may be about."""
    behind = bool(words[at].kind("soft_after"))
    places = range(at + 1, len(words)) if behind else range(max(0, at - REACH), min(len(words), at + REACH + 1))
    return (i for i in places if words[i].clause == words[at].clause and words[i].markable)


def _scope(words: Sequence[Word], at: int) -> Iterator[int]:
    """The places behind a denial that it covers: to the end of the clause, or to the next verb of a longer one."""
    reach = len(words) if words[at].text != "non" else at + 2
    for i in range(at + 1, min(reach, len(words))):
        if words[i].clause != words[at].clause or (words[i].text in _TOLD and i > at + 3):
            return
        if words[i].markable:
            yield i


def _mark(words: Sequence[Word], under: dict[int, tuple[int, bool]], number: int, places: Iterable[int]) -> None:
    """Note for each place the denial it stands under, a sure one before one that may be about it."""
    first: int | None = None
    for count, i in enumerate(places):
        first = words[i].part if first is None else first
        near = count < NEAR and words[i].part == first
        if i not in under or under[i][0] >= WEAK or (near and not under[i][1]):
            under[i] = (number, near)


def ordinary(word: Word) -> bool:
    """Whether it is known for a word of general English."""
    return bool(word.kinds) or listed(word.stem) or word.text in STOPWORDS


def alike(one: Word, other: Word) -> bool:
    """Whether two words mean nearly the same."""
    if one.stem == other.stem:
        return True
    return _alike(one.stem, one.kinds, one.senses, other.stem, other.kinds, other.senses)


def opposed(one: Word, other: Word) -> bool:
    """Whether two words are opposites, or exclude each other."""
    return _opposed(one.stem, one.kinds, one.senses, other.stem, other.kinds, other.senses)


def same(one: Word, other: Word) -> bool:
    """Whether two words say the same: one figure, a denial each, one word, or words that mean nearly the same."""
    if one.quantity is not None and other.quantity is not None:
        return one.quantity.value == other.quantity.value
    return one.text == other.text or (one.denies and other.denies) or alike(one, other)


def held(word: Word, others: Iterable[Word]) -> bool:
    """Whether one of the others says the same."""
    return any(same(word, other) for other in others)


Senses = frozenset[str]


@lru_cache(maxsize=100_000)
def _alike(one: str, kinds: Kinds, senses: Senses, other: str, kinds2: Kinds, senses2: Senses) -> bool:
    if senses & senses2 or synonyms(one, other):
        return not _opposed(one, kinds, senses, other, kinds2, senses2)
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 5 and shared >= 0.7 * max(len(one), len(other))


@lru_cache(maxsize=100_000)
def _opposed(one: str, kinds: Kinds, senses: Senses, other: str, kinds2: Kinds, senses2: Senses) -> bool:
    if one == other:
        return False
    turned = {
        ("opposites", value[:-1] + ("b" if value[-1] == "a" else "a")) for kind, value in kinds if kind == "opposites"
    }
    if turned & kinds2:
        return True
    if senses & senses2:
        return False
    kin = ({value.split(":")[0] for kind, value in each if kind == "kin"} for each in (kinds, kinds2))
    if set.intersection(*kin) or antonyms(one, other):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) > 3 and any(long == prefix + short for prefix in _NEGATIVE)
