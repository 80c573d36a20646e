"""Whether quotes bear a sentence out: in names, figures, polarity, direction, amount, order, subject and condition.

Rules of general English over the classes of ``meanings.yaml``. The more closely a sentence follows the words of a
quote, the more a single changed word counts; a free one is held to its names, figures, subject and denials only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from assistant.answering.aligning import FOLLOWS, Claimed, near
from assistant.answering.meanings import with_fractions
from assistant.answering.pairing import about, partners
from assistant.answering.placing import attached, exchanged, from_to, in_place, order, spliced
from assistant.answering.turning import amounts, condition, denials, opposites, other_case, unless
from assistant.answering.wording import Text, Word, alike, held, opposed, ordinary, read
from assistant.quantities import WORD_NUMBERS, figures
from assistant.types import Citation, Essay

MIN_SHARED = 0.5
"""Share of a sentence's subject words that its quotes must hold."""
_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w[\w.-]*", re.IGNORECASE)
_COUNTED = re.compile(r"\b(two|three|four|five|six|seven)\b([^:.;]*:)([^.:]+)\.?$", re.IGNORECASE)
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800, "months": 2_592_000, "years": 31_104_000}
_ENDS = (*".!?…", ".”", "!”", "?”")
_STRONG = frozenset("percent points USD EUR GBP GB MB TB".split())
"""Units that a figure can't be without."""
_SHARES = frozenset({"percent", "points"})
"""Units without which a figure says something else; a price, a time or a size may be given without its own."""
_BORNE = {
    "least": {"least", "over"},
    "over": {"least", "over"},
    "most": {"most", "under", "within"},
    "under": {"most", "under", "within"},
    "within": {"most", "under", "within", ""},
    "range": {"range", "exact", ""},
    "exact": {"exact", ""},
    "": {"", "range", "exact", "least", "over", "within"},
}
"""The bounds of a quote's figure that bear each bound out."""


def names_of(source: Essay | Citation) -> str:
    """What a sentence may call a document and its author: the words of its title, author, publisher and id."""
    publisher = source.publisher if isinstance(source, Essay) else None
    source_id = source.id if isinstance(source, Essay) else source.source_id
    return " ".join(filter(None, (source.title, source.author, publisher, source_id)))


def is_supported(sentence: str, quotes: Sequence[str], named: str = "") -> bool:
    """Whether the quotes together bear the sentence out. ``named`` may name their documents and authors."""
    return not fault(sentence, quotes, named)


def fault(sentence: str, quotes: Sequence[str], named: str = "") -> str:
    """What the quotes do not bear out, in a few words; empty where they bear the sentence out."""
    said = " ".join(sentence.split())
    clean = tuple(" ".join(quote.split()) for quote in quotes if quote.strip())
    if not said or not clean:
        return "nothing is said" if not said else "nothing is quoted"
    if _stands(said, " ".join(clean)):
        return ""
    names = frozenset(form for word in read(named) for form in (word.text, f"{word.text}'s"))
    claimed = Claimed(said, clean, names)
    checks = (*ALWAYS, *(FOLLOWING if claimed.share >= FOLLOWS else ()))
    return next((f"{name}: {found}" for name, check in checks if (found := check(claimed))), "")


def _stands(said: str, quoted: str) -> bool:
    """Whether the words stand in what is quoted as sentences of it, from a beginning to an end."""
    at = quoted.find(said)
    before, behind = quoted[:at].rstrip(" \"“‘('"), quoted[at + len(said) :]
    begins = not before or before.endswith(_ENDS)
    return at >= 0 and begins and (not behind.strip() or said.endswith(_ENDS) or behind[0] in ".!?…")


def _figures(c: Claimed) -> str:
    """Figures that the quotes do not have; a span of time may be in another unit."""
    more = figures(with_fractions(_uncounted(c.sentence))) - figures(with_fractions(" ".join(c.quotes)))
    spans = {seconds for w in c.every if (seconds := _seconds(w))}
    more -= {w.quantity.value for w in c.said if w.quantity and _seconds(w) in spans}
    shares = {w.quantity.value for w in c.said if w.quantity and w.quantity.unit == "percent" and held(w, c.every)}
    more -= shares | {value / 100 for value in shares}
    return ", ".join(f"{value:g}" for value in sorted(more))


def _uncounted(sentence: str) -> str:
    """The sentence without the number of things it lists itself: "three things: a, b and c"."""
    found = _COUNTED.search(sentence)
    items = re.split(r",\s*(?:and\s+)?|;\s*|\s+and\s+", found[3]) if found else []
    counts = found is not None and len(items) == WORD_NUMBERS[found[1].lower()]
    return _COUNTED.sub(r"\2\3", sentence) if counts else sentence


def _seconds(word: Word) -> float:
    """How long a span of time lasts; 0 for anything else."""
    return round(word.quantity.value * _SECONDS.get(word.quantity.unit, 0), 3) if word.quantity else 0.0


def _address(c: Claimed) -> str:
    return ", ".join(one for one in _ADDRESS.findall(c.sentence) if one not in " ".join(c.quotes))


def _subject(c: Claimed) -> str:
    """Too few of its subject words in the quotes."""
    content = [word for word in c.said if word.content and word.text not in c.named]
    known = [word for word in content if any(alike(word, other) or opposed(word, other) for other in c.every)]
    return "" if content and len(known) >= MIN_SHARED * len(content) else f"{len(known)} of {len(content)} words"


