from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import IndexUnavailable
from assistant.index.keywords import KeywordIndex, tokens

TEXTS = ["The bees are swarming.", "Tar for boats and boats for tar", "", "of the and"]


def test_words_match_across_endings_and_case() -> None:
    scores = KeywordIndex.of(TEXTS).scores("SWARMED bee")
    assert scores.argmax() == 0
    assert scores[0] > 0
    assert (scores[1:] == 0).all()


def test_words_nobody_wrote_score_zero_everywhere() -> None:
    assert (KeywordIndex.of(TEXTS).scores("zeppelin") == 0).all()


@given(st.text(max_size=200))
def test_any_question_gets_a_score_for_each_text(question: str) -> None:
    scores = KeywordIndex.of(TEXTS).scores(question)
    assert scores.shape == (4,)
    assert scores.dtype == np.float32
    assert (scores >= 0).all()


@pytest.mark.parametrize("texts", [[], ["", "of the"]])
def test_texts_without_words_can_be_saved_and_asked(texts: list[str], tmp_path: Path) -> None:
    KeywordIndex.of(texts).save(tmp_path / "bm25")
    assert KeywordIndex.load(tmp_path / "bm25", len(texts)).scores("bees").tolist() == [0.0] * len(texts)


def test_a_loaded_index_scores_as_the_one_that_was_saved(tmp_path: Path) -> None:
    made = KeywordIndex.of(TEXTS)
    made.save(tmp_path / "bm25")
    assert np.array_equal(
        KeywordIndex.load(tmp_path / "bm25", 4).scores("tar boats bees"), made.scores("tar boats bees")
    )


def test_building_says_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    KeywordIndex.of(TEXTS).save(tmp_path / "bm25")
    KeywordIndex.load(tmp_path / "bm25", 4).scores("bees")
    assert capfd.readouterr() == ("", "")


def test_an_index_over_other_texts_or_cut_off_is_refused(tmp_path: Path) -> None:
    KeywordIndex.of(TEXTS).save(tmp_path / "bm25")
    with pytest.raises(IndexUnavailable, match=r"does not fit.*--force"):
        KeywordIndex.load(tmp_path / "bm25", 5)
    (tmp_path / "bm25" / "data.csc.index.npy").write_bytes(b"")
    with pytest.raises(IndexUnavailable, match="--force"):
        KeywordIndex.load(tmp_path / "bm25", 4)


def test_stopwords_and_single_letters_are_left_out() -> None:
    assert tokens("The hives of a B keeper") == ["hive", "keeper"]
