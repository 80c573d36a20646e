"""From draft sentences to an answer text whose every sentence cites words that stand in the documents.

What an answer may be made of: numbered sentences of the retrieved passages, each with its exact span.

The figures of a text as numbers, and what each of them is said of.

Whether a sentence is borne out by the quotes it cites: its figures stand in them, and most of its subject words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from assistant.retrieval.lexicon import content_stems
from assistant.types import Citation, Claim, Essay, Frozen


class Evidence(Frozen):
    """One citable sentence, or what stands together; ``number`` is how a draft refers to it (``[7]``)."""

    number: int
    source_id: str
    section: str
    start: int
    end: int
    text: str


class DraftSentence(Frozen):
    """A sentence of a draft: ``lead`` is what stands between it and the one before (white space, a list mark,
    an essay's name), ``numbers`` the evidence it cites, ``block`` code or a table that follows its marks."""

    lead: str = ""
    text: str
    block: str = ""
    numbers: tuple[int, ...] = ()


_WORD_NUMBERS = {
    name: str(value)
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
_WEAK = frozenset({"one", "zero"})
_FIGURE = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"(?<![\w.])[a-z]+\b")
_COMPOUND = re.compile(
    r"\b((?:twen|thir|for|fif|six|seven|eigh|nine)ty)[ -](one|two|three|four|five|six|seven|eight|nine)\b"
)
_WEAK_SCALED = re.compile(r"\b(?:one|zero)(?=[ -](?:thousand|million|billion)\b)")
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_SCALED = re.compile(r"(\d+(?:[.,]\d+)*)\s?\+?[\s-]?(k|m|b|thousand|million|billion)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:.!?()]+(?=\s|$)|\s[–—-]\s|—|\b(?:and|but|while|whereas|or|versus|vs)\b")


def figures(text: str) -> set[float]:
    """The numbers a text states, as numbers: "40,000" and "40K" are one, "thirty" is 30."""
    lowered = _in_digits(text.lower())
    found = {value * _SCALE[m[2]] for m in _SCALED.finditer(lowered) for value in _values(m[1])}
    for match in _FIGURE.finditer(_SCALED.sub(" ", lowered)):
        found |= _values(match[0])
    return found


def _in_digits(lowered: str) -> str:
    """The text with its number words as digits: "forty-two thousand" is "42 thousand"."""
    joined = _COMPOUND.sub(lambda m: str(int(_WORD_NUMBERS[m[1]]) + int(_WORD_NUMBERS[m[2]])), lowered)
    scaled = _WEAK_SCALED.sub(lambda m: _WORD_NUMBERS[m[0]], joined)
    return _WORD.sub(lambda m: m[0] if m[0] in _WEAK else _WORD_NUMBERS.get(m[0], m[0]), scaled)


def _values(figure: str) -> set[float]:
    """The value of a figure; of one with several points or commas ("1.2.3", "1,2,3") that of each part."""
    plain = re.sub(r",(?=\d{3}\b)", "", figure).replace(",", ".")
    return {float(part) for part in (plain.split(".") if plain.count(".") > 1 else [plain])}


def swapped(said: str, quoted: str) -> bool:
    """Whether two figures changed places: each stands by words the quoted text has by the other, one by no others."""
    ours, theirs = _bound(said), _bound(quoted)
    return any(
        _only(ours[a], theirs[b], theirs[a])
        and _only(ours[b], theirs[a], theirs[b])
        and not (ours[a] & theirs[a] and ours[b] & theirs[b])
        for a, b in combinations(sorted(ours.keys() & theirs.keys()), 2)
    )


def _only(ours: set[str], here: set[str], not_there: set[str]) -> bool:
    return bool(ours & (here - not_there))


def _bound(text: str) -> dict[float, set[str]]:
    """The subject words by each figure that is alone in its clause."""
    found: dict[float, set[str]] = {}
    for clause in _CLAUSE.split(_in_digits(text.lower())):
        values = figures(clause)
        if len(values) == 1:
            stems = {stem for stem in content_stems(clause) if not stem[0].isdigit()}
            found.setdefault(values.pop(), set()).update(stems)
    return found


MIN_SHARED = 0.6
"""Share of a sentence's subject words that its quotes must hold."""
_DENIES = re.compile(r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing|nobody)\b|n['’]t\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    rf"{_DENIES.pattern}|\b(?:avoid\w*|wrong\w*|fail\w*|rarely|hardly|seldom|lack\w*|instead|rather|unless|only|stop\w*|"
    r"little|few|less|un\w{4,})\b",
    re.IGNORECASE,
)
"""What a quote must have for a sentence that denies something."""
_ADDRESS = re.compile(r"(?:\w+://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w[\w.-]*", re.IGNORECASE)
_MORE = re.compile(
    r"\b(?:rais\w+|increas\w+|ris(?:e|es|ing)|rose|grow\w*|grew|doubl\w+|higher|dearer)\b", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:cuts?|cutting|reduc\w+|decreas\w+|lower\w*|drop\w*|fell|falls?|falling|shr[ai]nk\w*|halv\w+|cheaper|"
    r"sav(?:e|es|ed|ing))\b",
    re.IGNORECASE,
)


def is_supported(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether the quotes together bear the sentence out: word for word, or by figures, denials and subject words."""
    said, joined = " ".join(sentence.split()), " ".join(" ".join(quotes).split())
    if not said or not joined or not figures(said) <= figures(joined):
        return False
    stems = set(content_stems(said))
    if said in {" ".join(quote.split()) for quote in quotes} or (stems and said in joined):
        return True
    if (_DENIES.search(said) and not _NEGATIVE.search(joined)) or _turned_round(said, joined) or swapped(said, joined):
        return False
    if any(address not in joined for address in _ADDRESS.findall(said)):
        return False
    return bool(stems) and len(stems & set(content_stems(joined))) / len(stems) >= MIN_SHARED


def _turned_round(said: str, quoted: str) -> bool:
    """Whether one speaks only of more and the other only of less."""
    ways = [(bool(_MORE.search(text)), bool(_LESS.search(text))) for text in (said, quoted)]
    return ways in ([(True, False), (False, True)], [(False, True), (True, False)])


MAX_CITED = 4
MIN_STEMS = 2
"""Subject words a sentence must have before evidence is looked for that bears it out."""
_STRAY_MARK = re.compile(r"\s*\[\d[\d,;\s–-]*\]")


class Tally(Frozen):
    """What verification did, for the trace."""

    kept: int = 0
    repaired: int = 0
    dropped: int = 0
    forged_marks: int = 0


class Verifier:
    """Checks draft sentences one by one, numbering citations in order of appearance.

    A mark that names no evidence is removed. A sentence its marks do not bear out gets, once, the evidence that
    does; where there is none it is dropped.
    """

    def __init__(self, evidence: Sequence[Evidence], essays: Mapping[str, Essay]) -> None:
        self._evidence = {item.number: item for item in evidence}
        self._stems = {item.number: set(content_stems(item.text)) for item in evidence}
        self._essays = essays
        self._markers: dict[int, int] = {}
        self.citations: list[Citation] = []
        self.claims: list[Claim] = []
        self.text = ""
        self.tally = Tally()

    def accept(self, drafted: Iterable[DraftSentence]) -> Iterator[str]:
        """Yields the pieces of the answer text as each sentence is verified."""
        for sentence in drafted:
            piece = self._piece(sentence)
            if piece:
                yield piece

    def _piece(self, sentence: DraftSentence) -> str:
        body = _STRAY_MARK.sub("", sentence.text).strip()
        numbers = [n for n in sentence.numbers if n in self._evidence][:MAX_CITED]
        forged = sum(n not in self._evidence for n in sentence.numbers)
        supported = bool(numbers) and is_supported(body, [self._evidence[n].text for n in numbers])
        repaired = False
        if not supported:
            numbers = self._repair(body)
            repaired = bool(numbers)
        self._count(kept=bool(numbers), repaired=repaired, forged=forged)
        if not numbers or not body:
            return ""
        lead = sentence.lead if self.text else sentence.lead.lstrip()
        lead = lead if lead or not self.text else " "
        start = len(self.text) + len(lead)
        markers = tuple(self._cite(n) for n in numbers)
        self.claims.append(Claim(start=start, end=start + len(body), markers=markers, supported=True))
        block = f"\n\n{sentence.block}" if sentence.block else ""
        piece = f"{lead}{body} {''.join(f'[{marker}]' for marker in markers)}{block}"
        self.text += piece
        return piece

    def _repair(self, body: str) -> list[int]:
        """Evidence that does bear the sentence out: the one sentence that shares most with it, if it is enough."""
        stems = set(content_stems(body))
        if len(stems) < MIN_STEMS:
            return []
        ranked = sorted(self._stems, key=lambda n: (-len(stems & self._stems[n]), n))[:3]
        return next(([n] for n in ranked if is_supported(body, [self._evidence[n].text])), [])

    def _cite(self, number: int) -> int:
        if number in self._markers:
            return self._markers[number]
        item = self._evidence[number]
        essay = self._essays[item.source_id]
        quote = essay.text[item.start : item.end]
        if quote != item.text:
            raise AssertionError(f"evidence {number} does not stand at its span in {essay.id}")
        marker = len(self.citations) + 1
        self._markers[number] = marker
        self.citations.append(Citation.of(essay, marker=marker, section=item.section, start=item.start, end=item.end))
        return marker

    def _count(self, *, kept: bool, repaired: bool, forged: int) -> None:
        self.tally = Tally(
            kept=self.tally.kept + kept,
            repaired=self.tally.repaired + repaired,
            dropped=self.tally.dropped + (not kept),
            forged_marks=self.tally.forged_marks + forged,
        )
