"""Where a sentence follows a quote word for word and where it puts something else: what stands in whose place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.wording import Word, alike

Text = Sequence[Word]
_ARTICLES = frozenset({"the", "a", "an"})
LOOSE = 0.4
"""How much a word without a subject counts when two texts are laid beside each other."""
MOST = 4
"""Most words that can stand in one place."""


@dataclass(frozen=True)
class Slot:
    """Words of the sentence in the place of words of the quote; ``tight``: the words around are the same ones."""

    said: tuple[Word, ...]
    quoted: tuple[Word, ...]
    tight: bool


@dataclass(frozen=True)
class Laid:
    """A sentence beside a quote: ``share`` of its words stand there in the same order."""

    said: Text
    share: float
    slots: tuple[Slot, ...]
    pairs: tuple[tuple[Word, Word], ...]
    quote: Text

    @property
    def odd(self) -> bool:
        """Whether one of the two denies between the words that meet, and the other one nowhere."""
        if not self.pairs:
            return False
        met = {id(word) for pair in self.pairs for word in pair}
        first, last = self.pairs[0][1].start, self.pairs[-1][1]
        between = [w for w in self.quote if first <= w.start < last.start]
        ours = [w for w in self.said if _denies(w) and id(w) not in met]
        theirs = [w for w in self.quote if _denies(w) and id(w) not in met and _about(w, self.quote, self.said)]
        loose = [w for w in (*self.said, *between) if _loose(w) and id(w) not in met and w is not last]
        if loose:
            return False
        denied = [w for w in ours if _about(w, self.said, self.quote)]
        return (len(denied) == 1 and not theirs) or (not ours and bool(theirs) and theirs[0] in between)

    @property
    def reversed(self) -> str:
        """Two words about a third one whose order is turned round; empty without any, or where a passive explains it."""
        once = [
            (w, found[0], _bare(self.said, i) and _bare(self.quote, self.quote.index(found[0])))
            for i, w in enumerate(self.said)
            if w.content and len(found := [o for o in self.quote if same(w, o)]) == 1
        ]
        for i, (one, there, bare) in enumerate(once):
            for k in range(i + 2, len(once)):
                two, here, also = once[k]
                pivot = next((p for p, q, _ in once[i + 1 : k] if here.start < q.start < there.start), None)
                if bare and also and pivot is not None and _level(one, two, there, here):
                    spans = [w for w in self.said if one.start <= w.start <= two.start]
                    spans += [w for w in self.quote if here.start <= w.start <= there.start]
                    if not any(w.text in TURNS for w in spans):
                        return f"{one.text} and {two.text} about {pivot.text}"
        return ""


TURNS = frozenset("by that which who whom whose is are was were be been".split())
"""Words with which an order may be turned round and still say the same."""


def _level(one: Word, two: Word, there: Word, here: Word) -> bool:
    return one.sentence == two.sentence and there.sentence == here.sentence


def _loose(word: Word) -> bool:
    return bool(word.kind("soft") or word.kind("soft_after")) or word.kind("amounts") == "only"


def _bare(words: Text, at: int) -> bool:
    """Whether no preposition and no condition governs a word, so that its place says what it does."""
    before = [w for w in words[max(0, at - 3) : at] if w.part == words[at].part]
    clause = [w for w in words if w.clause == words[at].clause]
    return not any(w.kind("prepositions") for w in before) and not clause[0].kind("conditions")


def _denies(word: Word) -> bool:
    return bool(word.kind("deny_after"))


def _about(denial: Word, words: Text, others: Text) -> bool:
    """Whether what a denial is about is a word of the other text."""
    behind = [w for w in words if w.start > denial.start and w.telling and w.clause == denial.clause][:1]
    return not behind or any(same(w, o) for w in behind for o in others)


def lay(sentence: Text, quote: Text) -> Laid:
    """The sentence laid beside the quote so that most words meet."""
    said = [w for w in sentence if w.text not in _ARTICLES]
    quoted = [w for w in quote if w.text not in _ARTICLES]
    pairs = _longest(said, quoted)
    telling = [w for w in said if w.telling]
    share = sum(said[i].telling for i, _ in pairs) / len(telling) if telling else 0.0
    return Laid(
        said, share, tuple(_slots(said, quoted, pairs)), tuple((said[i], quoted[j]) for i, j in pairs), quote
    )


def same(one: Word, other: Word) -> bool:
    """Whether two words say the same: one figure, one word, or words that mean nearly the same."""
    if one.quantity is not None and other.quantity is not None:
        return one.quantity.value == other.quantity.value
    if one.kind("deny_after") and other.kind("deny_after"):
        return True
    return one.text == other.text or alike(one, other)


def _longest(said: Text, quoted: Text) -> list[tuple[int, int]]:
    """The heaviest common subsequence, as pairs of places."""
    rows, columns = len(said), len(quoted)
    meet = {
        (i, j): 1.0 if said[i].telling else LOOSE
        for i in range(rows)
        for j in range(columns)
        if same(said[i], quoted[j])
    }
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            skipped = max(best[i + 1][j], best[i][j + 1])
            best[i][j] = max(skipped, best[i + 1][j + 1] + meet[i, j]) if (i, j) in meet else skipped
    pairs, i, j = [], 0, 0
    while i < rows and j < columns:
        if (i, j) in meet and best[i][j] == best[i + 1][j + 1] + meet[i, j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _slots(said: Text, quoted: Text, pairs: Sequence[tuple[int, int]]) -> Iterator[Slot]:
    ends = [(-1, -1), *pairs, (len(said), len(quoted))]
    for (i, j), (k, m) in zip(ends, ends[1:], strict=False):
        first = _start(quoted, m) if i < 0 else j + 1
        last = _end(quoted, j) if k == len(said) else m
        ours, theirs = said[i + 1 : k], quoted[first:last]
        mine = tuple(w for w in ours if w.telling and not any(same(w, o) for o in theirs))
        its = tuple(w for w in theirs if w.telling and not any(same(w, o) for o in ours))
        if mine and its and len(mine) <= MOST and len(its) <= MOST:
            around = [(i, j), (k, m)]
            exact = all(x < 0 or x == len(said) or said[x].stem == quoted[y].stem for x, y in around)
            tight = exact and len(ours) == sum(w.telling for w in ours) and len(theirs) == sum(w.telling for w in theirs)
            yield Slot(mine, its, tight)


def _start(quoted: Text, at: int) -> int:
    first = min(at, len(quoted) - 1)
    while first > 0 and at - first < MOST and quoted[first - 1].part == quoted[min(at, len(quoted) - 1)].part:
        first -= 1
    return first


def _end(quoted: Text, at: int) -> int:
    last = at + 1
    while last < len(quoted) and last - at <= MOST and quoted[last].part == quoted[at].part:
        last += 1
    return last
