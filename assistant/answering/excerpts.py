"""What stands with a sentence that answers: its list, its code, the head of its table, the question it replies to.

A fragment ("Yes!", "8 days", a line of code) says nothing alone. It is quoted with what it belongs to, or not at all:
a list whole, code whole under the sentence that announces it, a row below its table's head.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from assistant.corpus.markup import blocks_of, readable, rows
from assistant.corpus.splitting import sentences
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.retriever import ScoredSentence
from assistant.types import Essay, Frozen, Span

MAX_LIST_WORDS = 130
MAX_CODE_LINES = 40
MAX_TABLE_ROWS = 8
OWN_STEMS = 4
"""A line with so many subject words says something alone."""
OWN_WORDS = 7
"""An item of so many words, closed like a sentence, does."""
ASKED = 0.6
"""A fragment replies to a heading that has this share of the question's subject words."""
_AFFIRMS = re.compile(
    r"\W*(?:yes|no|yep|nope|sure|of course|absolutely|certainly|not (?:really|yet|always))\b", re.IGNORECASE
)
_BOLD = re.compile(r"(\*\*|__)[^*_]+\1:?$")
_LINKED = re.compile(r"\[[^\]]*\]\([^)]*\)")
_CLOSED = re.compile(r"""[.!?…。！？]["'”’)\]»*_]*$""")


class Excerpt(Frozen):
    """Words of a document that can be read alone: ``text`` as it is shown, ``spans`` what it rests on.

    ``block`` is code or a table, shown behind the text's marks.
    """

    source_id: str
    section: str
    text: str
    spans: tuple[Span, ...]
    block: str = ""

    @property
    def words(self) -> int:
        """The words of its text; code and tables are looked at, not read."""
        return len(self.text.split())

    @property
    def is_whole(self) -> bool:
        """Whether a list, code or a table came along."""
        return bool(self.block) or "\n" in self.text


class Excerpts:
    """Makes excerpts of documents, for questions about a subject."""

    def __init__(self, essays: Mapping[str, Essay]) -> None:
        self._essays = essays

    def around(self, sentence: ScoredSentence, asked: frozenset[str], *, listing: bool = False) -> Excerpt | None:
        """The excerpt for a sentence; None where it says nothing that can stand alone.

        ``asked`` are the question's subject stems; ``listing``: a list is wanted, or steps.
        """
        essay = self._essays[sentence.source_id]
        place = _Place(essay, sentence.section, asked, listing=listing)
        return place.around(Span(start=sentence.start, end=sentence.end))

    def before(self, excerpt: Excerpt) -> Excerpt | None:
        """The sentence before an excerpt's in the same paragraph or the one above it."""
        return self._place(excerpt).before(excerpt.spans[0])

    def shown_before(self, excerpt: Excerpt) -> Excerpt | None:
        """The code right above the paragraph that an excerpt opens, with the sentence that announces it."""
        return self._place(excerpt).shown_before(excerpt.spans[0])

    def opens(self, sentence: ScoredSentence) -> bool:
        """Whether a sentence is in the first paragraph below a heading."""
        place = _Place(self._essays[sentence.source_id], sentence.section, frozenset())
        return place.opens(Span(start=sentence.start, end=sentence.end))

    def behind(self, excerpt: Excerpt) -> Excerpt | None:
        """What follows an excerpt in its paragraph."""
        return self._place(excerpt).behind(excerpt.spans[-1])

    def _place(self, excerpt: Excerpt) -> _Place:
        return _Place(self._essays[excerpt.source_id], excerpt.section, frozenset())


