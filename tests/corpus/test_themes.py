"""Themes: every line rests on statements that stand, and no known question has two verdicts."""

from collections import defaultdict

import pytest

from assistant.corpus.loading import Corpus, load_corpus
from assistant.corpus.statements import read_file
from assistant.corpus.themes import Themes, _File
from assistant.settings import bundled_corpus, load_settings

LONGEST_LEAD = 32


@pytest.fixture(scope="module")
def notes() -> Corpus:
    return load_corpus(load_settings())


@pytest.fixture(scope="module")
def written() -> list[Themes]:
    """The files as they are written, before what does not stand is left out."""
    return [read_file(path, _File) for path in sorted((bundled_corpus() / "themes").glob("*.yaml"))]


def test_nothing_that_is_written_is_left_out(notes: Corpus, written: list[Themes]) -> None:
    assert sum(len(one.themes) for one in written) == len(notes.themes.themes) >= 30
    known = {one.ref for one in notes.statements}
    for one in written:
        lines = [line for theme in one.themes for line in (*theme.positions.values(), *theme.agree, *theme.differ)]
        answers = [prepared for theme in one.themes for prepared in theme.answers]
        refs = {ref for line in (*lines, *one.cells, *answers) for ref in line.rests}
        refs |= {ref for prepared in answers for ref in prepared.points}
        assert refs - known == set()


def test_a_position_rests_on_its_own_essay(notes: Corpus) -> None:
    for theme in notes.themes.themes:
        for essay, line in theme.positions.items():
            assert {ref.split(":")[0] for ref in line.rests} == {essay}, theme.id


def test_a_lead_is_one_short_sentence(notes: Corpus) -> None:
    leads = [prepared.lead for theme in notes.themes.themes for prepared in theme.answers]
    assert [lead for lead in leads if len(lead.split()) > LONGEST_LEAD or not lead.endswith((".", "?", "!"))] == []


def test_no_known_question_has_two_verdicts(notes: Corpus) -> None:
    verdicts = defaultdict(set)
    for one in (*notes.statements, *(prepared for theme in notes.themes.themes for prepared in theme.answers)):
        asks = one.asks if hasattr(one, "asks") else one
        for ask, verdict in asks.every():
            verdicts[ask.lower()].add(verdict)
    assert {ask: found for ask, found in verdicts.items() if len(found - {None}) > 1} == {}


def test_the_table_names_its_rows_and_columns_once(notes: Corpus) -> None:
    table = notes.themes
    places = [(cell.option, cell.dimension) for cell in table.cells]
    assert len(places) == len(set(places)) > 40
    assert {option for option, _ in places} <= {option.id for option in table.options}
    assert {dimension for _, dimension in places} <= {dimension.id for dimension in table.dimensions}
