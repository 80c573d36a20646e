"""Claims turned round: a denial more or less, an opposite, all for some, a condition left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.answering.aligning import CLOSE, FOLLOWS, VERY_CLOSE, Claimed, Laid, bare, near
from assistant.answering.placing import Sides, comparisons
from assistant.answering.wording import WEAK, Text, Word, alike, held, opposed, same

ENOUGH, SURE = 0.45, 1.5
"""How near an opposite must stand to the same words to turn a sentence round: one that follows a quote, and another."""
MOSTLY = 0.85
"""Share of a sentence's words that its quotes have, for a contrast to be theirs."""
SMALL = 3
"""Words of both texts in one place, for any of them to be opposites there."""
WHOLE = 0.75
"""Share of a short claim that stands in what a condition binds."""
MARGIN = 0.3
"""How much nearer than the word itself."""


def denials(c: Claimed) -> str:
    """What the sentence denies and the quotes assert, or the other way round.

    Where it follows no quote closely, only a denial counts for which the other side has nothing like one.
    """
    if any(laid.share >= VERY_CLOSE and laid.odd and not _opposites(laid) for laid in c.laid):
        return "one denial more or less"
    close = c.share >= VERY_CLOSE
    found = denied_alone(c.said, c.every, c.said) if close or not _negative(c.every) else ""
    for quote in c.quoted if close or not _negative(c.said) else ():
        found = found or denied_alone(quote, c.said, c.every)
    return found or (_contrast(c) if close or c.covered >= MOSTLY else "")


def unless(c: Claimed) -> str:
    """A condition turned round: "unless" for "if", with no denial that makes up for it."""
    for laid in c.laid:
        ours, theirs = (any(w.text == "unless" for w in words) for words in (laid.said, laid.quote))
        conditional = all(any(w.kind("conditions") for w in words) for words in (laid.said, laid.quote))
        met = {clause for _, w in laid.pairs for clause in (w.clause,)}
        denied = any(w.denies for w in (*laid.said, *(w for w in laid.quote if w.clause in met)))
        if ours != theirs and conditional and not denied and laid.share >= VERY_CLOSE:
            return "unless"
    return ""


def _negative(words: Text) -> bool:
    """Whether anything in a text denies, excludes or puts aside."""
    return any(w.denies or w.excludes for w in words)


def denied_alone(words: Text, others: Text, whole: Text) -> str:
    """What is denied in one text and only asserted in the other; ``whole`` are all words of the first one's side.

    What the quotes deny counts only where they are of one mind about it.
    """
    ours = words is whole
    for number in sorted({word.denied for word in words if 0 <= word.denied < WEAK}):
        behind = words[number + 1 : number + 2]
        if any(w.kind("bounds") for w in behind):
            continue  # "nobody under sixteen" sets a bound, which is checked as one
        group = [word for word in words if word.denied == number and word.near and word.telling]
        known = [word for word in group if held(word, others)]
        if not known or any(opposed(word, o) for word in group if word not in known for o in others):
            continue
        denied = [word for word in known if _somewhere(word, others, denied=True)]
        if known[0] in denied or 2 * len(denied) > len(known) or _beside_denial(group[0], words, others):
            continue
        if not ours:
            known = [word for word in known if not _somewhere(word, whole, denied=False)]
        if known and (group[0] in known if ours else not denied and 2 * len(known) >= len(group)):
            return " ".join(word.text for word in known)
    return ""


def _beside_denial(word: Word, words: Text, others: Text) -> bool:
    """Whether the clause of the other text that is most like this word's clause denies something, too."""
    here = [w for w in words if w.clause == word.clause and w.telling and not w.denies]
    clauses = [[o for o in others if o.clause == clause] for clause in {o.clause for o in others}]
    best = max(clauses, key=lambda clause: sum(held(w, clause) for w in here), default=[])
    alike_enough = 2 * sum(held(w, best) for w in here) >= len(here)
    return alike_enough and any(w.refused or w.kind("soft") for w in best)


