"""The essays' decision framework for every web face: a case judged by rules, under the questions' limit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from assistant.advice.advising import advise
from assistant.advice.reading import Understood, read
from assistant.advice.results import Advice
from assistant.advice.situation import Situation, known, situation_of
from assistant.errors import InputError
from assistant.web.desk import Desk
from assistant.web.principal import Principal

MAX_TEXT = 4_000
"""Most characters of a case in words."""


@dataclass(frozen=True)
class Case:
    """What is known of a case, and the phrases of a text that it was read from."""

    situation: Situation
    phrases: tuple[Understood, ...] = ()


def case_of(text: str | None, stated: Situation | None) -> Case:
    """The case in words, corrected by the fields that are stated, null ones too. Raises InputError where both lack."""
    reading = read(text) if text is not None and text.strip() else None
    if reading is None and stated is None:
        raise InputError("There is no case to judge.", "Describe it as `text`, or give the fields of a `situation`.")
    data = known(reading.situation) if reading else {}
    if stated is not None:
        if "tried" in stated.model_fields_set:
            data.pop("tried_is_all", None)
        data |= stated.model_dump(mode="json", exclude_unset=True)
    return Case(situation_of(data), reading.understood if reading else ())


async def judged(desk: Desk, case: Case, corpus: str | None, principal: Principal, peer: str) -> Advice:
    """The verdict by the essays of a corpus. Raises Problem 422 and 429."""
    assistant = desk.shelf.corpus(corpus)
    await desk.count(principal, peer)
    judge = partial(advise, case.situation, assistant.essays.values(), phrases=case.phrases, claims=assistant.claims)
    return await to_thread.run_sync(judge)
