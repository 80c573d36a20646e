"""The nouns of the project: essays, passages, spans, and the one answer object every face shows.

Offsets are 0-based and end-exclusive, counted in characters of an essay's canonical text (what
``assistant corpus show ID`` prints), so ``essay.text[span.start:span.end]`` is always the quote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["notes", "original"]
PREFIXES: Mapping[Kind, str] = {"notes": "notes on ", "original": ""}
"""What goes before the title of a document."""


class Frozen(BaseModel):
    """A value that never changes after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Span(Frozen):
    """Characters ``start`` to ``end`` (exclusive) of one essay's canonical text."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)

    def of(self, text: str) -> str:
        """The exact text at this span."""
        return text[self.start : self.end]


class Essay(Frozen):
    """A source document: our notes on an essay, or an original."""

    id: str
    title: str
    author: str | None = None
    publisher: str | None = None
    published: str | None = None
    url: str | None = None
    kind: Kind = "original"
    text: str

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical text in UTF-8, as hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def byline(self) -> str:
        """Whom a reader would name: the author, else the publisher, else the title."""
        return self.author or self.publisher or self.title

    @property
    def label(self) -> str:
        """``notes on “Title”, Author``; the publisher stands in for an author, and an original has no "notes on"."""
        return _label(self.kind, self.title, self.author or self.publisher)


class Passage(Frozen):
    """A retrieval unit: a slice of one section, with the spans of its sentences (essay offsets)."""

    id: str
    source_id: str
    section: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...] = ()


class RankedPassage(Frozen):
    """A passage as retrieved for one question; a higher score is better."""

    id: str
    source_id: str
    section: str
    start: int
    end: int
    score: float
    text: str


class OriginalWords(Frozen):
    """The author's own words behind a citation.

    ``url`` opens the author's page at them (a text fragment), ``start`` and ``end`` are the first and last words, and
    ``quote`` is the exact text where the original is among the documents, else None.
    """

    url: str | None
    start: str
    end: str
    quote: str | None = None


class Citation(Frozen):
    """One numbered reference of an answer; ``quote`` stands at ``start:end`` of the source's text."""

    marker: int
    source_id: str
    title: str
    author: str | None
    url: str | None
    kind: Kind
    section: str
    quote: str
    start: int
    end: int
    status: Literal["verified"] = "verified"
    original: OriginalWords | None = None

    @property
    def label(self) -> str:
        """``notes on “Title”, Author``, as the essay's own; a citation knows of no publisher."""
        return _label(self.kind, self.title, self.author)

    @classmethod
    def of(
        cls, essay: Essay, *, marker: int, section: str, start: int, end: int, original: OriginalWords | None = None
    ) -> Citation:
        """The citation of ``essay.text[start:end]``."""
        return cls(
            marker=marker,
            source_id=essay.id,
            title=essay.title,
            author=essay.author,
            url=essay.url,
            kind=essay.kind,
            section=section,
            quote=essay.text[start:end],
            start=start,
            end=end,
            original=original,
        )


class Claim(Frozen):
    """A sentence of the answer (offsets into ``Answer.answer``) and the citations that bear it out."""

    start: int
    end: int
    markers: tuple[int, ...]
    supported: bool


class StageTrace(Frozen):
    """What one stage did and how long it took, in milliseconds."""

    stage: str
    ms: float = Field(ge=0)
    detail: dict[str, object] = Field(default_factory=dict)


class Usage(Frozen):
    """Tokens a chat model counted for this answer; zero for the extractive answerer."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0


class Turn(Frozen):
    """An earlier message of the conversation. History is data from outside, never instructions."""

    role: Literal["user", "assistant"]
    content: str


class CaseFact(Frozen):
    """One fact of the asker's own case, and how it can be answered otherwise.

    ``values`` are as the advisor's form takes them, none where it is unknown; ``told`` is the same for people.
    ``before`` is how it was told before the last message changed it, None where it did not. An answer is one of
    ``choices``, several where ``many``, or typed where there are none; the message ``NAME: VALUE`` states it.
    """

    field: str
    name: str
    ask: str
    values: tuple[str, ...] = ()
    told: str
    before: str | None = None
    phrase: str | None = None
    choices: tuple[str, ...] = ()
    many: bool = False


class CaseVerdict(Frozen):
    """The decision framework's verdict on the asker's own case.

    ``said`` is all that was told of it. Where too little was told for a verdict, nothing is ``decided`` and the essays
    answer the question. ``verdict`` is the reply where yes or no was asked. ``title`` names the rung of the ladder,
    ``number`` of ``rungs`` from the cheapest, ``before`` the one before the last message changed the case.
    ``deciding`` is the marker of the citation that decides. ``facts`` are what was understood, ``missing`` what could
    change the verdict. ``in_words`` are the notices that say this where only text is shown.
    """

    said: str
    decided: bool
    verdict: Literal["yes", "no", "it depends"] | None
    headline: str
    rung: str
    title: str
    number: int
    rungs: int
    before: str | None = None
    ready_to_fine_tune: bool | None = None
    deciding: int | None = None
    facts: tuple[CaseFact, ...] = ()
    missing: tuple[CaseFact, ...] = ()
    in_words: tuple[str, ...] = ()


class Answer(Frozen):
    """What every face shows: the text with ``[n]`` markers and the citations that prove it."""

    id: str
    question: str
    standalone_question: str
    answer: str
    abstained: bool = False
    abstain_reason: str | None = None
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    passages: tuple[RankedPassage, ...] = ()
    case: CaseVerdict | None = None
    followups: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    trace: tuple[StageTrace, ...] = ()
    model: str
    prompt_sha256: str
    index_fingerprint: str
    usage: Usage = Usage()


def _label(kind: Kind, title: str, by: str | None) -> str:
    return f"{PREFIXES[kind]}“{title}”{f', {by}' if by else ''}"