def _contrast(c: Claimed) -> str:
    """A contrast turned round: "X rather than Y" for "Y, not X"."""
    given = [w for w in c.said if w.denied >= 0 and w.near and w.content and held(w, c.every)]
    given = [w for w in given if c.said[w.denied % WEAK].start < w.start]
    given = [w for w in given if not _somewhere(w, c.every, denied=True)]
    denied = [o for q in c.quoted for o in q if o.refused and o.content and bare(q, o)]
    denied = [o for o in denied if not _somewhere(o, c.every, denied=False)]
    taken = [o for o in denied if _somewhere(o, c.said, denied=False) and not _somewhere(o, c.said, denied=True)]
    return f"{given[0].text} for {taken[0].text}" if given and taken else ""


def _somewhere(word: Word, others: Text, *, denied: bool) -> bool:
    return any((o.denied >= 0) == denied and alike(word, o) for o in others)


def opposites(c: Claimed) -> str:
    """A word whose opposite the quotes have by the same words, with no denial to make up for it."""
    mirrored = {w for way, crossed, flipped in comparisons(c) if crossed and flipped for w in way}
    least = ENOUGH if c.share >= FOLLOWS else SURE
    for at, word in enumerate(c.said):
        if not word.telling or word in mirrored or binds(c.said, at):
            continue
        if not any(w.sides and opposed(word, w) and held(w, c.every) for w in c.said):  # it has both sides itself
            own, other = _nearer(c, at)
            if other > max(own + MARGIN, least):
                return word.text
    return next((one for laid in c.laid if laid.share >= CLOSE for one in _opposites(laid)), "")


def _nearer(c: Claimed, at: int) -> tuple[float, float]:
    """How near a word stands to the same words as one that means the same, and as its opposite."""
    word = c.said[at]
    own, other = c.nearest(at, lambda w: alike(word, w)), -1.0
    for quote, there, w in (place for place in c.places() if opposed(word, place[2])):
        said = any(same(word, o) for o in quote if o.clause == w.clause)
        counted = bool(w.kind("kin") and there and quote[there - 1].quantity)  # a unit is checked with its figure
        if not said and not counted and not binds(quote, there):
            weak = bool(word.sides) and any(x.near and x.denied >= WEAK for x in (w, word))
            weight = near(c.said, at, quote, there)
            if word.refused == w.refused and not weak:
                other = max(other, weight)
            else:
                own = max(own, weight)
    return own, other


def _opposites(laid: Laid) -> list[str]:
    """Opposites that stand in one place, as much denied here as there."""
    places = [
        (one, other)
        for slot in laid.slots
        for one in slot.said
        for other in slot.quoted
        if len(slot.said) == len(slot.quoted) == 1
        or (len(slot.said) + len(slot.quoted) <= SMALL and one.sides and other.sides)
    ]
    turned = [(one, other) for one, other in places if opposed(one, other) and one.refused == other.refused]
    return [one.text for one, _ in turned if not binds(laid.said, laid.said.index(one))]


def binds(words: Text, at: int) -> bool:
    """Whether a word only says on which side of a figure an amount lies."""
    return bool(words[at].kind("bounds")) and any(w.quantity for w in words[at + 1 : at + 4])


_BOUND = frozenset("may can might could must".split())
_OTHERS = {
    "all": ("most", "some", "few"),
    "most": ("some", "few"),
    "some": ("most", "all", "few"),
    "few": ("most", "all"),
}
"""The amounts that each one must not stand for."""


def amounts(c: Claimed) -> str:
    """All for some, some for all, only for also: a bound of the claim that the quotes have otherwise."""
    return next(_amounts(c), "")


