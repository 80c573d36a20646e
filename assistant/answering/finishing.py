"""The answer object, from what all stages made, and the notices that belong to it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answering import replies
from assistant.answering.counsel import Counsel
from assistant.answering.models import EXTRACTIVE
from assistant.answering.prompts import prompts_sha256
from assistant.answering.stages import Judged, milliseconds
from assistant.answering.suggest import Suggestions
from assistant.answering.verify import Verifier
from assistant.corpus.claims import CheckedClaim, claim_notices
from assistant.index.opened import OpenIndex
from assistant.types import Answer, StageTrace, Usage


@dataclass
class Response:
    """What the stages behind the judgement make of it, step by step."""

    judged: Judged
    text: str = ""
    abstain_reason: str | None = None
    verifier: Verifier | Counsel | None = None
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
        unanswered = unanswered if isinstance(verifier, Verifier) else []
        cited = [self._index.essays[c.source_id] for c in verifier.citations] if verifier else []
        notes = replies.notes_notice(cited)
        checked = claim_notices(self._claims, verifier.citations) if verifier else []
        told = (*judged.notices, *self._index.notices, *response.notices, *unanswered)
        every = (*told, *checked, *([notes] if notes else []))
        return tuple(dict.fromkeys(every))
