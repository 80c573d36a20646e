"""A chat model that grades answers beside the deterministic measures: off by default, and never part of passing.

How far the chat-model judge can be believed: its agreement with the deterministic verdict and with itself.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from assistant.answering.models import ChatModel
from assistant.answering.prompts import render
from assistant.errors import InputError, ModelUnavailable
from assistant.evaluation.cases import Case
from assistant.evaluation.results import GRADES, Interval, Judgement, Run, Score
from assistant.evaluation.statistics import kappa, wilson
from assistant.settings import Settings, load_settings
from assistant.types import Answer, Frozen

NAME = "judge"
"""The name of its score, which no pass, gate or comparison reads."""
PROMPTS = Path(__file__).with_name("prompts")
TIMES = 2
"""How often each answer is judged, so that the judge can be held against itself."""
_REPLY = re.compile(rf"({'|'.join(GRADES)}): (\S.*)")


class ChatJudge:
    """Grades answers with a chat model. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Sets the model of ``settings`` up without calling it. Raises ConfigurationError."""
        self._model = ChatModel(settings)
        self._system = render("judge.md", PROMPTS, grades=", ".join(GRADES))
        self.name = self._model.name
        self.prompt_sha256 = hashlib.sha256(self._system.encode()).hexdigest()

    def judge(self, case: Case, answer: Answer | None) -> tuple[Judgement, ...]:
        """The answer judged ``TIMES`` times, each a question of its own; never raises for what the model does."""
        if answer is None:
            return (Judgement(grade=None, reason="There is no answer to judge."),)
        data = as_data(case, answer)
        return tuple(self._once(data) for _ in range(TIMES))

    def _once(self, data: str) -> Judgement:
        try:
            return read(self._model.for_one_answer().complete(self._system, data))
        except ModelUnavailable as failure:
            return Judgement(grade=None, reason=str(failure))


def chat_judge(model: str | None) -> ChatJudge | None:
    """The judge ``provider:model``, with the settings of chat models; None for None.

    Raises InputError for another form of name, ConfigurationError where it can't be set up.
    """
    if model is None:
        return None
    if not all(model.partition(":")):
        raise InputError(f"The judge {model!r} is no `provider:model`.", "Write for example openai:gpt-4o-mini.")
    return ChatJudge(load_settings(model=model))


def as_data(case: Case, answer: Answer) -> str:
    """Case, gold and answer as one JSON object: text from outside can't leave its string."""
    shown = case.model_dump(mode="json", include={"question", "answerable", "facts", "expect"})
    shown["conversation"] = [turn.model_dump(mode="json") for turn in case.history]
    shown["evidence"] = [gold.quote for gold in case.evidence]
    shown["alternatives"] = [[gold.quote for gold in each] for each in case.alternatives]
    shown |= {"answer": answer.answer, "abstained": answer.abstained}
    return json.dumps(shown, ensure_ascii=False)


def read(reply: str) -> Judgement:
    """The grade and reason of a reply of exactly the form asked for; else no grade, and why."""
    lines = reply.strip().splitlines()
    found = _REPLY.fullmatch(" ".join(lines[0].split())) if len(lines) == 1 else None
    if found is None or not found[2].isprintable():
        return Judgement(grade=None, reason="The judge's reply is not one line of a grade and a reason.")
    return Judgement.model_validate({"grade": found[1], "reason": found[2]})


def judge_score(judgements: tuple[Judgement, ...]) -> Score:
    """The first judgement's score: 1 right, 0.5 partly, 0 wrong, None without a grade. The reason tells each."""
    told = " / ".join(f"{one.grade or 'no grade'}: {one.reason}" for one in judgements)
    grade = judgements[0].grade
    return Score(value=None if grade is None else GRADES[grade], reason=told)


ENOUGH = 0.9
"""Share of agreement below which the judge is not to be relied on."""


class Agreement(Frozen):
    """How often two raters said the same, and Cohen's kappa; None where chance alone would make them agree always."""

    same: Interval
    kappa: float | None

    @property
    def is_low(self) -> bool:
        """Whether they differ too often."""
        return self.same.share < ENOUGH


class Audit(Frozen):
    """The judge held against the pass verdict (right: passed; partly and wrong: failed), and against itself.

    Each case counts once, with its first answer. ``ungraded`` of ``n`` cases have no grade in one of the judgements
    at least, the first of them for the reason ``why``; an agreement is None where no case can be compared.
    """

    n: int
    ungraded: int
    why: str
    verdict: Agreement | None
    itself: Agreement | None


def audit(run: Run) -> Audit | None:
    """The audit of a run's judge; None for a run without one."""
    if not run.setup.judge:
        return None
    first = [result for result in run.results if result.repeat == 0 and result.judgements]
    verdicts = [(r.judgements[0].grade == "right", r.passed) for r in first if r.judgements[0].grade]
    graded = [tuple(judgement.grade for judgement in result.judgements) for result in first]
    twice = [(grades[0], grades[1]) for grades in graded if len(grades) > 1 and all(grades)]
    reasons = [judgement.reason for result in first for judgement in result.judgements if judgement.grade is None]
    return Audit(
        n=len(first),
        ungraded=sum(not all(grades) for grades in graded),
        why=reasons[0] if reasons else "",
        verdict=_agreement(verdicts),
        itself=_agreement(twice),
    )


def _agreement(pairs: Sequence[tuple[object, object]]) -> Agreement | None:
    if not pairs:
        return None
    return Agreement(same=wilson(sum(a == b for a, b in pairs), len(pairs)), kappa=kappa(pairs))