class _Place:
    """One document, read for one question."""

    def __init__(self, essay: Essay, section: str, asked: frozenset[str], *, listing: bool = False) -> None:
        self._essay, self._text, self._section = essay, essay.text, section
        self._asked, self._listing = asked, listing
        self._blocks = blocks_of(essay.text)

    def around(self, sentence: Span) -> Excerpt | None:
        at = self._at(sentence)
        if at < 0:
            return None
        kind = self._blocks[at].kind
        if kind == "code":
            return self._code(at, self._announcing(at))
        if kind == "table":
            return self._table(at, sentence)
        return self._item(at, sentence) if self._in_list(at) else self._prose(at, sentence)

    def _at(self, sentence: Span) -> int:
        return bisect_right(self._blocks, sentence.start, key=lambda block: block.start) - 1

    def before(self, sentence: Span) -> Excerpt | None:
        at = self._at(sentence)
        for number in (at, at - 1):
            if number >= 0 and self._blocks[number].kind == "prose":
                spans = [one for one in sentences(self._text, self._blocks[number]) if one.end <= sentence.start]
                if spans:
                    return self._of(spans[-1])
        return None

    def shown_before(self, sentence: Span) -> Excerpt | None:
        at = self._at(sentence)
        first = self._blocks[at].kind == "prose" and self._blocks[at].start == sentence.start
        return (
            self._code(at - 1, self._announcing(at - 1))
            if first and at and self._blocks[at - 1].kind == "code"
            else None
        )

    def opens(self, sentence: Span) -> bool:
        at = self._at(sentence)
        return at > 0 and self._blocks[at - 1].kind == "heading"

    def behind(self, sentence: Span) -> Excerpt | None:
        at = self._at(sentence)
        after = self._next(at, sentence) if self._blocks[at].kind == "prose" else None
        return self._prose(*after) if after is not None and after[0] == at else None

    def _prose(self, at: int, sentence: Span) -> Excerpt | None:
        said = sentence.of(self._text)
        if _announces(said):
            return self._announced(at, sentence)
        if said.rstrip(" *_").endswith("?"):
            after = self._next(at, sentence)
            return None if after is None else self._replying(said)._prose(*after)
        stems = set(content_stems(readable(said)))
        if len(stems) >= 2 and not (_AFFIRMS.match(said) and len(stems) < OWN_STEMS):
            return self._of(sentence) if _CLOSED.search(said) or len(stems) >= OWN_STEMS else None
        asked = self._asked
        if not asked or len(asked & set(content_stems(self._section))) < ASKED * len(asked):
            return None
        after = self._next(at, sentence)
        return self._of(Span(start=sentence.start, end=after[1].end if after and after[0] == at else sentence.end))

    def _replying(self, question: str) -> _Place:
        """This document below a question that stands in its text like a heading."""
        return _Place(self._essay, question, self._asked, listing=self._listing)

    def _announced(self, at: int, sentence: Span) -> Excerpt | None:
        """A sentence that ends in a colon, with what it announces."""
        after = self._next(at, sentence)
        if after is not None and not _BOLD.match(sentence.of(self._text)):
            return self._of(Span(start=sentence.start, end=after[1].end))
        kind = self._blocks[at + 1].kind if at + 1 < len(self._blocks) else ""
        if kind == "item":
            return self._list(at + 1, sentence)
        if kind == "code":
            return self._code(at + 1, sentence)
        return self._table(at + 1, None) if kind == "table" else None

    def _item(self, at: int, sentence: Span) -> Excerpt | None:
        """An item alone where it is a sentence with content of its own; else its list, whole."""
        said = sentence.of(self._text)
        whole = self._list(at, None)
        alone = (
            _CLOSED.search(said) is not None
            and len(readable(said).split()) >= OWN_WORDS
            and not said.rstrip().endswith(":")
        )
        if alone and not (self._listing and whole is not None):
            return self._of(sentence)
        return whole

    def _list(self, at: int, lead: Span | None) -> Excerpt | None:
        first = last = at
        while first > 0 and self._in_list(first - 1):
            first -= 1
        while last + 1 < len(self._blocks) and self._in_list(last + 1):
            last += 1
        lead = lead or self._announcing(first, colon=True)
        start, end = self._blocks[first].start, self._blocks[last].end
        line = self._text.rfind("\n", 0, start) + 1
        listed = readable(self._text[line:end])
        if len(listed.split()) > MAX_LIST_WORDS or self._is_bare(first, last, lead):
            return None
        if len(_LINKED.sub("", listed).split()) < 2 * (last - first + 1):  # a list of links says where, not what
            return None
        whole = Span(start=lead.start if lead else start, end=end)
        before = f"{_flat(lead.of(self._text))}\n\n" if lead else ""
        return self._made(f"{before}{_dedented(listed)}", whole)

    def _is_bare(self, first: int, last: int, lead: Span | None) -> bool:
        """Whether a list is one short item under nothing."""
        return lead is None and first == last and len(content_stems(self._blocks[first].of(self._text))) < OWN_STEMS

    def _in_list(self, at: int) -> bool:
        """Whether a block is an item, or stands indented behind one."""
        block = self._blocks[at]
        if block.kind == "item":
            return True
        indented = self._text[block.start - 1 : block.start] in (" ", "\t")
        return block.kind in ("prose", "code") and indented and at > 0 and self._in_list(at - 1)

    def _code(self, at: int, lead: Span | None) -> Excerpt | None:
        code = self._blocks[at].of(self._text)
        if code.count("\n") > MAX_CODE_LINES:
            return None
        if lead is not None:
            return self._made(
                _flat(lead.of(self._text)), Span(start=lead.start, end=self._blocks[at].end), block=_fenced(code)
            )
        heading = self._heading(at)
        if heading is None:
            return None
        return self._made(f"{self._section}:", heading, self._span(at), block=_fenced(code))

    def _table(self, at: int, row: Span | None) -> Excerpt | None:
        """A small table whole, of a large one the head and the row."""
        lines = rows(self._text, self._blocks[at])
        lead = self._announcing(at, colon=True) or self._heading(at)
        if lead is None or len(lines) < 3:
            return None
        said = f"{self._section}:" if self._text[lead.start] == "#" else _flat(lead.of(self._text))
        if len(lines) - 2 <= MAX_TABLE_ROWS:
            return self._made(said, lead, self._span(at), block=readable(self._blocks[at].of(self._text)))
        if row is None:
            return None
        head = Span(start=lines[0].start, end=lines[1].end)
        shown = "\n".join(readable(part.of(self._text)) for part in (head, row))
        return self._made(said, lead, head, row, block=shown)

    def _announcing(self, at: int, *, colon: bool = False) -> Span | None:
        """The last sentence of the paragraph right before a block."""
        if at == 0 or self._blocks[at - 1].kind != "prose":
            return None
        spans = sentences(self._text, self._blocks[at - 1])
        return spans[-1] if spans and (not colon or _announces(spans[-1].of(self._text))) else None

    def _heading(self, at: int) -> Span | None:
        above = next((b for b in reversed(self._blocks[max(at - 6, 0) : at]) if b.kind == "heading"), None)
        return Span(start=above.start, end=above.end) if above is not None else None

    def _span(self, at: int) -> Span:
        return Span(start=self._blocks[at].start, end=self._blocks[at].end)

    def _of(self, span: Span) -> Excerpt:
        return self._made(_flat(span.of(self._text)), span)

    def _made(self, text: str, *spans: Span, block: str = "") -> Excerpt:
        return Excerpt(source_id=self._essay.id, section=self._section, text=text, spans=spans, block=block)

    def _next(self, at: int, sentence: Span) -> tuple[int, Span] | None:
        """The sentence behind one, and the number of its block; none behind a heading or a list."""
        for number in (at, at + 1):
            if number < len(self._blocks) and (number == at or self._blocks[number].kind == "prose"):
                for span in sentences(self._text, self._blocks[number]):
                    if span.start >= sentence.end:
                        return number, span
        return None


def _flat(text: str) -> str:
    return " ".join(readable(text).split())


def _dedented(listed: str) -> str:
    lines = [line for line in listed.split("\n") if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    return "\n".join(line[margin:] if line[:margin].isspace() or not margin else line for line in lines)


def _fenced(code: str) -> str:
    """Code as a block of its own, with the fences it needs."""
    if code.startswith(("```", "~~~")):
        fence = code[:3]
        return re.sub(rf"^{re.escape(fence)}\\{{[^}}]*\\}}\s*", fence, code)
    lines = code.split("\n")
    return "\n".join(["```", lines[0], *(line[4:] if line.startswith("    ") else line for line in lines[1:]), "```"])


def _announces(said: str) -> bool:
    """Whether a sentence ends in a colon or dots, or is a bold line like a heading."""
    return said.rstrip(" *_").endswith((":", "...", "…")) or _BOLD.match(said) is not None


def overlaps(one: Excerpt, others: Sequence[Excerpt]) -> bool:
    """Whether an excerpt shares words of the document, or all of its text, with one of the others."""
    return any(
        one.text == other.text
        or (
            one.source_id == other.source_id
            and any(a.start < b.end and b.start < a.end for a in one.spans for b in other.spans)
        )
        for other in others
    )
