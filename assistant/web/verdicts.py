"""Verdicts of the essays' decision framework for every web face: in threads, under the questions' limit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import to_thread

from assistant.advice.advising import advise
from assistant.advice.reading import Reading, corrected, read
from assistant.advice.results import Advice
from assistant.advice.situation import Situation
from assistant.answering.assistant import Assistant
from assistant.errors import InputError
from assistant.web.desk import Desk
from assistant.web.principal import Principal

MAX_TEXT = 4_000
"""Most characters of a case in words."""
Made = TypeVar("Made")


async def judged(
    desk: Desk, text: str | None, stated: Situation | None, corpus: str | None, principal: Principal, peer: str
) -> Advice:
    """The verdict on a case in words, corrected by the fields that are stated, null ones too.

    Raises InputError where both lack, Problem 422 and 429.
    """
    if stated is None and not (text or "").strip():
        raise InputError("There is no case to judge.", "Describe it as `text`, or give the fields of a `situation`.")
    return await counted(desk, corpus, principal, peer, partial(_read_and_judged, text or "", stated))


async def counted(
    desk: Desk, corpus: str | None, principal: Principal, peer: str, make: Callable[[Assistant], Made]
) -> Made:
    """What ``make`` makes of a corpus, in a thread, once it is counted. Raises Problem 422 and 429."""
    assistant = desk.shelf.corpus(corpus)
    await desk.count(principal, peer)
    return await to_thread.run_sync(make, assistant)


def verdict(assistant: Assistant, case: Reading) -> Advice:
    """The verdict by the essays of a corpus."""
    return advise(case.situation, assistant.essays.values(), phrases=case.understood, claims=assistant.claims)


def _read_and_judged(text: str, stated: Situation | None, assistant: Assistant) -> Advice:
    fields = {} if stated is None else stated.model_dump(mode="json", exclude_unset=True)
    return verdict(assistant, corrected(read(text), fields))
