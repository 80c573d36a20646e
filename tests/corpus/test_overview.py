"""Themes as a reader sees them: every citation is exact, and who says nothing is named."""

import re
from pathlib import Path

import pytest

from assistant.corpus.loading import Corpus, load_corpus
from assistant.corpus.overview import ADD, Overview, corpus_overview
from assistant.errors import UnknownTheme
from assistant.settings import bundled_corpus, load_settings

RETRIES = "# Retries\n\nA client retries a failed request three times. It waits twice as long before each attempt.\n"
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "own-documents.md").read_text(encoding="utf-8")
STATEMENTS, THEMES = re.findall(r"^```yaml\n(owner: .*?)^```$", DOCUMENTED, re.DOTALL | re.MULTILINE)
"""Files for this document, as the documentation shows how to write them."""


@pytest.fixture(scope="module")
def notes() -> Corpus:
    return load_corpus(load_settings())


@pytest.fixture(scope="module")
def shown(notes: Corpus) -> Overview:
    return corpus_overview(notes)


def own(folder: Path, *, beside: bool = False) -> Overview:
    """A document of one's own with a theme, alone or beside the built-in ones."""
    folder.mkdir()
    for path, text in {"retries.md": RETRIES, "statements/retries.yaml": STATEMENTS, "themes/own.yaml": THEMES}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    folders = (folder, bundled_corpus()) if beside else (folder,)
    return corpus_overview(load_corpus(load_settings(corpus=":".join(map(str, folders)))))


def test_every_theme_on_which_something_is_said_is_shown(notes: Corpus, shown: Overview) -> None:
    said = [theme.id for theme in notes.themes.themes if theme.positions or theme.agree or theme.differ]
    assert [theme.id for theme in shown.themes] == said
    assert len(said) > 50
    assert shown.notice is None
    assert shown.without == ()


def test_every_line_is_as_written_and_cites_exactly_what_it_rests_on(notes: Corpus, shown: Overview) -> None:
    statements = {one.ref: one for one in notes.statements}
    for written in notes.themes.themes:
        if not (written.positions or written.agree or written.differ):
            continue
        theme = shown.theme(written.id)
        lines = sorted(written.positions.items(), key=lambda pair: theme_order(notes, pair[0]))
        ours = [line for _, line in lines] + [*written.agree, *written.differ]
        for line, cited in zip(ours, (*theme.positions, *theme.agree, *theme.differ), strict=True):
            assert cited.line == line.line
            places = [(statements[ref].source_id, statements[ref].start, statements[ref].end) for ref in line.rests]
            assert [(c.source_id, c.start, c.end) for c in cited.citations] == list(dict.fromkeys(places))


def theme_order(notes: Corpus, key: str) -> int:
    return next(i for i, essay in enumerate(notes.essays) if essay.id.startswith(f"{key}-"))


def test_every_quote_stands_in_its_document_and_has_one_number_in_a_theme(notes: Corpus, shown: Overview) -> None:
    for theme in shown.themes:
        numbers = {}
        for line in (*theme.positions, *theme.agree, *theme.differ):
            assert line.citations
            for cited in line.citations:
                essay = notes.essay(cited.source_id)
                assert essay.text[cited.start : cited.end] == cited.quote != ""
                assert numbers.setdefault((cited.source_id, cited.start, cited.end), cited.marker) == cited.marker
        assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
        assert [cited.marker for cited in theme.citations] == sorted(numbers.values())


def test_each_essay_speaks_or_is_named_as_silent(notes: Corpus, shown: Overview) -> None:
    essays = {essay.id for essay in notes.essays}
    for theme in shown.themes:
        speaking, silent = {one.essay_id for one in theme.positions}, {one.essay_id for one in theme.silent}
        assert speaking | silent == essays
        assert not speaking & silent
    privacy = shown.theme("privacy")
    assert [one.byline for one in privacy.positions] == ["The Logic founder", "Tian Pan"]
    assert [one.byline for one in privacy.silent] == ["DevX (Kirstie Sands)", "Ionut Dumitru"]


def test_an_unknown_theme_is_named_as_such(shown: Overview) -> None:
    with pytest.raises(UnknownTheme, match="lists them"):
        shown.theme("nothing")


def test_documents_without_themes_are_told_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "retries.md").write_text(RETRIES)
    shown = corpus_overview(load_corpus(load_settings(corpus=str(tmp_path))))
    assert shown == Overview(themes=(), without=("retries",), notice=f"These documents have no themes. {ADD}")


def test_a_document_of_ones_own_has_its_own_themes(tmp_path: Path) -> None:
    shown = own(tmp_path / "own")
    (theme,) = shown.themes
    assert theme.silent == ()
    assert theme.positions[0].byline == "Retries"
    assert theme.positions[0].citations[0].quote == "A client retries a failed request three times."


def test_essays_that_share_no_theme_are_not_said_to_be_silent_on_each_others(tmp_path: Path, shown: Overview) -> None:
    mixed = own(tmp_path / "own", beside=True)
    assert len(mixed.themes) == len(shown.themes) + 1
    assert mixed.theme("attempts").silent == ()
    assert {one.essay_id for theme in mixed.themes for one in theme.silent} == {
        one.essay_id for theme in shown.themes for one in theme.silent
    }


def test_a_document_without_themes_beside_others_is_named(tmp_path: Path) -> None:
    (tmp_path / "retries.md").write_text(RETRIES)
    shown = corpus_overview(load_corpus(load_settings(corpus=f"{tmp_path}:{bundled_corpus()}")))
    assert shown.themes
    assert shown.without == ("retries",)
    assert shown.notice == f"One document has no themes: Retries. {ADD}"
