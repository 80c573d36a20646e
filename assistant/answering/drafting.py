"""Drafts: by extraction, or by a chat model from the same numbered evidence.

Reading a model's marked-up text as it streams: sentences, and the ``[n]`` marks behind each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from assistant.advice.situation import Situation
from assistant.answering import extractive
from assistant.answering.context import Given
from assistant.answering.fitness import Likeness
from assistant.answering.models import ChatModel, Words
from assistant.answering.prompts import REFUSAL, render
from assistant.answering.stages import Asked, Condensed, Judged
from assistant.answering.verify import DraftSentence
from assistant.answering.vocabulary import Vocabulary
from assistant.corpus.markup import blocks
from assistant.corpus.splitting import sentences
from assistant.index.opened import OpenIndex
from assistant.retrieval.reading import Focus
from assistant.retrieval.retriever import HybridRetriever, Retrieved
from assistant.types import Span

_NUMBERS = r"\s*(?:source|passage|s)?\s*(\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)\s*"
_MARKS = re.compile(
    rf"[ \t]*[\[【]{_NUMBERS}[\]】](?=[\s.,;:!?(\[【]|$)"
    rf"|[ \t]*\({_NUMBERS}\)(?=[ \t]*(?:[.!?(\[【]|$))"
    rf"|(?<=[.!?\"”])[ \t]*\({_NUMBERS}\)(?=\s|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Round marks count only where a sentence ends: elsewhere "(1)" numbers the points of a list."""
_OPENED = re.compile(r"[ \t]*\(\s*[a-z]{0,7}\s*[\d\s,;–-]{0,40}$", re.IGNORECASE)
_LONGEST_MARK = 80
_MAY_END = re.compile(r"[.!?…。！？؟।\n]")
"""What every sentence that another one follows ends with."""
_WHOLE = re.compile(r"[.!?…。！？؟।][\"'”’)\]»]*$")
_FENCES = re.compile("```|~~~")
SETTLED = 300
"""Characters of sentences already given from which on a stream forgets them."""
_MAX_RANGE = 10


def parse(text: str) -> list[DraftSentence]:
    """All sentences of a finished text. Marks inside or behind a sentence belong to it; headings are left out."""
    return [sentence for sentence, _ in _placed(text)]


def _placed(text: str) -> list[tuple[DraftSentence, Span]]:
    """The sentences, each with its place in the text as it stands, marks included."""
    clean, marks, removed = _without_marks(text)
    found: list[tuple[DraftSentence, Span]] = []
    end = 0
    spans = [s for block in blocks(clean, 0, len(clean)) for s in sentences(clean, block)]
    for i, span in enumerate(spans):
        until = spans[i + 1].start if i + 1 < len(spans) else len(clean) + 1
        numbers = tuple(
            dict.fromkeys(n for at, n in marks if span.start < at <= until and not clean[span.end : at].strip())
        )
        lead = _layout(clean[end : span.start]) if found else ""
        start, stop = (at + sum(size for place, size in removed if place <= at) for at in (span.start, span.end))
        found.append((DraftSentence(lead=lead, text=span.of(clean), numbers=numbers), Span(start=start, end=stop)))
        end = span.end
    return found


def parse_stream(pieces: Iterable[str], cut: Callable[[], bool] = lambda: False) -> Iterator[DraftSentence]:
    """Sentences of a streamed text, each as soon as the next one has begun.

    ``cut`` says at the end whether the text was cut there; its last sentence is then left out unless it is whole.
    """
    reader = _Reader()
    for piece in pieces:
        yield from reader.read(piece)
    rest = list(reader.rest())
    yield from rest[:-1] if rest and cut() and not _WHOLE.search(rest[-1].text) else rest


