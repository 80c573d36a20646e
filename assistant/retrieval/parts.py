"""Two questions asked at once, taken apart so that each is answered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.retrieval.followups import condense, leans
from assistant.retrieval.lexicon import content_stems
from assistant.types import Frozen, Turn

_ASKING = (
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|do|does|did|can|could|should|would|will|was|were|has|have)"
)
_BREAK = re.compile(
    rf"\?\s+(?=\S)|[,;]?\s+(?:and|plus|also)(?: also)?,?\s+(?={_ASKING}\b)|;\s+(?={_ASKING}\b)", re.IGNORECASE
)
_ASKS = re.compile(rf"^\W*(?:and |but |so |also |then )?{_ASKING}\b|\?\s*$", re.IGNORECASE)
MAX_PARTS = 3


class Part(Frozen):
    """One of the questions asked at once: ``asking`` in the asker's words, ``search`` as it stands alone.

    ``said`` is the reply it follows on, which need not be said again.
    """

    asking: str
    search: str
    said: str = ""


def parts_of(question: str, history: Sequence[Turn] = ()) -> tuple[Part, ...]:
    """The questions in a question, at most three, each standalone; mostly it is one.

    A later part that leans on the first ("and how long does it take?") is searched for together with it.
    """
    asked = _split(question)
    first = condense(asked[0], history)
    replies = [turn.content for turn in history if turn.role == "assistant"] if first != asked[0] else []
    return (
        Part(asking=asked[0], search=first, said=replies[-1] if replies else ""),
        *(_later(part, asked[0], first, history) for part in asked[1:]),
    )


def _later(part: str, opening: str, first: str, history: Sequence[Turn]) -> Part:
    if leans(part):
        return Part(asking=f"{part} ({opening})", search=f"{part} ({first})")
    return Part(asking=part, search=condense(part, history))


def _split(question: str) -> tuple[str, ...]:
    pieces = [piece.strip() for piece in _BREAK.split(question) if piece and piece.strip()]
    asking = [piece for piece in pieces if _ASKS.search(piece)]
    thin = any(len(content_stems(piece)) < 2 for piece in pieces[:1])
    if len(asking) < 2 or len(asking) != len(pieces) or len(pieces) > MAX_PARTS or thin:
        return (question,)
    return tuple(pieces)
