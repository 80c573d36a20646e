"""Claims put together wrongly: order turned round, sides exchanged, another's place, two statements spliced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise

from assistant.answering.aligning import CLOSE, FAR, FOLLOWS, Claimed, Slot
from assistant.answering.wording import Text, Word, alike, held, opposed, same

BESIDE = 9
"""Words before and behind "before", "after" and "then" that they order."""
RECOMBINED = 0.95
"""Share of its words that a sentence has from its quotes, to be a recombination of them."""
COVERED = 0.7
"""Share of what is said of a subject that stands with another one, for the two to be spliced."""
_PRONOUNS = frozenset("it they he she its their his her this that these those".split())
_JOINS = frozenset("and or but while whereas because since so yet".split())
_OPENS = frozenset(
    "the a an its their his her our your no each every some most all many any this these those who which".split()
)
Sides = tuple[list[Word], list[Word]]


def order(c: Claimed) -> str:
    """What comes first put last: the sides of "before", "after" and "then" exchanged."""
    theirs = [sides for quote in c.quoted for sides in _earlier_later(quote)]
    for early, late in _earlier_later(c.said):
        for first, last in theirs:
            cross, straight = _crossed(early, late, first, last)
            if cross > straight:
                return " ".join(w.text for w in early)
    ours, quoted = _ranked(c.said), [_ranked(quote) for quote in c.quoted]
    for early, late in quoted:
        straight = any(held(w, early) for w in ours[0]) or any(held(w, late) for w in ours[1])
        if not straight and (any(held(w, late) for w in ours[0]) or any(held(w, early) for w in ours[1])):
            return " ".join(w.text for w in ours[0] or ours[1])
    return ""


def _ranked(words: Text) -> Sides:
    """What is said to come first, and what last, by words beside it in its part."""
    found: Sides = ([], [])
    for word in words:
        if rank := word.kind("ranks"):
            found[rank == "late"].extend(w for w in words if w.part == word.part and w.content and not w.kind("ranks"))
    return [w for w in found[0] if not held(w, found[1])], [w for w in found[1] if not held(w, found[0])]


def _earlier_later(words: Text) -> Iterator[Sides]:
    for at, word in enumerate(words):
        kind = word.kind("order")
        if kind and not (at + 1 < len(words) and words[at + 1].text in ("that", "this", "which")):
            right = [w for w in words[at + 1 : at + 1 + BESIDE] if w.clause == word.clause]
            left = words[max(0, at - BESIDE) : at] or words[at + 1 + len(right) :][:BESIDE]
            pair = [w for w in left if w.markable], [w for w in right if w.markable]
            yield pair if kind == "behind" else pair[::-1]


def _crossed(left: Text, right: Text, left2: Text, right2: Text) -> tuple[int, int]:
    """How many words of two sides stand on the other side there (0 unless both do), and how many on the same."""

    def only(some: Text, there: Text, but: Text, nor: Text) -> int:
        elsewhere = (*but, *nor)
        return sum(any(alike(w, o) for o in there) and not any(alike(w, o) for o in elsewhere) for w in some)

    cross = only(left, right2, right, left2), only(right, left2, left, right2)
    straight = only(left, left2, right, right2), only(right, right2, left, left2)
    return (sum(cross) if all(cross) else 0), sum(straight)


def exchanged(c: Claimed) -> str:
    """Two things in each other's place about a verb or a comparison; the opposite comparison makes up for that."""
    found = list(comparisons(c))
    mirrored = any(crossed and flipped for _, crossed, flipped in found)
    sided = [w for w in c.said if w.sides and not w.kind("conditions")]
    if not mirrored and not any(opposed(w, o) for w in sided for o in c.every):
        for laid in c.laid:
            if laid.share >= FOLLOWS and (turned := laid.reversed):
                return turned
    for way, crossed, flipped in found:
        known = any(w.sides and held(w, c.every) for w in way)
        if (crossed and not flipped) or (flipped and not crossed and not known):
            return way[-1].text
    return ""


