"""What a chat model is given beside the question: rules, worked examples and numbered sentences.

What is the same for every question comes first, so that a provider can cache it: the rules and the examples, and where
the model is given the whole documents, their sentences too. The prompt is sized to the model: a small one on a slow
machine reads some dozens of tokens a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answering import prompts
from assistant.answering.calls import CHARS_PER_TOKEN, estimated_tokens
from assistant.answering.matching import Matcher
from assistant.answering.stages import Judged
from assistant.answering.verify import Evidence
from assistant.corpus.furniture import is_furniture
from assistant.errors import ConfigurationError
from assistant.index.opened import OpenIndex
from assistant.retrieval.reading import Question
from assistant.retrieval.retriever import Retrieved, ScoredSentence
from assistant.settings import Settings
from assistant.types import Passage

EVERY, BY_SIZE = "all", "auto"
SMALL_BUDGET, LARGE_BUDGET = 700, 2_400
"""Tokens of a prompt: for a model on a server of one's own, which may be a laptop; for one that a provider hosts."""
SMALL_SENTENCES, LARGE_SENTENCES = 12, 40
SMALL_EXAMPLES = 2
FEWEST = 4
"""Sentences that are shown however little room the rest leaves."""
LONGEST_QUESTION = 400
"""Characters of a question that are counted in the budget."""
Place = tuple[str, int, int]
"""A document's id, and where a sentence of it begins and ends."""


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

    def __init__(self, settings: Settings, index: OpenIndex, matcher: Matcher) -> None:
        """``matcher`` finds the statements a question is about.

        Raises ConfigurationError where the whole documents are asked for and do not fit the budget.
        """
        self._index = index
        self._matcher = matcher
        self._budgeted = settings.prompt_budget
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

    def given(self, judged: Judged, *, small: bool = False) -> Given:
        """The prompt for one question. Raises ConfigurationError for prompts that can't be used."""
        question = judged.found.condensed.standalone
        always, nearest = self._examples(question, small=small)
        # Small models say at once that there is no answer, where they may: the 1.5B of Qwen three times of four.
        rules = prompts.rules(self._folder, may_refuse=self.whole or not (small and _is_stated(judged)))
        fixed = prompts.worked(always, self._folder)
        if self.whole:
            chosen, sentences = prompts.worked(nearest, self._folder), prompts.listed(self._listed, self._folder)
            stable, varies = prompts.joined(rules, fixed, sentences), chosen
            return Given(stable, varies, self._every, len(always) + len(nearest), whole=True)
        shown = [] if self._by_size else nearest  # those chosen by size get the room that sentences leave
        empty = prompts.listed("", self._folder)
        others = prompts.joined(rules, fixed, prompts.worked(shown, self._folder), empty, question[:LONGEST_QUESTION])
        room = self.room(small=small)
        most = SMALL_SENTENCES if room <= SMALL_BUDGET * CHARS_PER_TOKEN else LARGE_SENTENCES
        evidence, left = self.evidence(judged, room - len(others), most)
        if self._by_size:
            while nearest and len(prompts.worked(nearest, self._folder)) > left:
                nearest = nearest[1:]
        listed = prompts.listed(prompts.numbered_by_document(evidence, self._index.essays), self._folder)
        varies = prompts.joined(prompts.worked(nearest, self._folder), listed)
        return Given(prompts.joined(rules, fixed), varies, evidence, len(always) + len(nearest), whole=False)

    def evidence(self, judged: Judged, room: int, most: int) -> tuple[list[Evidence], int]:
        """The best sentences for the question, at most ``most`` in ``room`` characters, and the room they leave.

        They are numbered as the prompt lists them: the documents by their best sentence, in each the best first.
        """
        chosen: dict[str, list[Evidence]] = {}
        count = 0
        for source_id, start, end in self._ranked(judged):
            essay = self._index.essays[source_id]
            text = essay.text[start:end]
            if is_furniture(text):
                continue
            row = self._index.passages.at(source_id, start, start + 1)
            section = self._index.passages[row].section if row is not None else ""
            item = Evidence(number=1, source_id=source_id, section=section, start=start, end=end, text=text)
            size = prompts.listed_size(item, essay, heads=source_id not in chosen)
            if count == most or (count >= FEWEST and size > room):
                break
            chosen.setdefault(source_id, []).append(item)
            count, room = count + 1, room - size
        every = (item for items in chosen.values() for item in items)
        return [item.model_copy(update={"number": number}) for number, item in enumerate(every, 1)], room

    def _ranked(self, judged: Judged) -> Iterable[Place]:
        """Places for all answerable parts of a question, the best of each part first."""
        found, questions = judged.found, judged.found.condensed.questions
        if len(questions) != len(found.parts):
            lists = [[_place(s) for s in part.sentences] for part in found.parts]
        else:
            judgements = judged.judgements
            asked = [i for i, judgement in enumerate(judgements) if judgement.answerable] or range(len(questions))
            composed = judged.composed or (None,) * len(questions)
            lists = [
                self._of_part(questions[i], found.parts[i], one.refs if (one := composed[i]) else ()) for i in asked
            ]
        return dict.fromkeys(place for row in zip_longest(*lists) for place in row if place is not None)

    def _of_part(self, question: Question, part: Retrieved, refs: Sequence[str]) -> list[Place]:
        """Where documents have statements, those the question is about; of other documents, the sentences found."""
        book = self._matcher.book
        about = list(refs)
        for match in self._matcher.matches(question, part.sentences):
            about += match.rests
        statements = [book.statements[ref] for ref in dict.fromkeys(about) if ref in book.statements]
        stated = [(one.source_id, one.start, one.end) for one in statements]
        ranked = [_place(sentence) for sentence in part.sentences]
        others = [place for place in ranked[:SMALL_SENTENCES] if place[0] not in book.essay_ids] if stated else []
        mixed = [place for pair in zip_longest(stated, others) for place in pair if place is not None]
        return [*mixed, *ranked]

    def room(self, *, small: bool) -> int:
        """Characters that a prompt with retrieved sentences may have."""
        return CHARS_PER_TOKEN * (self._budgeted or (SMALL_BUDGET if small else LARGE_BUDGET))

    @property
    def _by_size(self) -> bool:
        return self._wanted == BY_SIZE

    def _examples(self, question: str, *, small: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Those shown with every question, in the file's order, and those chosen for this one, the nearest last."""
        every = prompts.examples(self._folder)
        wanted = str(SMALL_EXAMPLES) if self._by_size and small and not self.whole else self._wanted
        if wanted in {EVERY, BY_SIZE} or int(wanted) >= len(every):
            return every, []
        if int(wanted) == 0:
            return [], []
        vectors = self._vectors(tuple(example["question"] for example in every))
        near = np.argsort(-(vectors @ self._index.encode([question])[0]), kind="stable")[: int(wanted)]
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


def _is_stated(judged: Judged) -> bool:
    """Whether statements are known that answer each part which is answered."""
    pairs = zip(judged.composed, judged.judgements, strict=False)
    stated = [composed is not None for composed, judgement in pairs if judgement.answerable]
    return bool(stated) and all(stated)


def _place(sentence: ScoredSentence) -> Place:
    return sentence.source_id, sentence.start, sentence.end


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
