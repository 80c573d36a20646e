"""Whether quotes bear a sentence out: in names, figures, polarity, direction, amount, condition and roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, pairwise

from assistant.answering.aligning import Laid, Slot, lay, same
from assistant.answering.wording import WEAK, Word, alike, opposed, ordinary, read, with_fractions
from assistant.quantities import WORD_NUMBERS, figures

MIN_SHARED = 0.5
"""Share of a sentence's subject words that its quotes must hold."""
_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w[\w.-]*", re.IGNORECASE)
Text = Sequence[Word]


@dataclass(frozen=True)
class Claimed:
    """A sentence and the quotes it is held against, as words; ``named`` are words of the documents' own names."""

    said: tuple[Word, ...]
    quoted: tuple[tuple[Word, ...], ...]
    sentence: str
    quotes: tuple[str, ...]
    named: frozenset[str]

    @cached_property
    def every(self) -> tuple[Word, ...]:
        return tuple(word for quote in self.quoted for word in quote)

    @cached_property
    def laid(self) -> tuple[Laid, ...]:
        return tuple(lay(self.said, quote) for quote in self.quoted)

    @property
    def follows(self) -> bool:
        """Whether the sentence has the words of a quote in its order, so that a change of one word can be told."""
        return max(laid.share for laid in self.laid) >= FOLLOWS

    def places(self) -> Iterator[tuple[Text, int, Word]]:
        for quote in self.quoted:
            yield from ((quote, at, word) for at, word in enumerate(quote))

    def nearest(self, at: int, those: Callable[[Word], bool]) -> float:
        """How near the word ``at`` stands to the same words as any of ``those``; -1 where there is none."""
        return max((near(self.said, at, quote, there) for quote, there, w in self.places() if those(w)), default=-1.0)


def is_supported(sentence: str, quotes: Sequence[str], named: str = "") -> bool:
    """Whether the quotes together bear the sentence out. ``named`` may name their documents and authors."""
    return not fault(sentence, quotes, named)


def fault(sentence: str, quotes: Sequence[str], named: str = "") -> str:
    """What the quotes do not bear out, in a word; empty where they bear the sentence out."""
    said = " ".join(sentence.split())
    clean = tuple(" ".join(quote.split()) for quote in quotes if quote.strip())
    if not said or not clean:
        return "nothing"
    if said in clean or said == " ".join(clean):
        return ""
    claimed = Claimed(
        said=read(said),
        quoted=tuple(map(read, clean)),
        sentence=said,
        quotes=clean,
        named=frozenset(form for word in read(named) for form in (word.text, word.text + "'s")),
    )
    checks = CHECKS if claimed.follows else CHECKS[:ALWAYS]
    return next((f"{name}: {found}" for name, check in checks if (found := check(claimed))), "")


def _other_figures(c: Claimed) -> str:
    more = figures(with_fractions(_uncounted(c.sentence))) - figures(with_fractions(" ".join(c.quotes)))
    spans = {round(seconds, 3) for w in c.every if (seconds := _seconds(w))}
    more -= {w.quantity.value for w in c.said if w.quantity and round(_seconds(w), 3) in spans}
    return ", ".join(f"{value:g}" for value in more)


_COUNTED = re.compile(r"\b(two|three|four|five|six|seven)\b([^:.;]*:)([^.:]+)\.?$", re.IGNORECASE)
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800, "months": 2_592_000, "years": 31_104_000}


def _uncounted(sentence: str) -> str:
    """The sentence without the number of things it lists itself: "three things: a, b and c"."""
    found = _COUNTED.search(sentence)
    items = re.split(r",\s*(?:and\s+)?|;\s*|\s+and\s+", found[3]) if found else []
    counts = found is not None and len(items) == WORD_NUMBERS[found[1].lower()]
    return _COUNTED.sub(r"\2\3", sentence) if counts else sentence


def _seconds(word: Word) -> float:
    """How long a span of time lasts; 0 for anything else."""
    return word.quantity.value * _SECONDS.get(word.quantity.unit, 0) if word.quantity else 0.0


