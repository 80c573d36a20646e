"""What an answer may be made of: numbered sentences of the retrieved passages, each with its exact span."""

from __future__ import annotations

from assistant.types import Frozen


class Evidence(Frozen):
    """One citable sentence; ``number`` is how a draft refers to it (``[7]``)."""

    number: int
    source_id: str
    section: str
    start: int
    end: int
    text: str


class DraftSentence(Frozen):
    """A sentence of a draft: ``lead`` is what stands between it and the one before (white space, a list mark,
    an essay's name), ``numbers`` the evidence it cites."""

    lead: str = ""
    text: str
    numbers: tuple[int, ...] = ()
