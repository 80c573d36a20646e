"""The last link of the pipeline: draft → verify → finish, streamed as events, with checks between them.

The answer object, from what all stages made, and the notices that belong to it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from assistant.advice.situation import known
from assistant.answering import choosing, drafting, replies, stages
from assistant.answering.citing import CitedText
from assistant.answering.composed import Composed
from assistant.answering.composing import Composer
from assistant.answering.context import Context, Given
from assistant.answering.counsel import Counsel, Counsellor, confirmed
from assistant.answering.models import EXTRACTIVE, ChatModel
from assistant.answering.prompts import prompts_sha256
from assistant.answering.replies import Suggestions
from assistant.answering.stages import Done, Event, Judged, Offered, Passages, Token, Waiting, milliseconds
from assistant.answering.verify import DraftSentence, Entailment, Evidence, Tally, Verifier
from assistant.answering.vocabulary import Vocabulary
from assistant.corpus.themes import CheckedClaim, claim_notices
from assistant.errors import InputError, ModelUnavailable
from assistant.index.opened import OpenIndex
from assistant.retrieval.reading import Form
from assistant.types import Answer, CaseVerdict, StageTrace, Usage


@dataclass
class Response:
    """What the stages behind the judgement make of it, step by step."""

    judged: Judged
    text: str = ""
    abstain_reason: str | None = None
    verifier: Verifier | Counsel | CitedText | None = None
    case: CaseVerdict | None = None
    model: str = EXTRACTIVE
    notices: list[str] = field(default_factory=list)
    trace: list[StageTrace] = field(default_factory=list)


class Finisher:
    """Makes answer objects over one index."""

    def __init__(self, index: OpenIndex, prompts: Path | None = None, claims: Sequence[CheckedClaim] = ()) -> None:
        """``prompts`` is the folder that replaces the built-in prompts; ``claims`` were checked at their sources."""
        self._index = index
        self._prompts = prompts
        self._claims = claims
        self._suggestions = Suggestions(index)

    def finish(self, response: Response) -> Answer:
        """The answer object."""
        judged, condensed, verifier = response.judged, response.judged.found.condensed, response.verifier
        citations = tuple(verifier.citations) if verifier else ()
        near = [sentence for part in judged.found.parts for sentence in part.sentences]
        abstained = response.abstain_reason is not None
        chat = condensed.asked.model
        finishing = time.perf_counter()
        answer = Answer(
            id=uuid.uuid4().hex,
            question=condensed.asked.question,
            standalone_question=condensed.standalone,
            answer=response.text,
            abstained=abstained,
            abstain_reason=response.abstain_reason,
            citations=citations,
            claims=tuple(verifier.claims) if verifier else (),
            passages=replies.near(judged.found.passages) if abstained else judged.found.passages,
            case=response.case,
            followups=self._suggestions.after(condensed.standalone, near, citations),
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
        unanswered = [j.reason for j in judged.judgements if not j.answerable and j.reason]
        unanswered = unanswered if isinstance(verifier, Verifier | CitedText) else []
        cited = [self._index.essays[c.source_id] for c in verifier.citations] if verifier else []
        notes = replies.notes_notice(cited)
        checked = claim_notices(self._claims, verifier.citations) if verifier else []
        told = (*judged.notices, *self._index.notices, *response.notices, *unanswered)
        every = (*told, *checked, *([notes] if notes else []))
        return tuple(dict.fromkeys(every))


UNSUPPORTED = "Nothing the chat model wrote was borne out by the documents. This is the extracted answer."
ASKED_AGAIN = "The chat model was asked once more."
CUT = "The chat model's reply was cut at the most tokens it may write (ASSISTANT_MODEL_MAX_TOKENS)."
INSTEAD = "This is the answer extracted without it."
REFUSED = f"The chat model found no answer in the sentences it was given. {INSTEAD}"
OFFER_SECONDS = 4.0
"""How long a chat model may keep its asker waiting before the extracted answer is offered."""
COMPOSED_ALONE = {"comparison", "table", "options"}
"""Kinds of composed answers that are laid out by what each essay says, so that there is nothing to choose."""
UNANSWERED = "The documents do not answer this."


def replaced(answer: Answer) -> str:
    """Why the extracted answer stands where a chat model failed; empty where it did not, or found none."""
    told = (notice for notice in answer.notices if notice == UNSUPPORTED or notice.endswith(INSTEAD))
    return next((notice for notice in told if notice != REFUSED), "")


class Responder:
    """Turns judgements into events: Passages first, Tokens as sentences are verified, Done at the end."""

    def __init__(
        self,
        index: OpenIndex,
        context: Context,
        counsellor: Counsellor,
        composer: Composer,
        vocabulary: Vocabulary,
        prompts: Path | None = None,
        claims: Sequence[CheckedClaim] = (),
        entailment: Entailment | None = None,
    ) -> None:
        """``context`` says what a chat model is given, ``counsellor`` answers for the asker's own case.

        ``vocabulary`` says how much a word tells in these documents. ``prompts`` is the folder that replaces the
        built-in ones; ``claims`` were checked at their sources; ``entailment`` may refuse what a chat model writes.
        """
        self._entailment = entailment
        self._counsellor = counsellor
        self._composer = composer
        self._context = context
        self._index = index
        self._vocabulary = vocabulary
        self._finisher = Finisher(index, prompts, claims)

    def respond(self, inputs: Iterator[Judged]) -> Iterator[Event]:
        """The events for each judged question."""
        for judged in inputs:
            yield Passages(judged.found.passages)
            response = Response(judged, case=self._counsellor.so_far(judged.found.condensed.case))
            yield from self._words(response)
            yield Done(self._finisher.finish(response))

    def _words(self, response: Response) -> Iterator[Event]:
        judged, intent = response.judged, response.judged.found.condensed.intent
        if intent.kind == "situation" or _tells_a_case(judged):
            yield self._advised(response)
        elif intent.kind not in {"question", "summary"}:
            response.text = replies.reply(intent, self._index.essays)
            yield Token(response.text)
        elif intent.kind == "question" and not judged.answerable:
            yield self._abstained(response, [j.reason or UNANSWERED for j in judged.judgements])
        else:
            yield from self._answered(response)

    def _answered(self, response: Response) -> Iterator[Event]:
        """By the chat model where there is one; by extraction where it fails or nothing it says is borne out."""
        chat = response.judged.found.condensed.asked.model
        begun = False
        if chat is not None:
            try:
                by_model = self._by_choice if chat.chooses else self._by_model
                for event in by_model(response, chat):
                    begun = begun or isinstance(event, Token)
                    yield event
            except drafting.RefusalError:
                if not (chat.small and _composed(response.judged)):
                    response.model = chat.name
                    yield self._abstained(response, [UNANSWERED])
                    return
                response.notices.append(REFUSED)
            if response.text:
                return
        for token in self._extracted(response):
            if not begun:  # words behind a model's that broke off would be read as one answer: Done brings it
                yield token

    def _extracted(self, response: Response) -> Iterator[Token]:
        if composed := _composed(response.judged):
            yield from self._written(response, composed)
            return
        drafted = drafting.extracted(response.judged, self._index, self._vocabulary)
        yield from self._verified(response, drafted.sentences, drafted.evidence, EXTRACTIVE)
        if not response.text:
            yield self._abstained(response, [UNANSWERED])

    def _waited(self, judged: Judged, begun: Callable[[float | None], bool]) -> Iterator[Event]:
        """What is told until a chat model has ``begun``: after a while, also the extracted answer."""
        yield Waiting("reading")
        if not begun(OFFER_SECONDS):
            meanwhile = Response(judged)
            for _ in self._extracted(meanwhile):
                pass
            yield Offered(self._finisher.finish(meanwhile))
            begun(None)
        yield Waiting("writing")

    def _written(
        self,
        response: Response,
        composed: Sequence[tuple[Composed, Form]],
        by: str = EXTRACTIVE,
        started: float | None = None,
        more: Mapping[str, object] | None = None,
    ) -> Iterator[Token]:
        """The answer composed from statements: each sentence rests on words of the documents by construction.

        ``by`` names the model that chose them, since ``started``; ``more`` goes into the trace.
        """
        started = time.perf_counter() if started is None else started
        written = CitedText()
        yield from map(Token, self._composer.write(composed, written))
        response.text, response.verifier, response.model = written.text, written, by
        detail: dict[str, object] = {"by": by, "composed": [one.kind for one, _ in composed], **(more or {})}
        detail["statements"] = [ref for one, _ in composed for ref in one.refs]
        response.trace.append(_traced("draft", milliseconds(started), detail, ""))
        tally = Tally(kept=len(written.claims))
        response.trace.append(_traced("verify", 0.0, tally.model_dump(), stages.verified(tally.kept)))

    def _by_model(self, response: Response, chat: ChatModel) -> Iterator[Event]:
        """What the model writes; asked once more where nothing of that can be shown, so nothing shown is taken back."""
        given = self._context.given(response.judged, small=chat.small)
        draft = drafting.ModelDraft(chat, given, response.judged.found.condensed.standalone)
        try:
            yield from self._waited(response.judged, draft.begun)
            failed = yield from self._verified(response, draft, given.evidence, chat.name, given)
            if failed and response.text:
                response.notices.append(stages.notice(*failed, "Verification found what bears them out."))
            elif failed:
                response.notices.append(stages.notice(*failed, ASKED_AGAIN))
                yield from self._verified(response, draft.again(failed[1]), given.evidence, chat.name, given)
                if not response.text:
                    response.notices.insert(0, UNSUPPORTED)
            if draft.cut and response.text:
                response.notices.append(CUT)
        except ModelUnavailable as error:
            response.text = ""
            response.notices.insert(0, f"{error} {INSTEAD}")
        finally:
            draft.close()

    def _by_choice(self, response: Response, chat: ChatModel) -> Iterator[Event]:
        """The answer composed of what the model chooses. What is composed for each author or as a table stays."""
        judged, started = response.judged, time.perf_counter()
        kinds = {one.kind for one, _ in _composed(judged)}
        if kinds & COMPOSED_ALONE or judged.found.condensed.intent.kind == "summary":
            return
        question = judged.found.condensed.questions[0]
        offered = choosing.candidates(judged, self._context, self._composer)
        try:
            words = choosing.asked(chat, judged.found.condensed.standalone, offered)
            with closing(words):
                yield from self._waited(judged, words.begun)
                choice = choosing.choice_of(chat, "".join(words), offered)
        except ModelUnavailable as error:
            response.notices.insert(0, f"{error} {INSTEAD}")
            return
        if not choice.numbers:
            raise drafting.RefusalError
        composed = choosing.composed_of(self._composer, question, offered, choice)
        detail = {"candidates": len(offered), "chosen": list(choice.numbers), "verdict": choice.verdict}
        yield from self._written(response, [(composed, question.form)], chat.name, started, detail)

    def _verified(
        self,
        response: Response,
        drafted: Iterable[DraftSentence],
        evidence: Sequence[Evidence],
        model: str,
        given: Given | None = None,
    ) -> Generator[Token, None, stages.Failed | None]:
        """Verifies the draft as it is made, and traces both stages, also when the draft breaks off.

        Returns the first check that failed.
        """
        verifier = Verifier(evidence, self._index.essays, self._entailment if given is not None else None)
        watch = _Watch(iter(drafted))
        started = time.perf_counter()
        try:
            yield from map(Token, verifier.accept(watch))
            if verifier.claims:
                response.text, response.verifier, response.model = verifier.text, verifier, model
                if given is not None and verifier.tally.dropped:
                    response.notices.append(stages.left_out(verifier.tally.dropped))
        finally:
            draft = stages.drafted(watch.count, watch.marked)
            kept = stages.verified(verifier.tally.kept)
            detail: dict[str, object] = {"by": model, "evidence": len(evidence), "sentences": watch.count}
            if given is not None:
                detail |= {"context": "whole" if given.whole else "retrieved", "examples": given.examples}
            verifying = round(milliseconds(started) - watch.ms, 3)
            response.trace.append(_traced("draft", watch.ms, detail, draft))
            response.trace.append(_traced("verify", verifying, verifier.tally.model_dump(), kept))
        return ("draft", draft) if draft else ("verify", kept) if kept else None

    def _advised(self, response: Response) -> Token:
        """The verdict of the essays' framework on the asker's own case, read by the chat model where there is one."""
        asked, case = response.judged.found.condensed.asked, response.judged.found.condensed.case
        assert case is not None  # noqa: S101 - what makes the intent
        started = time.perf_counter()
        reading, read_by = case.reading, "rules"
        if asked.model is not None and not asked.model.small:  # the form it would have to fill is a long prompt
            try:
                reading, read_by = confirmed(drafting.case_with(asked.model, case.said), case), asked.model.name
            except (ModelUnavailable, InputError) as error:
                response.notices.append(f"{error.message} Rules read your case instead.")
        counsel = self._counsellor.counsel(case, reading, read_by)
        response.text, response.verifier, response.case = counsel.text, counsel, counsel.case
        response.notices.extend(counsel.notices)
        response.trace.append(StageTrace(stage="advise", ms=milliseconds(started), detail=counsel.detail))
        return Token(counsel.text)

    def _abstained(self, response: Response, reasons: Sequence[str]) -> Token:
        response.abstain_reason = " ".join(dict.fromkeys(reasons))
        near = bool(replies.near(response.judged.found.passages))
        response.text, response.verifier = replies.abstention(reasons, near=near), None
        return Token(response.text)


def _composed(judged: Judged) -> list[tuple[Composed, Form]]:
    """What the statements say to each answerable part, in its form; nothing where they leave one to search."""
    every = zip(judged.composed, judged.found.condensed.questions, judged.judgements, strict=False)
    answerable = [(one, question.form) for one, question, judgement in every if judgement.answerable]
    return [(one, form) for one, form in answerable if one is not None] if all(one for one, _ in answerable) else []


def _tells_a_case(judged: Judged) -> bool:
    """Whether something is known of the asker's own case, and the documents have nothing near the question."""
    case = judged.found.condensed.case
    told = case is not None and bool(known(case.reading.situation))
    return told and all(judgement.far for judgement in judged.judgements)


def _traced(stage: str, ms: float, detail: Mapping[str, object], problem: str) -> StageTrace:
    return StageTrace(stage=stage, ms=round(ms, 3), detail={**detail, "check": problem or stages.PASSED})


class _Watch:
    """An iterator that counts its items, those with marks, and the milliseconds it spends making them."""

    def __init__(self, items: Iterator[DraftSentence]) -> None:
        self._items = items
        self.count = self.marked = 0
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
        self.marked += bool(item.numbers)
        return item
