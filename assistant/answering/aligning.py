"""A sentence laid beside the quotes it cites: what meets, what stands in whose place, what is near what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from assistant.answering.wording import Text, Word, alike, held, read, same

_ARTICLES = frozenset({"the", "a", "an"})
TURNS = frozenset("by that which who whom whose is are was were be been".split())
"""Words with which an order may be turned round and still say the same."""
LOOSE = 0.4
"""How much a word without a subject counts when two texts are laid beside each other."""
BEFORE = 2
"""Words before the first that meets in which a denial may stand."""
MOST = 4
"""Most words that can stand in one place."""
FAR, FOLLOWS, CLOSE, VERY_CLOSE = 0.4, 0.5, 0.6, 0.7
"""Shares of its words that a sentence has in a quote's order: the more, the surer a changed word is a changed claim."""


@dataclass(frozen=True)
class Slot:
    """Words of the sentence in the place of words of the quote; ``tight``: the words around are the same ones."""

    said: tuple[Word, ...]
    quoted: tuple[Word, ...]
    tight: bool


@dataclass(frozen=True)
class Laid:
    """A sentence beside a quote: ``pairs`` are the words that meet, ``share`` how many of the sentence's they are."""

    said: Text
    quote: Text
    share: float
    slots: tuple[Slot, ...]
    pairs: tuple[tuple[Word, Word], ...]

    @property
    def odd(self) -> bool:
        """Whether one of the two denies between the words that meet, and the other one nowhere."""
        if not self.pairs:
            return False
        met = {word for pair in self.pairs for word in pair}
        first, last = (self.quote.index(quoted) for _, quoted in (self.pairs[0], self.pairs[-1]))
        clause = self.quote[first].clause
        between = [w for w in self.quote[max(0, first - BEFORE) : last] if w.clause >= clause]
        behind = (w for w in self.quote[last:] if w.sentence == self.quote[last].sentence)
        beside = [*between, *(w for w in behind if _about(w, self.quote, self.said))]
        if any((w.excludes or w.kind("amounts") == "only") and w not in met for w in (*self.said, *beside)):
            return False
        ours = [w for w in self.said if w.denies and w not in met]
        theirs = [w for w in self.quote if w.denies and w not in met and _about(w, self.quote, self.said)]
        denied = [w for w in ours if _about(w, self.said, self.quote)]
        return (len(denied) == 1 and not theirs) or (not ours and bool(theirs) and theirs[0] in between)

    @property
    def reversed(self) -> str:
        """Two words whose order about a third one is turned round; empty without, or where syntax may turn it."""
        once = [
            (w, there[0]) for w in self.said if w.content and len(there := [o for o in self.quote if same(w, o)]) == 1
        ]
        for i, (one, far) in enumerate(once):
            for k in range(i + 2, len(once)):
                two, close = once[k]
                if any(close.start < o.start < far.start for _, o in once[i + 1 : k]) and self._plain(
                    one, two, close, far
                ):
                    return f"{one.text}, {two.text}"
        return ""

    def _plain(self, one: Word, two: Word, close: Word, far: Word) -> bool:
        """Whether the order of two words, here and there, says who does what: no passive, no preposition."""
        spans = [w for w in self.said if one.start <= w.start <= two.start]
        spans += [w for w in self.quote if close.start <= w.start <= far.start]
        level = one.part == two.part and close.part == far.part
        free = all(
            bare(text, w) for text, w in ((self.said, one), (self.said, two), (self.quote, close), (self.quote, far))
        )
        return level and free and not any(w.text in TURNS for w in spans)


def bare(words: Text, word: Word) -> bool:
    """Whether no preposition and no condition governs a word."""
    before = [w for w in words if w.start < word.start and w.part == word.part][-3:]
    opens = next(w for w in words if w.clause == word.clause)
    return not any(w.kind("prepositions") for w in before) and not opens.kind("conditions")


def _about(denial: Word, words: Text, others: Text) -> bool:
    """Whether the first word that a denial is about is one of the other text."""
    behind = next((w for w in words if w.start > denial.start and w.telling and w.clause == denial.clause), None)
    return behind is None or any(same(behind, o) for o in others)


def lay(sentence: Text, quote: Text) -> Laid:
    """The sentence laid beside the quote so that most words meet."""
    said = [w for w in sentence if w.text not in _ARTICLES]
    quoted = [w for w in quote if w.text not in _ARTICLES]
    pairs = _longest(said, quoted)
    telling = sum(w.telling for w in said)
    share = sum(said[i].telling for i, _ in pairs) / telling if telling else 0.0
    met = tuple((said[i], quoted[j]) for i, j in pairs)
    return Laid(sentence, quote, share, tuple(_slots(said, quoted, pairs)), met)