def _amounts(c: Claimed) -> Iterator[str]:
    for at, word in enumerate(c.said):
        kind = word.kind("amounts")
        denied = 0 <= word.denied < WEAK or (at and c.said[at - 1].denies)
        if not kind or kind == "none" or denied or (kind == "only" and _narrow(word, c.every)):
            continue
        own = c.nearest(at, lambda w, kind=kind: w.kind("amounts") == kind)  # type: ignore[misc]
        others = [c.nearest(at, lambda w, k=k: w.kind("amounts") == k) for k in _OTHERS.get(kind, ())]  # type: ignore[misc]
        unsaid = kind in ("all", "only") and own < 0 and c.share >= FOLLOWS
        if unsaid or max(others, default=-1.0) > max(own + 0.2, MARGIN):
            yield word.text
    narrow = (w.kind("amounts") == "only" or w.kind("needs") or w.text in _BOUND for w in c.said)
    if not any(narrow) and not _negative(c.said):
        for laid in c.laid:
            met = laid.pairs if laid.share >= VERY_CLOSE else ()
            yield from (w.text for w in laid.quote if w.kind("amounts") == "only" and _inside(w, met))


def _inside(word: Word, pairs: Sequence[tuple[Word, Word]]) -> bool:
    """Whether a word of the quote stands among those that meet."""
    return bool(pairs) and pairs[0][1].start < word.start < pairs[-1][1].start


def _narrow(only: Word, quoted: Text) -> bool:
    """Whether the quotes narrow what they say, by a condition, a denial or a number."""
    bound = any(w.kind("conditions") or (only.kind("conditions") and w.kind("order")) for w in quoted)
    return bound or any(0 <= w.denied < WEAK or w.quantity for w in quoted)


def condition(c: Claimed) -> str:
    """A condition of the quote that the sentence does not mention, though it claims what is bound to it."""
    if any(w.kind("conditions") and w.text not in ("with", "without") for w in c.said):
        return ""
    said = [w for w in c.said if w.telling]
    for quote in c.quoted:
        hedged = any(w.kind("hedges") and w.text not in ("can", "could") and not held(w, quote) for w in c.said)
        for bound, main in _conditions(quote) if not hedged else ():
            own = [o for o in bound if not held(o, main)]
            told = any(held(w, own) or any(w.sides and opposed(w, o) for o in bound) for w in said)
            meant = [w for w in main if any(same(w, o) and w.refused == o.refused for o in said)]
            whole = len(meant) > 1 and sum(held(w, main) for w in said) >= WHOLE * len(said)
            free = [w for w in quote if w not in bound and w not in main]
            claims = bool(main) and (whole or len(meant) >= CLOSE * len(main)) and not all(held(w, free) for w in said)
            if claims and not told and sum(held(w, quote) for w in said) >= CLOSE * len(said):
                return " ".join(w.text for w in bound)
    return ""


def _conditions(quote: Text) -> Iterator[Sides]:
    """The words of each condition in a quote, and of what is bound to it; one that leads ends at its first comma."""
    for clause in sorted({w.clause for w in quote}):
        words = [w for w in quote if w.clause == clause]
        opener = next((w for w in words if w.kind("conditions")), None)
        if opener is None or (opener is not words[0] and opener.text in ("with", "without", "once")):
            continue
        before = [w for w in quote if w.start < opener.start]
        if opener.text == "when" and before and before[-1].part < opener.part - 1:
            continue  # behind a comma it only adds the time
        bound = [w for w in words if w.start >= opener.start and w.telling and (before or w.part == opener.part)]
        level = [w for w in before if w.sentence == opener.sentence]
        parts = {w.part for w in (level or quote) if not level or w.part >= level[-1].part - 1}
        around = [w for w in quote if w.telling and w.sentence == opener.sentence and w.part in parts]
        yield bound, [w for w in around if w not in bound]


def other_case(c: Claimed) -> str:
    """The condition of one quote with what another one says under a condition of its own."""
    for bound, main in _conditions(c.said) if len(c.quoted) > 1 else ():
        case, told = _own(c, bound), _own(c, main)
        if case is not None and told is not None and case is not told and next(_conditions(told), None):
            return " ".join(w.text for w in bound)
    return ""


def _own(c: Claimed, words: Text) -> Text | None:
    """The one quote that has those of these words that are not in every quote; None where there are several."""
    others = {id(quote): [w for other in c.quoted if other is not quote for w in other] for quote in c.quoted}
    having = [q for q in c.quoted if any(held(w, q) and not held(w, others[id(q)]) for w in words)]
    return having[0] if len(having) == 1 else None
