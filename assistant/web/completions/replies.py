"""Answers as chat completions, whole and in chunks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.types import Answer, Citation, Claim
from assistant.web.permalinks import Permalink

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One completion: all of its chunks carry the same id and time."""

    model: str
    link: Permalink
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer) -> Json:
        """The reply to a request that does not stream."""
        cited = url_citations(answer, self.link)
        message = {
            "role": "assistant",
            "content": answer.answer,
            "refusal": None,
            "annotations": cited,
            # LangChain's ChatOpenAI drops annotations, but keeps this under additional_kwargs.
            "parsed": {"annotations": cited},
        }
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        about = {"system_fingerprint": answer.index_fingerprint, "answer_object": answer.model_dump(mode="json")}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage(answer), **about}

    def begun(self) -> Json:
        """The first chunk: who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def said(self, text: str) -> Json:
        """A chunk of the answer's text."""
        return self._chunk({"content": text})

    def cited(self, answer: Answer) -> Json:
        """The chunk behind the text: its annotations, and the whole answer object."""
        about = {"system_fingerprint": answer.index_fingerprint, "answer_object": answer.model_dump(mode="json")}
        return {**self._chunk({"annotations": url_citations(answer, self.link)}), **about}

    def finished(self) -> Json:
        """The chunk that ends the text."""
        return self._chunk({}, "stop")

    def used(self, answer: Answer) -> Json:
        """The chunk of token counts, for those who ask for it."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage(answer)}

    def _head(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}


def url_citations(answer: Answer, link: Permalink) -> list[Json]:
    """One ``url_citation`` for each sentence and each citation that bears it out."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    return [
        _annotation(claim, by_marker[marker], link)
        for claim in answer.claims
        for marker in claim.markers
        if marker in by_marker
    ]


def usage(answer: Answer) -> Json:
    """Token counts of the chat model; zeros where none was asked."""
    counted = answer.usage
    return {
        "prompt_tokens": counted.input_tokens,
        "completion_tokens": counted.output_tokens,
        "total_tokens": counted.input_tokens + counted.output_tokens,
        "prompt_tokens_details": {"cached_tokens": counted.cached_input_tokens},
    }


def _annotation(claim: Claim, citation: Citation, link: Permalink) -> Json:
    """``start_index:end_index`` (code points, end exclusive) is the sentence in the reply; ``start:end`` is the quote
    in the source's text."""
    cited: Mapping[str, Any] = citation.model_dump(
        mode="json", include={"marker", "source_id", "section", "quote", "start", "end", "status"}
    )
    place = {"start_index": claim.start, "end_index": claim.end, "title": citation.title, "url": link(citation)}
    return {"type": "url_citation", "url_citation": {**place, **cited}}