def _other_address(c: Claimed) -> str:
    return ", ".join(one for one in _ADDRESS.findall(c.sentence) if one not in " ".join(c.quotes))


def _other_subject(c: Claimed) -> str:
    content = [word for word in c.said if word.content and word.text not in c.named]
    held = [word for word in content if any(alike(word, other) or opposed(word, other) for other in c.every)]
    return "" if content and len(held) >= MIN_SHARED * len(content) else f"{len(held)} of {len(content)}"


def _other_name(c: Claimed) -> str:
    known = {other.text.removesuffix("'s") for other in c.every} | {other.stem for other in c.every} | c.named
    for word in c.said:
        if word.name and not {word.text, word.text.removesuffix("'s"), word.stem} & known:
            if not any(alike(word, other) for other in c.every):
                return word.text
    return _in_place_of_a_name(c)


def _in_place_of_a_name(c: Claimed) -> str:
    """A first word, whose capital says nothing, that stands where the quote has another name."""
    if len(c.said) < 2 or c.said[0].text in c.named or _held(c.said[0], c.every) or ordinary(c.said[0]):
        return ""
    first, second = c.said[:2]
    others = [w for quote in c.quoted for w, after in pairwise(quote) if after.text == second.text]
    return first.text if first.content and any(w.name or not ordinary(w) for w in others) else ""


_STRONG = frozenset("percent points USD EUR GBP GB MB TB".split())


def _other_unit(c: Claimed) -> str:
    for word in c.said:
        if word.quantity is None:
            continue
        units = {w.quantity.unit for w in c.every if w.quantity and w.quantity.value == word.quantity.value}
        unit = word.quantity.unit
        if units and unit not in units and (unit or units <= _STRONG) and not (unit and "" in units and unit not in _STRONG):
            return f"{word.quantity} {units}"
    return ""


_BORNE = {
    "least": {"least", "over"},
    "over": {"least", "over"},
    "most": {"most", "under", "within"},
    "under": {"most", "under", "within"},
    "within": {"most", "under", "within", ""},
    "range": {"range"},
    "exact": {"exact", ""},
    "": {"", "range", "exact", "least", "over", "within"},
}


def _other_bound(c: Claimed) -> str:
    for at, word in enumerate(c.said):
        if word.quantity is not None:
            theirs = {
                _flipped(q, i) for q, i, w in c.places() if w.quantity and w.quantity.value == word.quantity.value
            }
            if theirs and not theirs & _BORNE[_flipped(c.said, at)]:
                return f"{_bound(c.said, at)} {word.text}, not {theirs}"
    return ""


def _flipped(words: Text, at: int) -> str:
    """The bound of a figure, turned where it stands under a denial: "nobody under ten" are at least ten."""
    kind, around = _bound(words, at), words[max(0, at - 3) : at + 1]
    return {"under": "least", "over": "most"}.get(kind, kind) if any(w.refused for w in around) else kind


def _bound(words: Text, at: int) -> str:
    """On which side of a figure the amount lies; for a range whose end is bounded, that bound."""
    own = words[at].kind("bounds")
    if any(w.text == "ago" for w in words[at + 1 : at + 3]):
        return own
    for back in words[max(0, at - 3) : at][::-1]:
        if back.quantity is not None or back.clause != words[at].clause:
            break
        if (kind := back.kind("bounds")) and not back.text.startswith(("from", "or ", "and ")):
            return kind
    ahead = [w.kind("bounds") for w in words[at + 1 : at + 4] if w.text.startswith(("or ", "and ", "at ", "max"))]
    return next(filter(None, ahead), own)


def _other_place(c: Claimed) -> str:
    """A figure that stands by the words that the quote has by another one."""
    for at, word in enumerate(c.said):
        if word.quantity is None or word.kind("bounds") == "range":
            continue
        value, unit = word.quantity.value, word.quantity.unit
        own = c.nearest(at, lambda w: w.quantity is not None and w.quantity.value == value)
        for quote, there, w in c.places():
            if w.quantity is None or w.quantity.value == value or w.quantity.unit != unit or w.kind("bounds") == "range":
                continue
            ours = [w for q, i, o in c.places() if o.quantity and o.quantity.value == value for w in _ahead(q, i)]
            theirs = _ahead(quote, there)
            context = [o for o in c.said if o.part == word.part and o.content]
            for_own = [o for o in context if any(alike(o, x) for x in ours) and not any(alike(o, x) for x in theirs)]
            for_other = [o for o in context if any(alike(o, x) for x in theirs) and not any(alike(o, x) for x in ours)]
            if len(for_other) > len(for_own) or (not for_own and near(c.said, at, quote, there) > own + 0.5):
                return f"{word.text} for {w.text}"
    return ""