def comparisons(c: Claimed) -> Iterator[tuple[Text, bool, bool]]:
    """For each comparison: its words, whether its sides are exchanged, and whether it is the opposite one."""
    theirs = [one for quote in c.quoted for one in _compared(quote)]
    for left, right, way in _compared(c.said):
        for left2, right2, way2 in theirs:
            cross, straight = _crossed(left, right, left2, right2)
            moved = held(left[-1], right2) and held(right[0], left2[-3:])
            moved = moved and not held(left[-1], left2) and not held(right[0], right2)
            if cross != straight or moved:
                yield way, moved or cross > straight, any(opposed(a, b) for a in way for b in way2)


def _compared(words: Text) -> Iterator[tuple[Text, Text, Text]]:
    """What stands before and behind each word that compares, and the words of the comparison."""
    for at, word in enumerate(words):
        if word.text.endswith("than") or word.kind("compares"):
            here = [w for w in words if w.clause == word.clause and (w.content or w.quantity)]
            way = words[max(0, at - 3) : at + 1]
            first = next(w for w in way if w.sides or w is word)
            left = [w for w in here if w.start < first.start] or [w for w in here if w.start < word.start]
            right = [w for w in here if w.start > word.start][:3]
            if left and right:
                yield left, right, way


def in_place(c: Claimed) -> str:
    """What stands in another's place where the sentence follows a quote closely."""
    for one in c.laid:
        beside = [w for other in c.laid if other is not one and other.share >= FOLLOWS for w in other.quote]
        for slot in one.slots if one.share >= FAR else ():
            swapped = any(_within(slot.said, o.quoted) and _within(o.said, slot.quoted) for o in one.slots)
            kept = sum(held(w, c.said) for w in slot.quoted)
            taken = slot.tight and not kept and _elsewhere(slot, one.quote)
            borrowed = 2 * kept < len(slot.quoted) and _borrowed(slot, one.quote, beside)
            if swapped or (one.share >= CLOSE and (taken or borrowed)):
                return " ".join(w.text for w in slot.said)
    return ""


def _within(some: Text, others: Text) -> bool:
    return all(held(w, others) for w in some)


def _elsewhere(slot: Slot, quote: Text) -> bool:
    """Whether what is said in a place stands in another part of the quote."""
    parts = {w.part for w in slot.quoted}
    own = [o for w in slot.said for o in quote if same(w, o)]
    return all(held(w, quote) and not w.sides for w in slot.said) and all(o.part not in parts for o in own)


def _borrowed(slot: Slot, quote: Text, beside: Text) -> bool:
    """Whether what is said in a place comes from another quote."""
    return all(held(w, beside) and not held(w, quote) for w in slot.said)


def spliced(c: Claimed) -> str:
    """A subject of one part of the quotes with what is said of another subject there."""
    units = list({tuple(map(id, unit)): unit for quote in c.quoted for unit in _units(quote)}.values())
    for part in sorted({w.part for w in c.said}):
        words = [w for w in c.said if w.part == part and w.telling]
        if len(words) > 1 and (words[0].content or words[0].quantity) and not words[0].sides:
            of_head = [unit for unit in units if held(words[0], unit[:3])]
            rest = [unit for unit in units if unit not in of_head]
            told = {w for unit in of_head for w in unit}
            astray = any(same(words[0], w) for w in c.every if w not in told) or any(held(words[0], u) for u in rest)
            clear = of_head and min(map(len, of_head)) > 1 and not astray
            if clear and any(_taken(words, unit, of_head, units) for unit in rest if len(unit) > 1):
                return words[0].text
    return ""


def _taken(words: Text, unit: Text, of_head: Sequence[Text], units: Sequence[Text]) -> bool:
    """Whether words say of their subject what another unit says of its own."""
    body = [*dropwhile(lambda w: not held(w, unit), words)]
    head = not words[0].name and words[1].start <= words[0].end + 1 and held(words[1], unit[:2])
    if not body or head or held(unit[0], words):
        return False
    covered = [w for w in body if held(w, unit)]
    apart = [one for one in units if not any(w in unit for w in one)]
    only = [w for w in covered if not held(w, unit[:2]) and not any(held(w, one) for one in apart)]
    if len(only) < min(2, len(unit) - 1) and not any(w.quantity or w.name or w.kind("kin") for w in only):
        return False
    named = next((i for i in range(1, len(words)) if words[i].start > words[i - 1].end + 1), len(words))
    own = [w for w in words[named:] if any(held(w, one) for one in of_head) and not held(w, unit)]
    return len(only) > len(own) and len(covered) >= COVERED * len(body)


