"""How the signals of a sentence become one score."""

import numpy as np
import pytest

from assistant.retrieval.retriever import WEIGHTS, fused, shares


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_sentence_ahead_by_one_signal_alone_is_first(name: str) -> None:
    signals = {other: np.full(3, 0.5, dtype=np.float32) for other in WEIGHTS}
    signals[name] = np.array([0.5, 0.6, 0.5], dtype=np.float32)
    assert int(np.argmax(fused(signals))) == 1


def test_the_words_of_a_question_outweigh_a_little_nearness() -> None:
    signals = {name: np.array([0.6, 0.5], dtype=np.float32) for name in WEIGHTS}
    signals["keywords"] = shares(np.array([2.0, 8.0], dtype=np.float32))
    scores = fused(signals)
    assert scores[1] > scores[0]
    assert scores.max() <= 1.0


def test_a_question_of_unknown_words_leaves_the_order_to_the_meaning() -> None:
    nothing = np.zeros(2, dtype=np.float32)
    assert shares(nothing).tolist() == [0.0, 0.0]
