"""What a chat model is given beside the question: rules, worked examples and numbered sentences.

What is the same for every question comes first, so that a provider can cache it: the rules and the examples, and where
the model is given the whole documents, their sentences too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answering import prompts
from assistant.answering.calls import CHARS_PER_TOKEN, estimated_tokens
from assistant.answering.stages import Judged
from assistant.answering.verify import Evidence
from assistant.corpus.furniture import is_furniture
from assistant.errors import ConfigurationError
from assistant.index.opened import OpenIndex
from assistant.settings import Settings
from assistant.types import Passage

EVERY = "all"


@dataclass(frozen=True)
class Given:
    """The prompt of one answer: ``stable`` first, the same for every question, then what ``varies``."""

    stable: str
    varies: str
    evidence: Sequence[Evidence]
    examples: int
    whole: bool


class Context:
    """Decides once, for one index, what its chat models are given. Safe to share between threads."""

    def __init__(self, settings: Settings, index: OpenIndex) -> None:
        """Raises ConfigurationError where the whole documents are asked for and do not fit the budget."""
        self._index = index
        self._folder = settings.prompts_dir
        self._wanted = settings.examples
        self._vectors = lru_cache(maxsize=4)(self._encoded)
        self._listed = ""
        self._every: list[Evidence] = []
        if settings.context != "retrieved":
            self._every = whole_evidence(index)
            self._listed = prompts.numbered_by_section(self._every, index.essays)
            self._keep_budget(settings, estimated_tokens(self._listed))

    @property
    def whole(self) -> bool:
        """Whether the model is given every sentence of all documents."""
        return bool(self._every)

    def given(self, judged: Judged) -> Given:
        """The prompt for one question. Raises ConfigurationError for prompts that can't be used."""
        always, nearest = self._examples(judged.found.condensed.standalone)
        evidence = self._every or retrieved_evidence(judged, self._index)
        listed = self._listed or prompts.numbered(evidence, self._index.essays)
        rules, fixed = prompts.rules(self._folder), prompts.worked(always, self._folder)
        chosen, sentences = prompts.worked(nearest, self._folder), prompts.listed(listed, self._folder)
        blocks = ((rules, fixed, sentences), (chosen,)) if self.whole else ((rules, fixed), (chosen, sentences))
        stable, varies = (prompts.joined(*part) for part in blocks)
        return Given(stable, varies, evidence, len(always) + len(nearest), self.whole)

    def _examples(self, question: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Those shown with every question, in the file's order, and those chosen for this one, the nearest last."""
        every = prompts.examples(self._folder)
        if self._wanted == EVERY or int(self._wanted) >= len(every):
            return every, []
        if int(self._wanted) == 0:
            return [], []
        vectors = self._vectors(tuple(example["question"] for example in every))
        near = np.argsort(-(vectors @ self._index.encode([question])[0]), kind="stable")[: int(self._wanted)]
        return [], [every[row] for row in near[::-1]]

    def _encoded(self, questions: tuple[str, ...]) -> NDArray[np.float32]:
        return self._index.encode(questions)

    def _keep_budget(self, settings: Settings, tokens: int) -> None:
        if tokens <= settings.context_budget:
            return
        if settings.context == "whole":
            raise ConfigurationError(
                f"The whole documents take about {tokens:,} tokens (estimated, {CHARS_PER_TOKEN} characters each); "
                f"ASSISTANT_CONTEXT_BUDGET allows {settings.context_budget:,}.",
                "Raise it if the chat model takes as many, or set ASSISTANT_CONTEXT=auto or retrieved.",
            )
        self._every, self._listed = [], ""


def retrieved_evidence(judged: Judged, index: OpenIndex) -> list[Evidence]:
    """Every sentence of the retrieved passages and of the best sentences' places, numbered from 1 in reading order."""
    rows, wanted = index.passages.rows, [p.id for p in judged.found.passages]
    wanted += [s.passage_id for part in judged.found.parts for s in part.sentences[:12]]
    return _numbered((index.passages[rows[i]] for i in dict.fromkeys(wanted)), index)


def whole_evidence(index: OpenIndex) -> list[Evidence]:
    """Every sentence of all documents, numbered from 1: documents by id, sentences as they stand."""
    return _numbered(sorted(index.passages, key=lambda passage: (passage.source_id, passage.start)), index)


def _numbered(passages: Iterable[Passage], index: OpenIndex) -> list[Evidence]:
    found: list[Evidence] = []
    for passage in passages:
        for span in passage.sentences:
            text = span.of(index.essays[passage.source_id].text)
            if not is_furniture(text):
                found.append(
                    Evidence(
                        number=len(found) + 1,
                        source_id=passage.source_id,
                        section=passage.section,
                        start=span.start,
                        end=span.end,
                        text=text,
                    )
                )
    return found
