"""Drafts: by extraction, or by a chat model from the same numbered evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.answering import extractive
from assistant.answering.evidence import DraftSentence, Evidence
from assistant.answering.marks import parse_stream
from assistant.answering.models import ChatModel
from assistant.answering.prompts import REFUSAL, examples, numbered, render
from assistant.answering.stages import Asked, Condensed, Judged
from assistant.corpus.furniture import is_furniture
from assistant.errors import ModelUnavailable
from assistant.index.opened import OpenIndex
from assistant.retrieval.focus import Focus
from assistant.retrieval.retriever import HybridRetriever, Retrieved

MAX_STANDALONE_CHARS = 600
SUMMARY_SENTENCES = 5


class RefusalError(Exception):
    """The chat model says that the evidence does not answer the question."""


def evidence_for(judged: Judged, index: OpenIndex) -> list[Evidence]:
    """Every sentence of the retrieved passages and of the best sentences' places, numbered from 1 in reading order."""
    passages = {passage.id: passage for passage in index.passages}
    wanted = [p.id for p in judged.found.passages]
    wanted += [s.passage_id for part in judged.found.parts for s in part.sentences[:12]]
    spans = [
        (passage.source_id, span.start, span.end, passage.section)
        for passage in (passages[i] for i in dict.fromkeys(wanted))
        for span in passage.sentences
    ]
    found: list[Evidence] = []
    for source_id, start, end, section in spans:
        text = index.essays[source_id].text[start:end]
        if not is_furniture(text):
            found.append(
                Evidence(number=len(found) + 1, source_id=source_id, section=section, start=start, end=end, text=text)
            )
    return found


def extracted(judged: Judged, evidence: Sequence[Evidence], index: OpenIndex) -> Iterator[DraftSentence]:
    """The extractive draft, sentence by sentence."""
    by_place = {(item.source_id, item.start): item for item in evidence}
    if judged.found.condensed.intent.kind == "summary":
        yield from extractive.summary(judged.found.parts, by_place, index.essays)
    else:
        yield from extractive.draft(judged.answerable, by_place, index.essays)


def with_model(
    model: ChatModel, judged: Judged, evidence: Sequence[Evidence], index: OpenIndex
) -> Iterator[DraftSentence]:
    """The chat model's draft, sentence by sentence. Raises RefusalError, ModelUnavailable."""
    context = numbered(evidence, index.essays)
    system = render("answer.md", model.prompts, refusal=REFUSAL, examples=examples(model.prompts), context=context)
    drafted = parse_stream(model.stream(system, [("human", judged.found.condensed.standalone)]))
    for i, sentence in enumerate(drafted):
        if i == 0 and REFUSAL in sentence.text.upper():
            raise RefusalError
        yield sentence


def condense_with(model: ChatModel, asked: Asked) -> str:
    """The standalone question by the chat model. Raises ModelUnavailable, also for a reply that is no question."""
    conversation = "\n".join(f"{turn.role}: {' '.join(turn.content.split())[:1000]}" for turn in asked.history[-6:])
    system = render("condense.md", model.prompts, conversation=conversation, question=asked.question)
    reply = model.complete(system, asked.question)
    if not reply or "\n" in reply or len(reply) > MAX_STANDALONE_CHARS:
        raise ModelUnavailable(f"The chat model {model.name} did not condense the question.", "Rules did it instead.")
    return reply


def gist(retriever: HybridRetriever, condensed: Condensed, index: OpenIndex) -> Iterator[Retrieved]:
    """For each essay to summarize, what comes nearest to its title and main argument, from that essay alone."""
    for source_id in condensed.intent.essays:
        essay = index.essays[source_id]
        found = retriever.retrieve(f"What is the main argument and advice of {essay.title}?")
        yield found.model_copy(
            update={
                "focus": Focus(named=(source_id,)),
                "passages": tuple(p for p in found.passages if p.source_id == source_id),
                "sentences": tuple(s for s in found.sentences if s.source_id == source_id),
            }
        )
