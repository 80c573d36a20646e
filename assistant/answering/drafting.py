"""Drafts: by extraction, or by a chat model from the same numbered evidence.

Reading a model's marked-up text as it streams: sentences, and the ``[n]`` marks behind each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.advice.situation import Situation
from assistant.answering import extractive
from assistant.answering.context import Given
from assistant.answering.models import ChatModel
from assistant.answering.prompts import REFUSAL, render
from assistant.answering.stages import Asked, Condensed, Judged
from assistant.answering.verify import DraftSentence
from assistant.answering.vocabulary import Vocabulary
from assistant.corpus.markup import blocks
from assistant.corpus.splitting import sentences
from assistant.index.opened import OpenIndex
from assistant.retrieval.reading import Focus
from assistant.retrieval.retriever import HybridRetriever, Retrieved

_NUMBERS = r"\s*(?:source|passage|s)?\s*(\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)\s*"
_MARKS = re.compile(
    rf"[ \t]*[\[【]{_NUMBERS}[\]】](?=[\s.,;:!?(\[【]|$)"
    rf"|[ \t]*\({_NUMBERS}\)(?=[ \t]*(?:[.!?(\[【]|$))"
    rf"|(?<=[.!?\"”])[ \t]*\({_NUMBERS}\)(?=\s|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Round marks count only where a sentence ends: elsewhere "(1)" numbers the points of a list."""
_UNFINISHED = re.compile(r"[ \t]*(?:[\[【][^\]】]*|\(\s*[a-z]{0,7}\s*[\d\s,;–-]{0,40})$", re.IGNORECASE)
_MAX_RANGE = 10


def parse(text: str) -> list[DraftSentence]:
    """All sentences of a finished text. Marks inside or behind a sentence belong to it; headings are left out."""
    clean, marks = _without_marks(text)
    found: list[DraftSentence] = []
    end = 0
    spans = [s for block in blocks(clean, 0, len(clean)) for s in sentences(clean, block)]
    for i, span in enumerate(spans):
        until = spans[i + 1].start if i + 1 < len(spans) else len(clean) + 1
        numbers = tuple(
            dict.fromkeys(n for at, n in marks if span.start < at <= until and not clean[span.end : at].strip())
        )
        found.append(
            DraftSentence(lead=_layout(clean[end : span.start]) if found else "", text=span.of(clean), numbers=numbers)
        )
        end = span.end
    return found


def parse_stream(pieces: Iterable[str]) -> Iterator[DraftSentence]:
    """Sentences of a streamed text, each as soon as the next one has begun."""
    text, given = "", 0
    for piece in pieces:
        text += piece
        done = parse(_UNFINISHED.sub("", text))[:-1]
        yield from done[given:]
        given = max(given, len(done))
    yield from parse(text)[given:]


def _layout(between: str) -> str:
    """What stands between two sentences, without its heading lines: nobody checks what those say."""
    *lines, last = between.split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*(line for line in lines if not line.strip()), last]))


def _without_marks(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and (offset in it, evidence number) for each mark."""
    clean, marks, end = "", [], 0
    for match in _MARKS.finditer(text):
        clean += text[end : match.start()]
        end = match.end()
        marks += [(len(clean), number) for number in _numbers(match[match.lastindex or 0])]
    return clean + text[end:], marks


def _numbers(inside: str) -> Iterator[int]:
    """``3, 5-7`` as 3, 5, 6, 7."""
    for part in re.split(r"[,;]", inside):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + _MAX_RANGE:
            yield from range(ends[0], ends[1] + 1)
        else:
            yield from ends


class RefusalError(Exception):
    """The chat model says that the evidence does not answer the question."""


def extracted(judged: Judged, index: OpenIndex, vocabulary: Vocabulary) -> extractive.Drafted:
    """The extractive draft."""
    if judged.found.condensed.intent.kind == "summary":
        return extractive.summary(judged.found.parts, index.essays)
    return extractive.draft(judged.answerable, index.essays, extractive.Likeness(index.encode, vocabulary))


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