def _ahead(words: Text, at: int) -> list[Word]:
    """The words a figure is said of: its own part, and what stands before it in its clause."""
    return [w for w in words if w.content and w.clause == words[at].clause and w.part <= words[at].part]


def near(words: Text, at: int, others: Text, there: int) -> float:
    """How much the words around two places have in common; nearer ones count more."""
    return sum(
        max((_weight(words, at, i) * _weight(others, there, j) for j, o in _around(others, there) if alike(word, o)), default=0.0)
        for i, word in _around(words, at)
    )


def _weight(words: Text, at: int, i: int) -> float:
    return (1 if words[i].part == words[at].part else 0.5) / abs(i - at) ** 0.5


def _around(words: Text, at: int) -> list[tuple[int, Word]]:
    return [
        (i, word)
        for i, word in enumerate(words)
        if i != at and word.clause == words[at].clause and (word.markable or word.quantity is not None)
    ]


ENOUGH, SURE = 0.45, 1.5


def _binds(words: Text, at: int) -> bool:
    """Whether a word only says on which side of a figure an amount lies."""
    return bool(words[at].kind("bounds")) and any(w.quantity for w in words[at + 1 : at + 4])



def _turned_round(c: Claimed) -> str:
    """A word whose opposite the quotes have by the same words, with no denial to make up for it."""
    mirrored = [w for way, crossed, flipped in _comparisons(c) if crossed and flipped for w in way]
    for at, word in enumerate(c.said):
        if word in mirrored or not word.telling or _binds(c.said, at) or any(w.sides and opposed(word, w) and _held(w, c.every) for w in c.said):
            continue
        own, other = c.nearest(at, lambda w, word=word: alike(word, w)), -1.0
        for quote, there, w in c.places():
            both = any(same(word, o) for o in quote if o.part == w.part)  # "a large or a small gap"
            if opposed(word, w) and not both and not _binds(quote, there):
                weight = near(c.said, at, quote, there)
                weak = word.sides and any(x.near and x.denied >= WEAK for x in (w, word))
                if word.refused == w.refused and not weak:
                    other = max(other, weight)
                else:
                    own = max(own, weight)
        if other > max(own + 0.3, ENOUGH if c.follows else SURE):
            return f"{word.text} {own:.2f} {other:.2f}"
    return next((f"{a.text} / {b.text}" for laid in c.laid if laid.share >= CLOSE for a, b in _opposite_slots(laid)), "")


def _opposite_slots(laid: Laid) -> Iterator[tuple[Word, Word]]:
    """Opposites in one place, as much denied here as there."""
    for slot in laid.slots:
        if len(slot.said) == len(slot.quoted) == 1 and opposed(slot.said[0], slot.quoted[0]) and not _binds(laid.said, laid.said.index(slot.said[0])):
            if (slot.said[0].denied >= 0) == (slot.quoted[0].denied >= 0):
                yield slot.said[0], slot.quoted[0]


def _denials(c: Claimed) -> str:
    """What the sentence denies and the quotes assert, or the other way round; the less it follows them, the surer."""
    for laid in c.laid:
        if laid.share >= VERY_CLOSE and laid.odd and not any(opposed(a, b) for slot in laid.slots for a in slot.said for b in slot.quoted):
            return "one more"
    ours, theirs = _negative(c.said), _negative(c.every)
    close = max(laid.share for laid in c.laid) >= DENY
    found = _denied_alone(c.said, c.every, c.every) if close or not theirs else ""
    found = found or (_denied_alone(c.every, c.said, c.every, part=0.5) if close or not ours else "")
    return found or (_contrast(c) if close else "")


