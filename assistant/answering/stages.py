"""What each stage of the pipeline takes and gives. Every value carries the trace so far.

The checks between the stages. Each looks at what a stage made and says what is wrong with it; "" where nothing is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from langchain_core.runnables import RunnableLambda

from assistant.answering.composed import Composed
from assistant.answering.counsel import Case
from assistant.answering.judge import Judgement
from assistant.answering.models import ChatModel
from assistant.answering.replies import Intent
from assistant.retrieval.conversation import Part
from assistant.retrieval.reading import Question
from assistant.retrieval.retriever import Retrieved
from assistant.types import Answer, RankedPassage, StageTrace, Turn

In = TypeVar("In", bound="Traced")
Out = TypeVar("Out", bound="Traced")


@dataclass(frozen=True)
class Traced:
    """Base of the stages' values: what happened so far, and how long it took."""

    trace: tuple[StageTrace, ...] = field(default=(), kw_only=True)
    notices: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Asked(Traced):
    """A question as it came, with the conversation before it, oldest first, and the chat model for its answer."""

    question: str
    history: tuple[Turn, ...] = ()
    model: ChatModel | None = None


@dataclass(frozen=True)
class Condensed(Traced):
    """The question made standalone, what kind of message it is, the asker's own case, and the questions it holds.

    ``questions`` are the ``parts``, read.
    """

    asked: Asked
    standalone: str
    intent: Intent
    parts: tuple[Part, ...]
    questions: tuple[Question, ...]
    case: Case | None = None


@dataclass(frozen=True)
class Found(Traced):
    """What retrieval found for each part, and the passages of all parts together, best first."""

    condensed: Condensed
    parts: tuple[Retrieved, ...]
    passages: tuple[RankedPassage, ...]


@dataclass(frozen=True)
class Judged(Traced):
    """A judgement for each part, and what the statements say to it; ``answerable`` parts will be answered."""

    found: Found
    judgements: tuple[Judgement, ...]
    composed: tuple[Composed | None, ...] = ()

    @property
    def answerable(self) -> tuple[Retrieved, ...]:
        """The parts the essays answer."""
        pairs = zip(self.found.parts, self.judgements, strict=True)
        return tuple(part for part, judgement in pairs if judgement.answerable)


@dataclass(frozen=True)
class Passages:
    """Event: what was retrieved, before the answer begins."""

    passages: tuple[RankedPassage, ...]


@dataclass(frozen=True)
class Token:
    """Event: the next verified piece of the answer's text."""

    text: str


@dataclass(frozen=True)
class Waiting:
    """Event: what a chat model is doing while nothing of it can be shown."""

    doing: Literal["reading", "writing"]


Step = Literal["choosing", "reading", "writing"]
SEARCHING = "Searching the documents"
_DOING: Mapping[Step, str] = {
    "choosing": "choosing the sentences that answer",
    "reading": "the model is reading them",
    "writing": "the model is writing, each sentence is checked",
}


def doing(step: Step, passages: int) -> str:
    """What people who wait are told once so many passages were found."""
    return f"{passages} passage{'' if passages == 1 else 's'} found: {_DOING[step]}"


@dataclass(frozen=True)
class Offered:
    """Event: the extracted answer, to read while a slow chat model works."""

    answer: Answer


@dataclass(frozen=True)
class Done:
    """Event: the whole answer object, which replaces what was streamed."""

    answer: Answer


Event = Passages | Waiting | Offered | Token | Done


def stage(name: str, work: Callable[[In], tuple[Out, dict[str, object]]]) -> RunnableLambda[In, Out]:
    """A Runnable of one stage: does the work, and adds its time (ms) and detail to the trace."""

    def run(value: In) -> Out:
        started = time.perf_counter()
        result, detail = work(value)
        done = StageTrace(stage=name, ms=milliseconds(started), detail=detail)
        return replace(result, trace=(*value.trace, done), notices=(*value.notices, *result.notices))

    return RunnableLambda(run, name=name)


def milliseconds(started: float) -> float:
    """Milliseconds since ``started`` (of ``time.perf_counter``)."""
    return round((time.perf_counter() - started) * 1000, 3)


PASSED = "passed"
MAX_STANDALONE_CHARS = 600
Failed = tuple[str, str]
"""A stage, and what is wrong with what it made."""


def condensed(reply: str) -> str:
    """Whether a reply can stand as a question."""
    if not reply:
        return "the chat model replied with nothing."
    if "\n" in reply or len(reply) > MAX_STANDALONE_CHARS:
        return "the chat model did not condense the question into one line."
    return ""


def retrieved(passages: Sequence[object]) -> str:
    """Whether there is a passage."""
    return "" if passages else "no passage was found."


def drafted(sentences: int, marked: int) -> str:
    """Whether a draft of so many sentences, so many of them with marks, can be verified."""
    if not sentences:
        return "nothing was written that could be an answer."
    return "" if marked else "no sentence carries the number of one that bears it out."


def verified(kept: int) -> str:
    """Whether so many supported sentences are an answer."""
    return "" if kept else "the documents bear none of its sentences out."


LEFT_OUT = "not borne out and left out."
"""How the notice ends that belongs to one answer alone, and is told again for the next."""


def left_out(sentences: int) -> str:
    """What a reader is told where so many sentences of the model, and not all, were dropped."""
    told = "1 sentence of the model was" if sentences == 1 else f"{sentences} sentences of the model were"
    return f"{told} {LEFT_OUT}"


def notice(stage: str, problem: str, repair: str) -> str:
    """What a reader is told of a failed check."""
    return f"The {stage} stage failed its check: {problem} {repair}"