def _units(quote: Text) -> Iterator[Text]:
    """What has a subject of its own in a quote: its clauses, and parts that open with a determiner, a name or "who"."""
    for clause in sorted({w.clause for w in quote}):
        words = [w for w in quote if w.clause == clause]
        opener = next((w for w in words if w.text not in _JOINS), words[0])
        if any(w.text in _PRONOUNS for w in words[:3]) or opener.denies or opener.kind("prepositions"):
            continue
        if not words[0].kind("conditions") and clause > quote[0].clause:
            yield [w for w in words if w.telling]
        for part in sorted({w.part for w in words}):
            if told := _part(quote, [w for w in words if w.part == part]):
                yield told


def _part(quote: Text, inside: Text) -> Text:
    """The telling words of a part that has a subject of its own; of one with "who", the one before is the subject."""
    first = next((w for w in inside if w.text not in _JOINS), inside[0])
    told = [w for w in inside if w.telling]
    before = [w for w in quote if w.start < inside[0].start]
    if first.text in ("who", "which"):
        told = [*[w for w in before if w.telling][-1:], *told]
    joins = bool(before) and inside[0].text in _JOINS and inside[0].part >= before[-1].part + 2  # ", and"
    own = first.text in _OPENS or first.name or first.quantity or first is quote[0] or (joins and len(told) > 2)
    return told if own and not first.kind("conditions") else []


def attached(c: Claimed) -> str:
    """A subject with what its quote says of another, where the sentence has neither that one nor its own verb."""
    for one, two in pairwise([w for w in c.said if w.telling]):
        close = c.covered >= RECOMBINED and one.part == two.part and one.content and two.content and _leads(c.said, one)
        if close and any(_of_another(one, two, c.said, quote) for quote in c.quoted):
            return f"{one.text} {two.text}"
    return ""


def _of_another(one: Word, two: Word, said: Text, quote: Text) -> bool:
    """Whether a quote has the second word behind another subject, and the first one before another word."""
    telling = [w for w in quote if w.telling]
    verbs, subjects = ([i for i, w in enumerate(telling) if same(each, w)] for each in (two, one))
    if len(verbs) != 1 or not verbs[0] or not all(_leads(quote, telling[i]) for i in subjects):
        return False
    verb, other = telling[verbs[0]], telling[verbs[0] - 1]
    if other.part != verb.part or held(other, said) or not _leads(quote, other) or not subjects:
        return False
    own = [telling[i + 1] for i in subjects if telling[i + 1 : i + 2] and telling[i + 1].part == telling[i].part]
    before = any(telling[i].clause == verb.clause and i < verbs[0] for i in subjects)
    return bool(own) and not before and not any(held(w, said) for w in own)


def _leads(words: Text, word: Word) -> bool:
    """Whether a word is the first or second of its part that tells something, with no preposition before it."""
    part = [w for w in words if w.part == word.part and w.start <= word.start]
    return sum(w.telling for w in part) <= 2 and not any(w.kind("prepositions") for w in part)


def from_to(c: Claimed) -> str:
    """What is said to go from a thing that the quotes have as the end, or the other way round."""
    theirs = [pair for quote in c.quoted for pair in _governed(quote)]
    for word, way in _governed(c.said):
        ways = {w for other, w in theirs if same(word, other)}
        if ways and way not in ways:
            return word.text
    return ""


def _governed(words: Text) -> Iterator[tuple[Word, str]]:
    """Names behind "from", "to", "into" and "by", and things behind "from" and "into"."""
    for i, word in enumerate(words):
        if word.text in ("from", "to", "into", "by"):
            for other in words[i + 1 : i + 4]:
                if other.part != word.part or other.kind("prepositions"):
                    break
                if other.name or (other.content and word.text in ("from", "into")):
                    yield other, "to" if word.text == "into" else word.text
