"""``assistant themes``: the list, one theme with its citations, and documents that have none."""

import json
from pathlib import Path

import pytest

from assistant.corpus.loading import load_corpus
from assistant.corpus.overview import CitedTheme, Overview, corpus_overview
from assistant.settings import load_settings


@pytest.fixture(scope="module")
def shown() -> Overview:
    return corpus_overview(load_corpus(load_settings()))


def test_the_list_says_how_many_speak_and_whether_they_agree_or_differ(run, shown: Overview) -> None:
    head, *rows = run("themes").stdout.splitlines()
    assert head.split() == ["id", "title", "essays", "agree", "differ"]
    assert [row.split()[0] for row in rows] == [theme.id for theme in shown.themes]
    by_id = {row.split()[0]: row for row in rows}
    assert by_id["privacy"].split()[1:] == ["Privacy", "and", "regulation", "2", "of", "4", "=", "≠"]
    assert by_id["many-tasks"].split()[-4:] == ["3", "of", "4", "="]
    assert by_id["people"].split()[-4:] == ["3", "of", "4", "≠"]
    assert by_id["gate"].split()[-3:] == ["1", "of", "4"]


def test_a_theme_stands_with_its_citations_within_eighty_columns(run, shown: Overview, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for theme in [shown.theme(name) for name in ("evals", "privacy", "gate")]:
        text = run("themes", theme.id).stdout
        assert max(map(len, text.splitlines())) <= 80
        whole = " ".join(text.split())
        assert whole.startswith(theme.title)
        for line in (*theme.positions, *theme.agree, *theme.differ):
            assert f"{line.line} {''.join(f'[{cited.marker}]' for cited in line.citations)}" in whole
        for cited in theme.citations:
            assert f"“{' '.join(cited.quote.split())}”" in whole
    assert "DevX (Kirstie Sands): says nothing" in run("themes", "privacy").stdout
    assert max(map(len, run("themes").stdout.splitlines())) <= 80


def test_as_json_it_is_what_the_http_api_gives(run, shown: Overview) -> None:
    assert Overview.model_validate_json(run("themes", "--json").stdout) == shown
    theme = run("themes", "privacy", "--json").stdout
    assert CitedTheme.model_validate_json(theme) == shown.theme("privacy")
    assert list(json.loads(theme)["positions"][0]) == ["essay_id", "byline", "line", "citations"]


def test_an_unknown_theme_is_bad_input(run) -> None:
    result = run("themes", "nothing")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "lists them" in result.stderr


def test_documents_without_themes_are_told_how_to_get_them(run, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "garden.md").write_text("# Garden\n\nTomatoes need sun.\n")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(tmp_path))
    result = run("themes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "These documents have no themes." in result.stderr
    assert "docs/own-documents.md" in result.stderr
    assert json.loads(run("themes", "--json").stdout)["themes"] == []