def _negative(words: Text) -> bool:
    """Whether anything in a text denies, excludes or puts aside."""
    return any(w.kind(kind) for w in words for kind in ("deny_after", "soft", "soft_after"))


DENY = 0.7


def _denied_alone(words: Text, others: Text, quoted: Text, part: float = 0.0) -> str:
    """What is denied in one text and only asserted in the other, as far as the quotes are of one mind about it."""
    for number in {word.denied for word in words if 0 <= word.denied < WEAK}:
        group = [word for word in words if word.denied == number and word.near and word.telling]
        known = [word for word in group if _held(word, others)]
        if not known or any(opposed(word, o) for word in group for o in others if not _held(word, others)):
            continue
        denied = [word for word in known if _somewhere(word, others, denied=True)]
        if known[0] in denied or 2 * len(denied) > len(known) or _beside_denial(group[0], words, others):
            continue
        if words is quoted:
            known = [word for word in known if not _somewhere(word, quoted, denied=False)]
            if any(_somewhere(word, others, denied=True) for word in known):
                continue
        if known and len(known) >= part * len(group) and (words is quoted or group[0] in known):
            return " ".join(word.text for word in known)
    return ""


def _beside_denial(word: Word, words: Text, others: Text) -> bool:
    """Whether the clause of the other text that is most like this word's clause denies something, too."""
    here = [w for w in words if w.clause == word.clause and w.telling and not w.kind("deny_after")]
    clauses = {w.clause: [o for o in others if o.clause == w.clause] for w in others}
    best = max(clauses.values(), key=lambda clause: sum(_held(w, clause) for w in here), default=[])
    return sum(_held(w, best) for w in here) >= 0.5 * len(here) and any(w.refused or w.kind("soft") for w in best)


def _contrast(c: Claimed) -> str:
    """A contrast turned round: "X rather than Y" for "Y, not X"."""
    given = [w for w in c.said if (w.refused or w.denied >= WEAK) and w.near and w.content and not _somewhere(w, c.every, denied=True)]
    taken = [
        o
        for o in c.every
        if 0 <= o.denied < WEAK and o.near and o.content and not _somewhere(o, c.every, denied=False) and _somewhere(o, c.said, denied=False) and not _somewhere(o, c.said, denied=True)
    ]
    given = [w for w in given if _somewhere(w, c.every, denied=False)]
    return f"{given[0].text} / {taken[0].text}" if given and taken else ""


def _somewhere(word: Word, others: Text, *, denied: bool) -> bool:
    return any((o.denied >= 0) == denied and alike(word, o) for o in others)


def _amounts(c: Claimed) -> str:
    for at, word in enumerate(c.said):
        kind = word.kind("amounts")
        if not kind or kind == "none" or 0 <= word.denied < WEAK:
            continue
        own = c.nearest(at, lambda w: w.kind("amounts") == kind)
        others = {k: c.nearest(at, lambda w, k=k: w.kind("amounts") == k) for k in _STRONGER[kind]}
        best = max(others, key=lambda k: others[k]) if others else ""
        if kind == "only" and word.kind("conditions") and any(w.kind("conditions") or w.kind("order") for w in c.every):
            continue
        if kind == "only" and any(0 <= w.denied < WEAK or w.quantity for w in c.every):
            continue
        if kind in ("all", "only") and own < 0 and max(laid.share for laid in c.laid) >= CLOSE - 0.1:
            return f"{word.text} unsaid"
        if best and others[best] > max(own + 0.2, 0.3):
            return f"{word.text} for {best}"
    return ""


_STRONGER = {
    "all": ("most", "some", "few"),
    "most": ("some", "few"),
    "some": ("most", "all", "few"),
    "few": ("most", "all"),
    "only": (),
}



def _order(c: Claimed) -> str:
    """What comes first put last: the sides of "before", "after" and "then" exchanged."""
    theirs = [sides for quote in c.quoted for sides in _earlier_later(quote)]
    for early, late in _earlier_later(c.said):
        for first, last in theirs:
            cross, straight = _crossed(early, late, first, last)
            if cross > straight and cross >= 2:
                return " ".join(w.text for w in early)
    return ""


