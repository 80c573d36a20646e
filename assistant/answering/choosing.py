"""A chat model that chooses instead of writing: it names the sentences that answer, the composer makes the text.

A small model writes badly and chooses better, and a few numbers are written sooner than an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from assistant.answering import prompts
from assistant.answering.composed import Composed, Sentence
from assistant.answering.composing import Composer
from assistant.answering.context import SMALL_SENTENCES, Context
from assistant.answering.matching import Match
from assistant.answering.models import ChatModel, Words
from assistant.answering.stages import Judged
from assistant.answering.verify import Evidence
from assistant.corpus.statements import Verdict
from assistant.corpus.themes import Prepared
from assistant.errors import ModelUnavailable
from assistant.retrieval.reading import Question

MOST = 3
"""Sentences a model may choose."""
VERDICTS: dict[str, Verdict | None] = {"yes": "yes", "no": "no", "depends": "depends", "open": None, "none": None}
NONE = "none"
_OBJECT = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(rf"\b(?:{'|'.join(VERDICTS)})\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?![\w%]|[.,]\d)")


@dataclass(frozen=True)
class Candidate:
    """A sentence that may be chosen, and the match it comes from; None for a sentence that search found."""

    sentence: Sentence
    match: Match | None = None


@dataclass(frozen=True)
class Choice:
    """What a model chose: numbers in its order, and the word for a verdict; "" where it gave none."""

    numbers: tuple[int, ...]
    verdict: str


def candidates(judged: Judged, context: Context, composer: Composer) -> list[Candidate]:
    """What may be chosen: the statements and prepared answers nearest to the question, and sentences found."""
    book, condensed = composer.matcher.book, judged.found.condensed
    evidence, _ = context.evidence(judged, context.room(small=True), SMALL_SENTENCES)
    parts = zip(condensed.questions, judged.found.parts, judged.judgements, judged.composed, strict=False)
    matched: list[Match] = []
    for question, part, judgement, composed in parts:
        if judgement.answerable and composed is not None:
            matched += composer.matcher.matches(question, part.sentences)[:SMALL_SENTENCES]
    others = [Candidate(_found(item)) for item in evidence if not matched or item.source_id not in book.essay_ids]
    mixed = zip_longest((Candidate(_of(match), match) for match in matched), others)
    every = (candidate for pair in mixed for candidate in pair if candidate is not None)
    return list({candidate.sentence.text: candidate for candidate in every}.values())[:SMALL_SENTENCES]


def asked(model: ChatModel, question: str, offered: Sequence[Candidate]) -> Words:
    """The reply of a model that is to choose. Raises ModelUnavailable, as does reading it."""
    rules = prompts.render(prompts.CHOOSING, model.prompts)
    lines = "\n".join(prompts.numbered_texts(candidate.sentence.text for candidate in offered))
    return model.structured(rules, prompts.listed(lines, model.prompts), question, _schema(len(offered)))


def choice_of(model: ChatModel, reply: str, offered: Sequence[Candidate]) -> Choice:
    """What the model chose. Raises ModelUnavailable where its reply names nothing that was offered."""
    choice = parsed(reply, len(offered))
    if not choice.numbers and choice.verdict != NONE:
        raise ModelUnavailable(f"The chat model {model.name} chose none of the sentences it was given.", "Ask again.")
    return choice


def parsed(reply: str, offered: int) -> Choice:
    """A reply as JSON, else the numbers and the verdict in its text."""
    numbers: Iterable[Any] = _NUMBER.findall(reply)
    word = _WORD.search(reply)
    verdict = word[0] if word else ""
    with suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        read = json.loads(_OBJECT.findall(reply)[-1])
        numbers, verdict = list(read["numbers"]), str(read.get("verdict", ""))
    whole = (int(n) for n in numbers if isinstance(n, int | str) and str(n).strip().isdecimal())
    known = tuple(dict.fromkeys(n for n in whole if 1 <= n <= offered))[:MOST]
    return Choice(() if verdict.lower() == NONE else known, verdict.lower())


def composed_of(composer: Composer, question: Question, offered: Sequence[Candidate], choice: Choice) -> Composed:
    """The answer of what was chosen. The first one leads, whatever else is known of it included."""
    first, *more = (offered[number - 1] for number in choice.numbers)
    verdict = VERDICTS.get(choice.verdict)
    if first.match is None:
        return Composed("chosen", lead=(first.sentence,), items=tuple(one.sentence for one in more))
    matches = [one.match for one in (first, *more) if one.match is not None]
    answered = composer.answered(question, matches, verdict)
    said = {ref for sentence in (*answered.lead, *answered.items) for ref in sentence.rests}
    added = tuple(one.sentence for one in more if not said & set(one.sentence.rests))
    return Composed(
        f"chosen {answered.kind}", answered.lead, (*answered.items, *added), answered.listed, score=answered.score
    )


def _of(match: Match) -> Sentence:
    target = match.target
    return Sentence(target.lead if isinstance(target, Prepared) else target.text, match.rests)


def _found(item: Evidence) -> Sentence:
    return Sentence(" ".join(item.text.split()), (), places=(item,))


def _schema(offered: int) -> dict[str, Any]:
    """What a reply has to be, for servers that hold a model to it."""
    return {
        "type": "object",
        "properties": {
            "numbers": {
                "type": "array",
                "items": {"type": "integer", "enum": list(range(1, offered + 1))},
                "maxItems": MOST,  # small models would go on until nothing is left
            },
            "verdict": {"type": "string", "enum": list(VERDICTS)},
        },
        "required": ["numbers", "verdict"],
        "additionalProperties": False,
    }