class _Reader:
    """Reads a text that grows. It keeps what follows the sentences it gave, so that work is linear in the pieces."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0
        self._seen = self._next = 0

    def read(self, piece: str) -> Iterator[DraftSentence]:
        """The sentences that are whole now that ``piece`` has come."""
        self._text += piece
        if len(self._text) < self._next or not _MAY_END.search(self._text, self._seen, len(self._text) - 1):
            return
        done = _placed(_without_open_mark(self._text))[:-1]
        yield from (sentence for sentence, _ in done[self._given :])
        if len(done) > self._given:
            self._given, self._seen, self._next = len(done), done[-1][1].end, 0
            self._forget(*done[-1])
        elif len(self._text) > SETTLED:  # in a long sentence full of abbreviations, look again once it has grown
            self._next = len(self._text) + len(self._text) // 8

    def rest(self) -> Iterator[DraftSentence]:
        """The sentences still to give, at the end of the text."""
        yield from parse(self._text)[self._given :]

    def _forget(self, last: DraftSentence, place: Span) -> None:
        """Drop the text before the last sentence given, where what is left reads the same."""
        if place.start < SETTLED or _FENCES.search(self._text):
            return
        left = self._text[place.start :]
        read = parse(_without_open_mark(left))
        if len(read) > 1 and read[0].model_copy(update={"lead": last.lead}) == last:
            self._text, self._given, self._seen = left, 1, place.end - place.start


def _without_open_mark(text: str) -> str:
    """The text without a mark at its end that may still be going on."""
    closed = max(text.rfind("]"), text.rfind("】")) + 1
    opened = [at for bracket in "[【" if (at := text.find(bracket, closed)) >= 0]
    if opened:
        return text[: min(opened)].rstrip(" \t")
    begun = _OPENED.search(text, max(0, len(text) - _LONGEST_MARK))
    return text[: begun.start()] if begun else text


def _layout(between: str) -> str:
    """What stands between two sentences, without its heading lines: nobody checks what those say."""
    *lines, last = between.split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*(line for line in lines if not line.strip()), last]))


def _without_marks(text: str) -> tuple[str, list[tuple[int, int]], list[tuple[int, int]]]:
    """The text without its marks; (offset in it, evidence number) for each number, (offset, length) for each mark."""
    kept: list[str] = []
    marks, removed, end, at = [], [], 0, 0
    for match in _MARKS.finditer(text):
        kept.append(text[end : match.start()])
        at += len(kept[-1])
        end = match.end()
        removed.append((at, len(match[0])))
        marks += [(at, number) for number in _numbers(match[match.lastindex or 0])]
    return "".join((*kept, text[end:])), marks, removed


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
    return extractive.draft(judged.answerable, index.essays, Likeness(index.encode, vocabulary))


class ModelDraft:
    """A chat model's draft of one answer: iterating asks the model. ``reply`` is all it has said so far.

    Iteration and ``begun`` raise RefusalError, ModelUnavailable.
    """

    def __init__(self, model: ChatModel, given: Given, question: str, turns: Sequence[tuple[str, str]] = ()) -> None:
        """``turns`` are what is asked instead of the bare question."""
        self.reply = ""
        self._model = model
        self._given = given
        self._question = question
        self._turns = turns or [("human", question)]
        self._words: Words | None = None

    def begun(self, seconds: float | None = None) -> bool:
        """Ask, and wait until the model says something; False if it hasn't within ``seconds``."""
        return self._asked().begun(seconds)

    @property
    def cut(self) -> bool:
        """Whether the model was still writing when it reached the most tokens it may write."""
        return self._words is not None and self._words.cut

    def __iter__(self) -> Iterator[DraftSentence]:
        """The sentences as they come."""
        for i, sentence in enumerate(parse_stream(self._pieces(), lambda: self.cut)):
            if i == 0 and REFUSAL in sentence.text.upper():
                raise RefusalError
            yield sentence

    def again(self, problem: str) -> ModelDraft:
        """The draft of the same model once it was told what was wrong with this one. Raises ConfigurationError."""
        told = render("repair.md", self._model.prompts, problem=problem, refusal=REFUSAL, question=self._question)
        said = [*self._turns, ("ai", self.reply.strip())] if self.reply.strip() else []
        return ModelDraft(self._model, self._given, self._question, [*said, ("human", told)])

    def close(self) -> None:
        """Stop the model. Safe to call again."""
        if self._words is not None:
            self._words.close()

    def _asked(self) -> Words:
        if self._words is None:
            self._words = self._model.stream(self._given.varies, self._turns, stable=self._given.stable)
        return self._words

    def _pieces(self) -> Iterator[str]:
        for piece in self._asked():
            self.reply += piece
            yield piece


def case_with(model: ChatModel, said: str) -> dict[str, object]:
    """The asker's case as the chat model reads it, by calling a tool with a typed schema. Raises ModelUnavailable."""
    return model.fill(render("situation.md", model.prompts), said, Situation)


def condense_with(model: ChatModel, asked: Asked) -> str:
    """What the chat model makes of the question, meant to stand alone. Raises ModelUnavailable."""
    turns, chars = (2, 400) if model.small else (6, 1000)
    recent = asked.history[-turns:]
    conversation = "\n".join(f"{turn.role}: {' '.join(turn.content.split())[:chars]}" for turn in recent)
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