Sides = tuple[list[Word], list[Word]]
REACH = 9


def _earlier_later(words: Text) -> Iterator[Sides]:
    for at, word in enumerate(words):
        if not (kind := word.kind("order")) or (at + 1 < len(words) and words[at + 1].text in ("that", "this", "which")):
            continue
        right = [w for w in words[at + 1 : at + 1 + REACH] if w.clause == word.clause]
        left = [w for w in words[max(0, at - REACH) : at]] or list(words[at + 1 + len(right) :][:REACH])
        pair = [w for w in left if w.markable], [w for w in right if w.markable]
        yield pair if kind == "behind" else pair[::-1]


def _crossed(one: list[Word], two: list[Word], three: list[Word], four: list[Word]) -> tuple[int, int]:
    """How many words of two sides stand on the other side there, and how many on the same; those on both count for none."""
    def shared(a: list[Word], b: list[Word], but: list[Word], nor: list[Word]) -> int:
        return sum(
            any(alike(w, o) for o in b) and not any(alike(w, o) for o in but) and not any(alike(w, o) for o in nor) for w in a
        )

    cross = shared(one, four, two, three), shared(two, three, one, four)
    straight = shared(one, three, two, four), shared(two, four, one, three)
    return (sum(cross) if all(cross) else 0), sum(straight)


def _compared(words: Text) -> Iterator[tuple[list[Word], list[Word], list[Word]]]:
    for at, word in enumerate(words):
        if word.text == "than" or word.text.endswith(" than") or word.kind("compares"):
            here = [i for i, w in enumerate(words) if w.clause == word.clause]
            left = [words[i] for i in here if i < at and (words[i].content or words[i].quantity)]
            right = [words[i] for i in here if i > at and (words[i].content or words[i].quantity)][:3]
            yield left, right, list(words[max(0, at - 3) : at + 1])


def _exchanged(c: Claimed) -> str:
    """Two things in each other's place; opposite words of comparison make up for that."""
    mirrored = any(crossed and flipped for _, crossed, flipped in _comparisons(c))
    found = next((laid.reversed for laid in c.laid if laid.share >= CROSSED and laid.reversed), "")
    if found and not mirrored and not any(opposed(w, o) for w in c.said if w.sides for o in c.every):
        return found
    for way, crossed, flipped in _comparisons(c):
        known = any(w.sides and _held(w, c.every) for w in way)
        if (crossed and not flipped) or (flipped and not crossed and not known):
            return way[-1].text
    return ""


def _comparisons(c: Claimed) -> Iterator[tuple[list[Word], bool, bool]]:
    """For each comparison: its words, whether its sides are exchanged, and whether it is the opposite one."""
    theirs = [one for quote in c.quoted for one in _compared(quote)]
    for left, right, way in _compared(c.said):
        for left2, right2, way2 in theirs:
            cross, straight = _crossed(left, right, left2, right2)
            if not (left and right and left2 and right2):
                continue
            turned = _held(left[-1], right2) and _held(right[0], left2[-3:]) and not _held(left[-1], left2) and not _held(right[0], right2)
            if cross != straight or turned:
                yield way, turned or cross > straight, any(opposed(a, b) for a in way for b in way2)


FAR, CROSSED, CLOSE, VERY_CLOSE = 0.4, 0.5, 0.6, 0.7
"""Share of its words that a sentence has in the order of a quote which it follows closely."""


def _in_place(c: Claimed) -> str:
    """What stands in another's place where the sentence follows a quote closely."""
    for one in c.laid:
        beside = [w for other in c.laid if other is not one and other.share >= CLOSE - 0.1 for w in other.quote]
        for slot in one.slots if one.share >= FAR else ():
            swapped = any(_same_words(slot.said, o.quoted) and _same_words(slot.quoted, o.said) for o in one.slots)
            held = [w for w in slot.quoted if _held(w, c.said)]
            absent = 2 * len(held) < len(slot.quoted)
            taken = slot.tight and not held and _elsewhere(slot, one.quote)
            borrowed = absent and all(_held(w, beside) and not _held(w, one.quote) for w in slot.said)
            if swapped or (one.share >= CLOSE and (taken or borrowed)):
                return f"{' '.join(w.text for w in slot.said)} for {' '.join(w.text for w in slot.quoted)}"
    return ""


