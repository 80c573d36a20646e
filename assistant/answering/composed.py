"""What an answer says before it is written, and how it takes the form that is wanted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from assistant.answering.near_misses import Missed
from assistant.answering.verify import Evidence
from assistant.retrieval.conversation import list_items
from assistant.retrieval.reading import Form
from assistant.tuning import tuned


@dataclass(frozen=True)
class Sentence:
    """A sentence of ours or of the notes, and the statements that bear it out. ``label`` names an author before it.

    A sentence that stands in a document without statements rests on its ``places``.
    """

    text: str
    rests: tuple[str, ...]
    label: str = ""
    places: tuple[Evidence, ...] = ()


_CLAUSE = re.compile(r"(?:then|says?|but|so|which|where|while|as|because|if|when)\b", re.IGNORECASE)
"""How a part begins that is no item of a list."""
_ASIDE = re.compile(r", (?:while|whereas|which|where|though|although)\b", re.IGNORECASE)
"""Before it stands a main clause that is whole by itself."""
_ENDS = re.compile(r"(?<=[.!?])\s+")
_SAYS = re.compile(
    r",? (?:says|as) (?:[A-Z]\w+ ?){1,3}(?:puts it|says|has it)?(?:,|(?=[:;.]))|^By [A-Z][\w ]+'s figures, "
)
"""Words that say who says so."""
Row = tuple[str, tuple[Sentence | None, ...]]
"""A row of a table: its title, and its cells; None where the essays say nothing."""


@dataclass(frozen=True)
class Composed:
    """What an answer says, before its form: ``kind`` names the way it was composed, for the trace.

    ``items`` are a list's sentences, ``table`` its rows of cells below ``head``. ``missed`` is a reason to abstain.
    """

    kind: str
    lead: tuple[Sentence, ...] = ()
    items: tuple[Sentence, ...] = ()
    listed: bool = False
    head: tuple[str, ...] = ()
    table: Sequence[Row] = ()
    missed: Missed | None = None
    score: float = 0.0

    @property
    def refs(self) -> tuple[str, ...]:
        """The statements it rests on, in order."""
        cells = [cell for _, row in self.table for cell in row if cell is not None]
        return tuple(dict.fromkeys(ref for one in (*self.lead, *self.items, *cells) for ref in one.rests))

    def without(self, said: Collection[tuple[str, ...]]) -> Composed:
        """The same without the sentences that rest on exactly what was said before."""
        lead, items = (tuple(one for one in part if one.rests not in said) for part in (self.lead, self.items))
        return replace(self, lead=lead, items=items)


def shaped(composed: Composed, form: Form) -> tuple[list[Sentence], list[Sentence], bool]:
    """The lead, the further sentences and whether they are a list: in the wanted form, within the budget of words."""
    lead, items = list(composed.lead), list(composed.items)
    if form.points is not None and form.max_sentences is None:
        return _points(lead, items, composed.listed, form.points)
    if form.listed and not composed.listed:
        lead, items = _as_list(lead, items)
    listed = composed.listed or (form.listed and bool(items))
    if not lead and items and not listed:
        lead, items = items[:1], items[1:]
    if form.max_words and lead:
        lead = [_fitting(lead[0], form.max_words), *lead[1:]]
    if form.max_sentences is not None:
        kept = [*lead, *items][: form.max_sentences]
        return kept[:1], kept[1:], False
    budget = "asked_list_words" if form.listed else "list_words" if listed else "words"
    limit = form.max_words or int(tuned(f"composing.{budget}"))
    spent = sum(map(_words, lead))
    if composed.listed and spent + sum(map(_words, items)) > limit:
        opening, parts = _as_list(lead, [])
        if opening and len(parts) >= len(items):
            return opening, parts, True  # the whole list in few words, not a part of it in many
    shown: list[Sentence] = []
    for sentence in items:
        spent += _words(sentence)
        if spent > limit:
            break
        shown.append(sentence)
    return lead, shown, listed


def _words(sentence: Sentence) -> int:
    return len(f"{sentence.label} {sentence.text}".split())


def shortest(ways: Sequence[Sentence], most: int) -> Sentence:
    """The first of some ways to say a thing that fits into so many words, as it is or cut; else the first."""
    cut = (_fitting(one, most) for one in ways)
    return next((one for one in cut if _words(one) <= most), ways[0])


def _fitting(sentence: Sentence, most: int) -> Sentence:
    """A sentence with too many words loses who says so, or what announces its list; else its first part stays."""
    text = sentence.text
    first = _ENDS.split(text, maxsplit=1)[0]
    bare = _SAYS.sub("", text)
    listed = bare.partition(": ")[2] if bare.partition(": ")[2].count(",") > 1 else ""
    main = _ASIDE.split(bare, maxsplit=1)[0]
    fits = next((way for way in (text, bare, listed, main and f"{main}.") if way and len(way.split()) <= most), first)
    return replace(sentence, text=fits[:1].upper() + fits[1:])


def _points(
    lead: list[Sentence], items: list[Sentence], listed: bool, count: int
) -> tuple[list[Sentence], list[Sentence], bool]:
    """A list of so many points: those of a list, the parts of a sentence that enumerates as many, else sentences."""
    if listed and len(items) >= count:
        return (lead if len(items) == count else []), items[:count], True
    opening, parts = _as_list(lead, items)
    if opening and len(parts) == count:
        return opening, parts, True
    return [], [*lead, *items][:count], True


def _as_list(lead: list[Sentence], items: list[Sentence]) -> tuple[list[Sentence], list[Sentence]]:
    """A list made of a sentence that enumerates, else of all sentences."""
    for sentence in (*lead, *items):
        opening, colon, _ = sentence.text.partition(":")
        parts = list_items(sentence.text) if colon else []
        if len(parts) > 2 and not any(map(_CLAUSE.match, parts)):
            opens = replace(sentence, text=f"{opening}:")
            return [opens], [Sentence(part[0].upper() + part[1:], sentence.rests) for part in parts]
    return [], [*lead, *items]