def _longest(said: Text, quoted: Text) -> list[tuple[int, int]]:
    """The heaviest common subsequence, as pairs of places."""
    rows, columns = range(len(said)), range(len(quoted))
    meet = {(i, j): 1.0 if said[i].telling else LOOSE for i in rows for j in columns if same(said[i], quoted[j])}
    best = [[0.0] * (len(quoted) + 1) for _ in range(len(said) + 1)]
    for i in reversed(rows):
        for j in reversed(columns):
            skipped = max(best[i + 1][j], best[i][j + 1])
            best[i][j] = max(skipped, best[i + 1][j + 1] + meet[i, j]) if (i, j) in meet else skipped
    pairs, i, j = [], 0, 0
    while i < len(said) and j < len(quoted):
        if (i, j) in meet and best[i][j] == best[i + 1][j + 1] + meet[i, j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _slots(said: Text, quoted: Text, pairs: Sequence[tuple[int, int]]) -> Iterator[Slot]:
    """What of each text stands between the words that meet, where both have something there."""
    for (i, j), (k, m) in pairwise([(-1, -1), *pairs, (len(said), len(quoted))]):
        ours = said[i + 1 : k]
        theirs = quoted[_start(quoted, m) if i < 0 else j + 1 : _end(quoted, j) if k == len(said) else m]
        mine = tuple(w for w in ours if w.telling and not any(same(w, o) for o in theirs))
        its = tuple(w for w in theirs if w.telling and not any(same(w, o) for o in ours))
        if 0 < len(mine) <= MOST and 0 < len(its) <= MOST:
            beside = ((said[x], quoted[y]) for x, y in ((i, j), (k, m)) if 0 <= x < len(said))
            whole = all(w.telling for w in (*ours, *theirs))
            inner = i >= 0 and k < len(said)
            yield Slot(mine, its, inner and whole and all(one.stem == other.stem for one, other in beside))


def _start(quoted: Text, at: int) -> int:
    """Where the part of a quote begins in which the first words meet, a few words back at most."""
    last = min(at, len(quoted) - 1)
    return next((i for i in range(at, 0, -1) if at - i >= MOST or quoted[i - 1].part != quoted[last].part), 0)


def _end(quoted: Text, at: int) -> int:
    """Where the part of a quote ends in which the last words meet, a few words on at most."""
    ends = (i for i in range(at + 1, len(quoted)) if i - at > MOST or quoted[i].part != quoted[at].part)
    return next(ends, len(quoted))


@dataclass(frozen=True)
class Claimed:
    """A sentence and the quotes it is held against; ``named`` are words of their documents' titles and authors."""

    sentence: str
    quotes: tuple[str, ...]
    named: frozenset[str]

    @cached_property
    def said(self) -> Text:
        """The words of the sentence."""
        return read(self.sentence)

    @cached_property
    def quoted(self) -> tuple[Text, ...]:
        """The words of each quote."""
        return tuple(map(read, self.quotes))

    @cached_property
    def every(self) -> Text:
        """The words of all quotes."""
        return tuple(word for quote in self.quoted for word in quote)

    @cached_property
    def laid(self) -> tuple[Laid, ...]:
        """The sentence beside each quote."""
        return tuple(lay(self.said, quote) for quote in self.quoted)

    @cached_property
    def share(self) -> float:
        """The share of its words that the sentence has in the order of the quote it follows most closely."""
        return max(laid.share for laid in self.laid)

    @cached_property
    def covered(self) -> float:
        """The share of its words that the sentence has in its quotes, in whatever order."""
        telling = [w for w in self.said if w.telling]
        return sum(held(w, self.every) for w in telling) / len(telling) if telling else 0.0

    def places(self) -> Iterator[tuple[Text, int, Word]]:
        """Each word of the quotes with its quote and its place there."""
        for quote in self.quoted:
            yield from ((quote, at, word) for at, word in enumerate(quote))

    def nearest(self, at: int, those: Callable[[Word], bool]) -> float:
        """How near the word ``at`` stands to the same words as any of ``those``; -1 where there is none."""
        return max((near(self.said, at, quote, there) for quote, there, w in self.places() if those(w)), default=-1.0)


def near(words: Text, at: int, others: Text, there: int) -> float:
    """How much the words around two places have in common; nearer ones count more."""
    beside = _around(others, there)
    total = 0.0
    for word, weight in _around(words, at):
        total += weight * max((theirs for other, theirs in beside if alike(word, other)), default=0.0)
    return total


def _around(words: Text, at: int) -> list[tuple[Word, float]]:
    """The words of a clause beside one of them, each with how much it counts there."""
    return [
        (word, (1.0 if word.part == words[at].part else 0.5) / abs(i - at) ** 0.5)
        for i, word in enumerate(words)
        if i != at and word.clause == words[at].clause and (word.markable or word.quantity is not None)
    ]