def _name(c: Claimed) -> str:
    """A name that neither the quotes nor their documents have."""
    known = {form for o in c.every for form in (o.text.removesuffix("'s"), o.stem)} | c.named
    names = [w for w in c.said if w.name and not {w.text, w.text.removesuffix("'s"), w.stem} & known]
    return next((w.text for w in names if not held(w, c.every)), _first_name(c))


def _first_name(c: Claimed) -> str:
    """A first word, whose capital says nothing, that stands where the quote has another name."""
    if len(c.said) < 2 or c.said[0].text in c.named or held(c.said[0], c.every) or ordinary(c.said[0]):
        return ""
    first, second = c.said[:2]
    others = [w for quote in c.quoted for w, after in pairwise(quote) if after.text == second.text]
    return first.text if first.content and any(w.name or not ordinary(w) for w in others) else ""


def _unit(c: Claimed) -> str:
    """A figure with a unit that it has nowhere in the quotes."""
    for word in c.said:
        if word.quantity is not None:
            unit = word.quantity.unit
            units = {w.quantity.unit for w in c.every if w.quantity and w.quantity.value == word.quantity.value}
            counted = "" in units and unit not in _STRONG
            bare = not unit and not units <= _SHARES
            if units and unit not in units and not bare and not counted:
                return f"{word.text} {unit}"
    return ""


def _bound(c: Claimed) -> str:
    """A figure as the least, the most or the end of a range that is not that in the quotes."""
    for at, word in enumerate(c.said):
        if word.quantity is not None:
            theirs = {_side(quote, i) for quote, i, w in c.places() if w.counts(word.quantity.value)}
            if theirs and not theirs & _BORNE[_side(c.said, at)]:
                return f"{_side(c.said, at)} {word.text}".strip()
    return ""


def _side(words: Text, at: int) -> str:
    """On which side of a figure the amount lies; "nobody under ten" are at least ten."""
    kind = _worded(words, at)
    refused = any(w.refused for w in words[max(0, at - 3) : at + 1])
    return {"under": "least", "over": "most"}.get(kind, kind) if refused else kind


def _worded(words: Text, at: int) -> str:
    """The bound that is written before a figure or, as "or more", behind it; else the figure's own."""
    own = words[at].kind("bounds")
    if any(w.text == "ago" for w in words[at + 1 : at + 3]):
        return own
    reach = 5 if at and words[at - 1].text == "of" and not _seconds(words[at]) else 3  # "below a rate of 0.5"
    for back in words[max(0, at - reach) : at][::-1]:
        if back.quantity is not None or back.clause != words[at].clause:
            break
        if (kind := back.kind("bounds")) and not back.text.startswith(("from", "or ", "and ")):
            return kind
    ahead = [w.kind("bounds") for w in words[at + 1 : at + 4] if w.text.startswith(("or ", "and ", "at ", "max"))]
    return next(filter(None, ahead), own)


def _place(c: Claimed) -> str:
    """A figure that stands by the words that the quotes have by another one."""
    return next((word.text for at, word in enumerate(c.said) if word.quantity and _misplaced(c, at)), "")


def _misplaced(c: Claimed, at: int) -> bool:
    word = c.said[at]
    if word.quantity is None or word.kind("bounds") == "range":
        return False
    value, unit = word.quantity.value, word.quantity.unit
    own = c.nearest(at, lambda w: w.counts(value))
    ours = [w for quote, i, o in c.places() if o.counts(value) for w in _ahead(quote, i)]
    context = [w for w in c.said if w.part == word.part and w.content]
    for quote, there in _rivals(c, value, unit):
        theirs = _ahead(quote, there)
        for_own = [o for o in context if _among(o, ours) and not _among(o, theirs)]
        for_other = [o for o in context if _among(o, theirs) and not _among(o, ours)]
        if len(for_other) > len(for_own) or (not for_own and near(c.said, at, quote, there) > own + 0.5):
            return True
    return False


def _rivals(c: Claimed, value: float, unit: str) -> Iterator[tuple[Text, int]]:
    """Other figures of the quotes in the same unit, ends of ranges and figures of names ("RTX 4090") left out."""
    for quote, there, w in c.places():
        other = w.quantity is not None and w.quantity.unit == unit and w.quantity.value != value
        named = not unit and there > 0 and quote[there - 1].name
        if other and not named and w.kind("bounds") != "range":
            yield quote, there


def _ahead(words: Text, at: int) -> list[Word]:
    """The words a figure is said of: its own part, and what stands before it in its clause."""
    return [w for w in words if w.content and w.clause == words[at].clause and w.part <= words[at].part]


def _among(word: Word, others: Text) -> bool:
    return any(alike(word, other) for other in others)


Check = Callable[[Claimed], str]
ALWAYS: tuple[tuple[str, Check], ...] = (
    ("other figures", _figures),
    ("another address", _address),
    ("another name", _name),
    ("other subjects", _subject),
    ("another unit", _unit),
    ("another bound", _bound),
    ("denied or not", denials),
    ("the opposite", opposites),
    ("another order", order),
    ("exchanged", exchanged),
    ("said of another", attached),
    ("without its condition", condition),
)
FOLLOWING: tuple[tuple[str, Check], ...] = (
    ("a figure of another", _place),
    ("another amount", amounts),
    ("in another's place", in_place),
    ("turned about", about),
    ("with another's", partners),
    ("of another subject", spliced),
    ("from and to", from_to),
    ("another case", other_case),
    ("unless for if", unless),
)
