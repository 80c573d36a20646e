"""Two questions asked at once, taken apart so that each is answered."""

from __future__ import annotations

import re

from assistant.retrieval.lexicon import content_stems

_ASKING = r"(?:what|which|who|whom|whose|when|where|why|how|is|are|do|does|did|can|could|should|would|will|was|were|has|have)"
_BREAK = re.compile(rf"\?\s+(?=\S)|[,;]?\s+(?:and|plus|also)(?: also)?,?\s+(?={_ASKING}\b)|;\s+(?={_ASKING}\b)", re.IGNORECASE)
_ASKS = re.compile(rf"^\W*(?:and |but |so |also |then )?{_ASKING}\b|\?\s*$", re.IGNORECASE)
MAX_PARTS = 3


def parts_of(question: str) -> tuple[str, ...]:
    """The questions in a question, at most three; one that asks a single thing comes back whole.

    A part too thin to search for alone keeps the first part's words with it.
    """
    pieces = [piece.strip() for piece in _BREAK.split(question) if piece and piece.strip()]
    asking = [piece for piece in pieces if _ASKS.search(piece)]
    if len(asking) < 2 or len(asking) != len(pieces) or len(pieces) > MAX_PARTS:
        return (question,)
    first = pieces[0].rstrip("?")
    return (pieces[0], *(p if len(content_stems(p)) >= 4 else f"{first}: {p}" for p in pieces[1:]))