def _elsewhere(slot: Slot, quote: Text) -> bool:
    """Whether what is said in a place stands in another part of the quote."""
    parts = {w.part for w in slot.quoted}
    own = [o for w in slot.said for o in quote if same(w, o)]
    return all(_held(w, quote) and not w.sides for w in slot.said) and all(o.part not in parts for o in own)


def _spliced(c: Claimed) -> str:
    """A subject of one part of the quotes with what is said of another subject there."""
    units = list({tuple(map(id, unit)): unit for quote in c.quoted for unit in _units(quote)}.values())
    for part in sorted({w.part for w in c.said}):
        words = [w for w in c.said if w.part == part and w.telling]
        if len(words) < 2 or not words[0].content or words[0].sides:
            continue
        of_head = [unit for unit in units if any(same(words[0], w) for w in unit[:3])]
        if not of_head or min(map(len, of_head)) < 2 or any(_held(words[0], unit) for unit in units if unit not in of_head):
            continue
        for unit in units:
            body = [*dropwhile(lambda w, unit=unit: not _held(w, unit), words)]
            if unit in of_head or len(unit) < 2 or not body or _held(unit[0], words):
                continue
            covered = [w for w in body if _held(w, unit)]
            only = [w for w in covered if sum(_held(w, o) for o in units) == 1]
            only = [w for w in only if not any(same(w, o) for o in unit[:2])]
            only = only if len(only) > 1 or any(w.quantity or w.name or w.kind("kin") for w in only) else []
            own = [w for w in body if any(_held(w, o) for o in of_head) and not _held(w, unit)]
            if len(only) > len(own) and len(covered) >= 0.7 * len(body):
                return f"{words[0].text} with {' '.join(w.text for w in only)}"
    return ""


def _units(quote: Text) -> Iterator[list[Word]]:
    """What has a subject of its own in a quote: its clauses, and parts that open with a determiner, a name or "who"."""
    for clause in sorted({w.clause for w in quote}):
        words = [w for w in quote if w.clause == clause]
        if any(w.text in PRONOUNS for w in words[:3]):
            continue
        opener = next((w for w in words if w.text not in JOINS), words[0])
        if opener.kind("deny_after") or opener.kind("prepositions"):
            continue
        if not words[0].kind("conditions") and clause > quote[0].clause:
            yield [w for w in words if w.telling]
        for part in sorted({w.part for w in words}):
            inside = [w for w in words if w.part == part]
            first = next((w for w in inside if w.text not in JOINS), inside[0])
            told = [w for w in inside if w.telling]
            if first.text in ("who", "which"):
                told = [*[w for w in quote if w.telling and w.start < first.start][-1:], *told]
            own = first.text in OPENS or first.name or first.quantity or first is quote[0]
            if not own and not (_stands_alone(quote, inside) and len(told) > 2):
                continue
            if told and not first.kind("conditions"):
                yield told


def _stands_alone(quote: Text, part: Text) -> bool:
    """Whether a part follows a comma and "and", which joins sentences."""
    before = [w for w in quote if w.start < part[0].start]
    return bool(before) and part[0].text in JOINS and part[0].part >= before[-1].part + 2


PRONOUNS = frozenset("it they he she its their his her this that these those".split())
JOINS = frozenset("and or but while whereas because since so yet , which".split()) - {"which"}
OPENS = frozenset("the a an its their his her our your no each every some most all many any this these those who which".split())


def _from_to(c: Claimed) -> str:
    """What is said to go from a thing that the quotes have as the end, or the other way round."""
    theirs = [pair for quote in c.quoted for pair in _governed(quote)]
    for word, way in _governed(c.said):
        ways = {w for other, w in theirs if same(word, other)}
        if ways and way not in ways:
            return f"{way} {word.text}"
    return ""


