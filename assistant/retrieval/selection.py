"""Which passages to keep: the best ones, and for a question that compares, the best of several essays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.retrieval.focus import Focus
from assistant.retrieval.fusion import Scores
from assistant.types import Passage

WITHIN = 0.7
"""An essay joins a comparison where its best passage has at least this share of the best score."""


def spread(passages: Sequence[Passage], scores: Scores, focus: Focus, k: int) -> list[int]:
    """Rows of the ``k`` best passages, best first.

    Where the question compares, the best passage of each essay in play comes before the second of any.
    """
    order = [int(row) for row in np.argsort(-scores, kind="stable")]
    if not focus.compares or not order:
        return order[:k]
    bar = WITHIN * float(scores[order[0]])
    rounds: dict[str, int] = {}
    keyed = []
    for position, row in enumerate(order):
        source = passages[row].source_id
        rounds[source] = rounds.get(source, 0) + 1
        in_play = source in focus.named if len(focus.named) > 1 else float(scores[row]) >= bar
        keyed.append((rounds[source] if in_play else len(order), position, row))
    return [row for _, _, row in sorted(keyed)][:k]
