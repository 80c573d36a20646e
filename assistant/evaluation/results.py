"""The data model of a run: one versioned JSON schema for all reports and comparisons."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from assistant.evaluation.cases import Case
from assistant.types import Answer, Frozen

SCHEMA_VERSION = 1

Attribution = Literal[
    "error",
    "not retrieved",
    "not cited",
    "wrong span cited",
    "fact missing",
    "says what it must not",
    "wrong verdict",
    "premise not corrected",
    "unsupported",
    "answer not first",
    "filler",
    "wrong form",
    "too long",
    "should have abstained",
    "should have answered",
]
"""Why a case failed, the first that holds in the way of the data."""


class Score(Frozen):
    """One measure of one answer. ``value`` is None if the measure does not apply (never 0.0 or 1.0 instead)."""

    value: float | None
    reason: str


GRADES: dict[str, float] = {"right": 1.0, "partly": 0.5, "wrong": 0.0}
"""What a chat-model judge may say, and what it counts."""


class Judgement(Frozen):
    """A chat-model judge's grade of an answer; None if its reply could not be used."""

    grade: Literal["right", "partly", "wrong"] | None
    reason: str


class CaseResult(Frozen):
    """One case asked once (``repeat`` counts from 0). An error is a failure, never dropped."""

    case: Case
    repeat: int = 0
    answer: Answer | None = None
    error: str | None = None
    ms: float = 0.0
    scores: dict[str, Score] = Field(default_factory=dict)
    passed: bool = False
    attribution: Attribution | None = None
    advice: str | None = None
    judgements: tuple[Judgement, ...] = ()
    """A chat-model judge's, where the run has one: its say on the same answer, several times."""


class Interval(Frozen):
    """A share k of n with its Wilson 95% interval."""

    k: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """k of n; n is never 0."""
        return self.k / self.n


class Sentinel(Frozen):
    """A degenerate answerer run beside the suite, and how many cases it passed: it must not pass the gate.

    ``reason`` says where it did, with its share; empty if the suite stops it.
    """

    name: str
    passed: Interval
    lets_through: bool
    reason: str = ""


class Levers(Frozen):
    """What a chat model was given beside the question; empty if none answered, or if it is not known.

    ``task`` is ``write`` or ``choose``, ``context`` ``retrieved`` or ``whole``, ``examples`` as ASSISTANT_EXAMPLES, and
    ``texts`` the version and hash of each editable text by name.
    """

    task: str = ""
    context: str = ""
    examples: str = ""
    texts: dict[str, str] = Field(default_factory=dict)


class Setup(Frozen):
    """What was run: enough to run it again."""

    suite: str
    suite_sha256: str
    model: str
    prompts: str
    prompt_sha256: str
    corpus: str
    corpus_sha256: dict[str, str]
    index_fingerprint: str
    code_version: str
    levers: Levers = Levers()
    judge: str = ""
    judge_sha256: str = ""
    """The chat-model judge and the hash of its prompt; empty: none."""


class Run(Frozen):
    """A suite run with one setup."""

    schema_version: int = SCHEMA_VERSION
    id: str
    started_at: datetime
    setup: Setup
    results: tuple[CaseResult, ...]
    sentinels: tuple[Sentinel, ...] = ()
    verdict: Literal["SHIP", "FIX THE PROMPT FIRST", "CONSIDER FINE-TUNING", "UNDECIDED", "ERRORS"] | None = None
    verdict_reason: str = ""
    bars: dict[str, float] = Field(default_factory=dict)
    """The gate's bars the verdict was reached with, by name (``ship``, ``fix``, ``repeats``); empty: not known."""
