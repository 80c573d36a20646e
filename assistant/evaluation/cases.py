"""A question with what a right answer must hold."""

from __future__ import annotations

from assistant.types import Frozen, Turn


class Gold(Frozen):
    """Words of a source that answer a question. ``context`` is a longer quote around them where they stand twice.

    ``source`` is the essay's id; where it is None each of the case's sources is looked through.
    """

    quote: str
    context: str | None = None
    source: str | None = None


class Case(Frozen):
    """One question of a suite.

    ``facts`` are regular expressions (case is ignored), each wanted in the answer; one fact may be a list of accepted
    patterns. ``evidence`` are gold quotes, all wanted; ``alternatives`` are other minimal sets of them.
    """

    id: str
    question: str
    history: tuple[Turn, ...] = ()
    kind: str = "fact"
    answerable: bool = True
    facts: tuple[str | tuple[str, ...], ...] = ()
    evidence: tuple[Gold, ...] = ()
    alternatives: tuple[tuple[Gold, ...], ...] = ()
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
