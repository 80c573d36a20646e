"""Drafts: by extraction, or by a chat model from the same numbered evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.advice.situation import Situation
from assistant.answering import extractive
from assistant.answering.context import Given
from assistant.answering.evidence import DraftSentence, Evidence
from assistant.answering.marks import parse_stream
from assistant.answering.models import ChatModel
from assistant.answering.prompts import REFUSAL, render
from assistant.answering.stages import Asked, Condensed, Judged
from assistant.index.opened import OpenIndex
from assistant.retrieval.question import Focus
from assistant.retrieval.retriever import HybridRetriever, Retrieved


class RefusalError(Exception):
    """The chat model says that the evidence does not answer the question."""


def extracted(judged: Judged, evidence: Sequence[Evidence], index: OpenIndex) -> Iterator[DraftSentence]:
    """The extractive draft, sentence by sentence."""
    by_place = {(item.source_id, item.start): item for item in evidence}
    if judged.found.condensed.intent.kind == "summary":
        yield from extractive.summary(judged.found.parts, by_place, index.essays)
    else:
        yield from extractive.draft(judged.answerable, by_place, index.essays)


class ModelDraft:
    """A chat model's draft of one answer: iterating asks the model. ``reply`` is all it has said so far.

    Iteration raises RefusalError, ModelUnavailable.
    """

    def __init__(self, model: ChatModel, given: Given, question: str, turns: Sequence[tuple[str, str]] = ()) -> None:
        """``turns`` are what is asked instead of the bare question."""
        self.reply = ""
        self._model = model
        self._given = given
        self._question = question
        self._turns = turns or [("human", question)]

    def __iter__(self) -> Iterator[DraftSentence]:
        """The sentences as they come."""
        for i, sentence in enumerate(parse_stream(self._pieces())):
            if i == 0 and REFUSAL in sentence.text.upper():
                raise RefusalError
            yield sentence

    def again(self, problem: str) -> ModelDraft:
        """The draft of the same model once it was told what was wrong with this one. Raises ConfigurationError."""
        told = render("repair.md", self._model.prompts, problem=problem, refusal=REFUSAL, question=self._question)
        said = [*self._turns, ("ai", self.reply.strip())] if self.reply.strip() else []
        return ModelDraft(self._model, self._given, self._question, [*said, ("human", told)])

    def _pieces(self) -> Iterator[str]:
        for piece in self._model.stream(self._given.varies, self._turns, stable=self._given.stable):
            self.reply += piece
            yield piece


def case_with(model: ChatModel, said: str) -> dict[str, object]:
    """The asker's case as the chat model reads it, by calling a tool with a typed schema. Raises ModelUnavailable."""
    return model.fill(render("situation.md", model.prompts), said, Situation)


def condense_with(model: ChatModel, asked: Asked) -> str:
    """What the chat model makes of the question, meant to stand alone. Raises ModelUnavailable."""
    conversation = "\n".join(f"{turn.role}: {' '.join(turn.content.split())[:1000]}" for turn in asked.history[-6:])
    system = render("condense.md", model.prompts, conversation=conversation, question=asked.question)
    return model.complete(system, asked.question)


def gist(
    retriever: HybridRetriever, condensed: Condensed, index: OpenIndex, k: int | None = None
) -> Iterator[Retrieved]:
    """For each essay to summarize, what comes nearest to its title and main argument, from that essay alone.

    ``k`` passages are searched, else as many as retrieval is set to.
    """
    for source_id in condensed.intent.essays:
        essay = index.essays[source_id]
        found = retriever.retrieve(f"What is the main argument and advice of {essay.title}?", k)
        yield found.model_copy(
            update={
                "focus": Focus(named=(source_id,)),
                "passages": tuple(p for p in found.passages if p.source_id == source_id),
                "sentences": tuple(s for s in found.sentences if s.source_id == source_id),
            }
        )