def _governed(words: Text) -> Iterator[tuple[Word, str]]:
    """Names and things behind "from", "to", "into" and, of names, "by"."""
    for i, word in enumerate(words):
        if word.text in ("from", "to", "into", "by"):
            way = "to" if word.text == "into" else word.text
            for other in words[i + 1 : i + 4]:
                if other.part != word.part or other.kind("prepositions"):
                    break
                if other.name or (other.content and way == "from") or (other.content and word.text == "into"):
                    yield other, way


def _other_case(c: Claimed) -> str:
    """The condition of one quote with what another one says under a condition of its own."""
    if len(c.quoted) < 2:
        return ""
    for bound, main in _conditions(c.said):
        case, told = _own(c, bound), _own(c, main)
        if case is not None and told is not None and case is not told and any(True for _ in _conditions(told)):
            return " ".join(w.text for w in bound)
    return ""


def _own(c: Claimed, words: Text) -> Text | None:
    """The quote that alone has most of these words; None where no one has two more than another."""
    counts = []
    for quote in c.quoted:
        others = [w for other in c.quoted if other is not quote for w in other]
        counts.append(sum(_held(w, quote) and not _held(w, others) for w in words))
    best = max(range(len(counts)), key=counts.__getitem__)
    return c.quoted[best] if counts[best] >= 1 and sum(counts) == counts[best] else None


def _held(word: Word, others: Text) -> bool:
    return any(same(word, other) for other in others)


def _same_words(some: Text, others: Text) -> bool:
    return all(_held(w, others) for w in some) and all(_held(w, some) for w in others)


def _condition(c: Claimed) -> str:
    """A condition of the quote that the sentence does not mention, though it claims what is bound to it."""
    if any(w.kind("conditions") and w.text not in ("with", "without") for w in c.said):
        return ""
    said = [w for w in c.said if w.telling]
    for quote in c.quoted:
        for bound, main in _conditions(quote):
            hedged = any(w.kind("hedges") and not _held(w, quote) for w in c.said)
            told = any(_held(w, [o for o in bound if not _held(o, main)]) or any(opposed(w, o) for o in bound) for w in said)
            followed = sum(_held(w, said) for w in main) >= CLOSE * len(main)
            if main and followed and not told and not hedged and sum(_held(w, quote) for w in said) >= CLOSE * len(said):
                return " ".join(w.text for w in bound)
    return ""


def _conditions(quote: Text) -> Iterator[tuple[list[Word], list[Word]]]:
    """The words of each condition in a quote, and of what is bound to it; one that leads ends at its first comma."""
    for clause in sorted({w.clause for w in quote}):
        words = [w for w in quote if w.clause == clause]
        at = next((i for i, w in enumerate(words) if w.kind("conditions")), None)
        if at is None or (at > 0 and words[at].text in ("with", "without", "once")):
            continue
        if words[at].text == "when" and (before := [w for w in quote if w.start < words[at].start]) and before[-1].part < words[at].part - 1:
            continue  # what follows a comma only adds the time
        leads = words[at] is quote[0]
        bound = [w for w in words[at:] if w.telling and (not leads or w.part == words[at].part)]
        before = [w for w in quote if w.start < words[at].start and w.sentence == words[at].sentence]
        last = before[-1].part if before else 0
        parts = {w.part for w in before if w.part >= last - 1} if before else {w.part for w in quote}
        yield bound, [w for w in quote if w.telling and w not in bound and w.part in parts and w.sentence == words[at].sentence]


Check = Callable[[Claimed], str]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("figures", _other_figures),
    ("address", _other_address),
    ("name", _other_name),
    ("subject", _other_subject),
    ("unit", _other_unit),
    ("bound", _other_bound),
    ("denial", _denials),
    ("turned", _turned_round),
    ("place", _other_place),
    ("amount", _amounts),
    ("order", _order),
    ("exchanged", _exchanged),
    ("place of another", _in_place),
    ("splice", _spliced),
    ("from and to", _from_to),
    ("case", _other_case),
    ("condition", _condition),
)
ALWAYS = 8
FOLLOWS = 0.5
"""Share of its words from which on a sentence is held to the wording of its quotes."""
