"""What belongs together put in another pair: two things exchanged about the same words, or what is said of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import combinations, pairwise

from assistant.answering.aligning import TURNS, Claimed
from assistant.answering.wording import Text, Word, same

_WAYS = frozenset({"into", "as", "onto", "out of"})
"""Small words about which two things can't change places, either."""
Pair = tuple[Word, Word]
Run = tuple[int, int]


def about(c: Claimed) -> str:
    """Two things in each other's place about words that both texts have: "X into Y" for "Y into X"."""
    for quote in c.quoted:
        for here, there in _runs(c.said, quote):
            ours, theirs = _beside(c.said, here), _beside(quote, there)
            if ours and theirs:
                crossed = _sides(ours, quote, there, False), _sides(theirs, c.said, here, False)
                straight = *_sides(ours, quote, there, True), *_sides(theirs, c.said, here, True)
                if all(map(all, crossed)) and not any(straight):
                    return f"{ours[0].text}, {ours[1].text}"
    return ""


def _sides(pair: Pair, words: Text, run: Run, straight: bool) -> tuple[bool, bool]:
    """Whether the two beside a run stand before and behind it in another text, or behind and before it."""
    before, behind = words[: run[0]], words[run[1] + 1 :]
    sides = (before, behind) if straight else (behind, before)
    stems = {w.stem for w in words}
    found = [any(_is(word, o, stems) for o in side) for word, side in zip(pair, sides, strict=True)]
    return found[0], found[1]


def _runs(said: Text, quote: Text) -> Iterator[tuple[Run, Run]]:
    """Where both have the same words in a row, of which one is more than a link between equals."""
    for i, word in enumerate(said):
        for j, other in enumerate(quote):
            if word.stem == other.stem and not (i and j and said[i - 1].stem == quote[j - 1].stem):
                size = 1
                while i + size < len(said) and j + size < len(quote) and said[i + size].stem == quote[j + size].stem:
                    size += 1
                if any(map(_turns, said[i : i + size])):
                    yield (i, i + size - 1), (j, j + size - 1)


def _turns(word: Word) -> bool:
    """Whether it matters which of two things stands before a word."""
    return word.text in _WAYS or (word.markable and not word.kind("mutual") and not word.kind("prepositions"))


def _beside(words: Text, run: Run) -> Pair | None:
    """The telling words next to a run of words in its part; None where syntax may turn them round."""
    first, last = run
    before = next((i for i in range(first - 1, -1, -1) if words[i].telling), None)
    behind = next((i for i in range(last + 1, len(words)) if words[i].telling), None)
    if before is None or behind is None:
        return None
    pair = words[before], words[behind]
    between = (*words[before + 1 : first], *words[last + 1 : behind])
    free = any(w.text in TURNS or w.kind("prepositions") for w in between)
    level = all(w.part == words[first].part and (w.content or w.quantity) for w in pair)
    return pair if level and not free else None


def partners(c: Claimed) -> str:
    """Two things of different parts, each with what the quote says of the other one."""
    stems = Counter(w.stem for w in c.said)
    ours = [pair for pair in _neighbors(c.said) if all(stems[w.stem] == 1 for w in pair)]
    for quote in c.quoted:
        theirs = list(_neighbors(quote))
        found = [pair for pair in ours if not _among(pair, theirs)]
        for one, two in combinations(found, 2):
            if _swapped(one, two, theirs, apart=one[0].part != two[0].part):
                return " ".join(w.text for w in (*one, *two))
    return ""


def _neighbors(words: Text) -> Iterator[Pair]:
    """Telling words that follow each other in one part."""
    for one, other in pairwise([w for w in words if w.telling]):
        if one.part == other.part:
            yield one, other


def _swapped(one: Pair, two: Pair, theirs: Sequence[Pair], *, apart: bool) -> bool:
    """Whether a quote has the second words of two pairs exchanged, in parts of their own or with no word between."""
    crossed = _among((one[0], two[1]), theirs), _among((two[0], one[1]), theirs)
    if not all(crossed):
        return False
    level = {a.part for a, _ in crossed[0]} & {a.part for a, _ in crossed[1]}
    joined = all(b.start <= a.end + 1 for a, b in (one, two, *crossed[0], *crossed[1]))
    distinct = one[0].stem != two[0].stem and one[1].stem != two[1].stem
    return distinct and (joined or (apart and not level))


def _among(pair: Pair, pairs: Sequence[Pair]) -> list[Pair]:
    """Those of the pairs that say the same."""
    stems = {w.stem for each in pairs for w in each}
    return [(a, b) for a, b in pairs if _is(pair[0], a, stems) and _is(pair[1], b, stems)]


def _is(word: Word, other: Word, stems: Set[str]) -> bool:
    """Whether two words say the same. One that a text has itself is no synonym there ("operator", "controller")."""
    return word.stem == other.stem if word.stem in stems else same(word, other)
