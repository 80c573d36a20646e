"""The last link of the pipeline: draft → verify → finish, streamed as events."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answering import drafting, replies
from assistant.answering.evidence import DraftSentence, Evidence
from assistant.answering.models import EXTRACTIVE, ChatModel
from assistant.answering.prompts import prompts_sha256
from assistant.answering.stages import Done, Event, Judged, Passages, Token, milliseconds
from assistant.answering.suggest import Suggestions
from assistant.answering.verify import Verifier
from assistant.corpus.claims import CheckedClaim, claim_notices
from assistant.errors import ModelUnavailable
from assistant.index.opened import OpenIndex
from assistant.types import Answer, StageTrace, Usage

UNSUPPORTED = "Nothing the chat model wrote was borne out by the documents. This is the extracted answer."
UNANSWERED = "The documents do not answer this."


@dataclass
class Response:
    """What the stages behind the judgement make of it, step by step."""

    judged: Judged
    text: str = ""
    abstain_reason: str | None = None
    verifier: Verifier | None = None
    model: str = EXTRACTIVE
    notices: list[str] = field(default_factory=list)
    trace: list[StageTrace] = field(default_factory=list)


class Responder:
    """Turns judgements into events: Passages first, Tokens as sentences are verified, Done at the end."""

    def __init__(self, index: OpenIndex, prompts: Path | None = None, claims: Sequence[CheckedClaim] = ()) -> None:
        """``prompts`` is the folder that replaces the built-in prompts; ``claims`` were checked at their sources."""
        self._claims = claims
        self._index = index
        self._prompts = prompts
        self._suggestions = Suggestions(index)

    def respond(self, inputs: Iterator[Judged]) -> Iterator[Event]:
        """The events for each judged question."""
        for judged in inputs:
            yield Passages(judged.found.passages)
            response = Response(judged)
            yield from self._words(response)
            yield Done(self.finish(response))

    def _words(self, response: Response) -> Iterator[Token]:
        judged, intent = response.judged, response.judged.found.condensed.intent
        if intent.kind not in {"question", "summary"}:
            response.text = replies.reply(intent, self._index.essays)
            yield Token(response.text)
        elif intent.kind == "question" and not judged.answerable:
            yield self._abstained(response, [j.reason or UNANSWERED for j in judged.judgements])
        else:
            yield from self._answered(response)

    def _answered(self, response: Response) -> Iterator[Token]:
        """By the chat model where there is one; by extraction where it fails or nothing it says is borne out."""
        evidence = drafting.evidence_for(response.judged, self._index)
        chat = response.judged.found.condensed.asked.model
        begun = False
        if chat is not None:
            try:
                for token in self._by_model(response, chat, evidence):
                    begun = True
                    yield token
            except drafting.RefusalError:
                response.model = chat.name
                yield self._abstained(response, [UNANSWERED])
                return
            if response.text:
                return
        drafted = drafting.extracted(response.judged, evidence, self._index)
        for token in self._verified(response, drafted, evidence, EXTRACTIVE):
            if (
                not begun
            ):  # words behind those of a model that broke off would not be read as another answer: Done brings it
                yield token
        if not response.text:
            yield self._abstained(response, [UNANSWERED])

    def _by_model(self, response: Response, chat: ChatModel, evidence: Sequence[Evidence]) -> Iterator[Token]:
        drafted = drafting.with_model(chat, response.judged, evidence, self._index)
        try:
            yield from self._verified(response, drafted, evidence, chat.name)
            if not response.text:
                response.notices.append(UNSUPPORTED)
        except ModelUnavailable as error:
            response.text = ""
            response.notices.append(f"{error} This is the answer extracted without it.")

    def _verified(
        self, response: Response, drafted: Iterable[DraftSentence], evidence: Sequence[Evidence], model: str
    ) -> Iterator[Token]:
        """Verifies the draft as it is made, and traces both stages, also when the draft breaks off."""
        verifier = Verifier(evidence, self._index.essays)
        watch = _Watch(iter(drafted))
        started = time.perf_counter()
        try:
            yield from map(Token, verifier.accept(watch))
            if verifier.claims:
                response.text, response.verifier, response.model = verifier.text, verifier, model
        finally:
            detail: dict[str, object] = {"by": model, "evidence": len(evidence), "sentences": watch.count}
            verifying = round(milliseconds(started) - watch.ms, 3)
            response.trace.append(StageTrace(stage="draft", ms=round(watch.ms, 3), detail=detail))
            response.trace.append(StageTrace(stage="verify", ms=verifying, detail=verifier.tally.model_dump()))

    def _abstained(self, response: Response, reasons: Sequence[str]) -> Token:
        response.abstain_reason = " ".join(dict.fromkeys(reasons))
        response.text, response.verifier = replies.abstention(reasons), None
        return Token(response.text)

    def finish(self, response: Response) -> Answer:
        """The answer object."""
        judged, condensed, verifier = response.judged, response.judged.found.condensed, response.verifier
        citations = tuple(verifier.citations) if verifier else ()
        near = [sentence for part in judged.found.parts for sentence in part.sentences]
        chat = condensed.asked.model
        finishing = time.perf_counter()
        answer = Answer(
            id=uuid.uuid4().hex,
            question=condensed.asked.question,
            standalone_question=condensed.standalone,
            answer=response.text,
            abstained=response.abstain_reason is not None,
            abstain_reason=response.abstain_reason,
            citations=citations,
            claims=tuple(verifier.claims) if verifier else (),
            passages=judged.found.passages,
            followups=self._suggestions.after(condensed.standalone, near, citations) if near else replies.EXAMPLES,
            notices=self._notices(response),
            model=response.model,
            prompt_sha256=prompts_sha256(self._prompts),
            index_fingerprint=self._index.manifest.fingerprint,
            usage=chat.usage if chat is not None else Usage(),
        )
        done = StageTrace(stage="finish", ms=milliseconds(finishing))
        return answer.model_copy(update={"trace": (*judged.trace, *response.trace, done)})

    def _notices(self, response: Response) -> tuple[str, ...]:
        """Each notice once: of the stages, the index, the parts left unanswered, and that quotes are from notes."""
        verifier, judged = response.verifier, response.judged
        unanswered = [j.reason for j in judged.judgements if not j.answerable and j.reason] if verifier else []
        cited = [self._index.essays[c.source_id] for c in verifier.citations] if verifier else []
        notes = replies.notes_notice(cited)
        checked = claim_notices(self._claims, verifier.citations) if verifier else []
        told = (*judged.notices, *self._index.notices, *response.notices, *unanswered)
        every = (*told, *checked, *([notes] if notes else []))
        return tuple(dict.fromkeys(every))


class _Watch:
    """An iterator that counts its items and the milliseconds it spends making them."""

    def __init__(self, items: Iterator[DraftSentence]) -> None:
        self._items = items
        self.count = 0
        self.ms = 0.0

    def __iter__(self) -> Iterator[DraftSentence]:
        return self

    def __next__(self) -> DraftSentence:
        started = time.perf_counter()
        try:
            item = next(self._items)
        finally:
            self.ms += milliseconds(started)
        self.count += 1
        return item
