from pathlib import Path

import bm25s
import numpy as np
import pytest
from bm25s.stopwords import STOPWORDS_EN
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import IndexUnavailable
from assistant.index.searches import STOPWORDS, KeywordIndex, tokens

TEXTS = ["The bees are swarming.", "Tar for boats and boats for tar", "", "of the and"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> KeywordIndex:
    return KeywordIndex.of(TEXTS, tmp_path_factory.mktemp("keywords") / "bm25")


def test_words_match_across_endings_and_case(index: KeywordIndex) -> None:
    scores = index.scores("SWARMED bee")
    assert scores.argmax() == 0
    assert scores[0] > 0
    assert (scores[1:] == 0).all()


def test_words_nobody_wrote_score_zero_everywhere(index: KeywordIndex) -> None:
    assert (index.scores("zeppelin") == 0).all()


def test_scores_are_those_of_bm25s(index: KeywordIndex) -> None:
    model = bm25s.BM25()
    model.index([tokens(text) for text in TEXTS], show_progress=False)
    for question in ("tar boats bees", "boats boats", "swarming boats in tar"):
        assert np.array_equal(index.scores(question), model.get_scores(tokens(question)))
    assert frozenset(STOPWORDS_EN) == STOPWORDS


@given(st.text(max_size=200))
def test_any_question_gets_a_score_for_each_text(index: KeywordIndex, question: str) -> None:
    scores = index.scores(question)
    assert scores.shape == (4,)
    assert scores.dtype == np.float32
    assert (scores >= 0).all()


@pytest.mark.parametrize("texts", [[], ["", "of the"]])
def test_texts_without_words_can_be_kept_and_asked(texts: list[str], tmp_path: Path) -> None:
    KeywordIndex.of(texts, tmp_path / "bm25")
    assert KeywordIndex.load(tmp_path / "bm25", len(texts)).scores("bees").tolist() == [0.0] * len(texts)


def test_building_says_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    KeywordIndex.of(TEXTS, tmp_path / "bm25").scores("bees")
    assert capfd.readouterr() == ("", "")


def test_an_index_over_other_texts_or_cut_off_is_refused(tmp_path: Path) -> None:
    KeywordIndex.of(TEXTS, tmp_path / "bm25")
    with pytest.raises(IndexUnavailable, match=r"does not fit.*--force"):
        KeywordIndex.load(tmp_path / "bm25", 5)
    (tmp_path / "bm25" / "data.csc.index.npy").write_bytes(b"")
    with pytest.raises(IndexUnavailable, match="--force"):
        KeywordIndex.load(tmp_path / "bm25", 4)


def test_stopwords_and_single_letters_are_left_out() -> None:
    assert tokens("The hives of a B keeper") == ["hive", "keeper"]
