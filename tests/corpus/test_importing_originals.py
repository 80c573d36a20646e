"""`corpus add` and `corpus fetch`: originals are written whole, under the right id, and the corpus loads them."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from local_site import HTML, Site, open_policy

from assistant.corpus import importing
from assistant.corpus.importing import AddReport, add_documents, fetch_originals
from assistant.corpus.loading import catalog, load_corpus
from assistant.errors import CorpusError, ImportRefused, UnknownSource
from assistant.settings import Settings
from assistant.textfiles import parse

LONG = "A heap wants air, water and time, and gives back soil. " * 30


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(corpus="", originals=tmp_path / "originals")


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def ids(report: AddReport) -> list[str]:
    assert report.failed == ()
    return [added.essay.id for added in report.added]


def article(title: str, text: str) -> bytes:
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    head = f'<meta charset="utf-8"><title>{title}</title>'
    return f"<html><head>{head}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>".encode()


def test_a_file_named_like_a_built_in_essay_takes_the_place_of_its_notes(tmp_path: Path, settings: Settings) -> None:
    report = add_documents([write(tmp_path / "logic-trap.txt", "Some Title\n\nThe words themselves.")], settings)
    known = catalog()["logic-trap"]
    loaded = load_corpus(settings).essay("logic-trap")
    assert loaded == report.added[0].essay
    assert (loaded.kind, loaded.title, loaded.publisher, loaded.url) == (
        "original",
        known.title,
        known.publisher,
        known.url,
    )
    assert loaded.text == "Some Title\n\nThe words themselves.\n"


def test_the_file_written_says_where_it_came_from(tmp_path: Path, settings: Settings) -> None:
    report = add_documents([write(tmp_path / "On Compost!.txt", "On Compost\n\nTurn it.")], settings)
    added = report.added[0]
    assert added.path == settings.originals_dir / "on-compost.md"
    data, body = parse(added.path.read_text(encoding="utf-8"))
    assert body == added.essay.text == "On Compost\n\nTurn it.\n"
    assert data == {
        "id": "on-compost",
        "title": "On Compost",
        "author": None,
        "publisher": None,
        "published": None,
        "url": None,
        "kind": "original",
        "imported_from": f"{tmp_path.name}/On Compost!.txt",
        "sha256": added.essay.sha256,
    }
    assert [path.name for path in settings.originals_dir.iterdir()] == ["on-compost.md"]


def test_the_rest_is_imported_where_one_fails(tmp_path: Path, settings: Settings) -> None:
    good, empty = write(tmp_path / "a.txt", "One thing."), write(tmp_path / "b.txt", "")
    report = add_documents([empty, str(tmp_path / "gone.pdf"), str(tmp_path), good], settings)
    assert [added.source for added in report.added] == [good]
    assert [source for source, _ in report.failed] == [empty, str(tmp_path / "gone.pdf"), str(tmp_path)]
    assert all(source in error.message and error.remedy for source, error in report.failed)


def test_a_word_document_with_a_built_in_title_is_that_essay(tmp_path: Path, settings: Settings) -> None:
    known = catalog()["devx-helps-hurts"]
    document = docx.Document()
    document.add_paragraph(known.title.upper(), style="Title")
    document.add_paragraph("The words themselves.")
    document.core_properties.author = "Somebody's computer"
    document.save(str(tmp_path / "download (3).docx"))
    essay = add_documents([str(tmp_path / "download (3).docx")], settings).added[0].essay
    assert (essay.id, essay.title, essay.author) == (known.id, known.title, known.author)


def test_front_matter_comes_before_everything(tmp_path: Path, settings: Settings) -> None:
    text = "---\nid: mine\ntitle: Mine\nauthor: Me\n---\nThe words."
    essay = add_documents([write(tmp_path / "logic-trap.md", text)], settings).added[0].essay
    assert (essay.id, essay.title, essay.author, essay.url) == ("mine", "Mine", "Me", None)


@pytest.mark.parametrize("stated", ["../../escape", "/etc/passwd", "..", ".hidden", "a/b", "x" * 300, "README"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, settings: Settings, stated: str) -> None:
    report = add_documents([write(tmp_path / "a.md", f"---\nid: {stated!r}\n---\nThe words.")], settings)
    assert report.added[0].path.resolve().parent == settings.originals_dir.resolve()
    assert load_corpus(settings).essay(report.added[0].essay.id).text == "The words.\n"


def test_a_readme_is_a_document(tmp_path: Path, settings: Settings) -> None:
    assert ids(add_documents([write(tmp_path / "README.md", "# My Garden\n\nWords.")], settings)) == ["README"]
    assert load_corpus(settings).essay("README").title == "My Garden"


def test_a_second_document_with_the_same_id_fails_unless_replacing(tmp_path: Path, settings: Settings) -> None:
    first, second = write(tmp_path / "a.md", "First."), write(tmp_path / "b.md", "---\nid: a\n---\nSecond.")
    report = add_documents([first, second], settings)
    assert [added.source for added in report.added] == [first]
    assert "has the same id ('a')" in str(report.failed[0][1])
    assert load_corpus(settings).essay("a").text == "First.\n"
    assert ids(add_documents([first, second], settings, replace=True)) == ["a"]
    assert load_corpus(settings).essay("a").text == "Second.\n"


def test_files_of_one_name_in_different_folders_are_different_documents(tmp_path: Path, settings: Settings) -> None:
    north, south = write(tmp_path / "north" / "index.md", "North."), write(tmp_path / "south" / "index.md", "South.")
    assert ids(add_documents([north, south], settings)) == ["index", "south-index"]
    west = write(tmp_path / "west" / "index.md", "West.")
    assert ids(add_documents([west], settings)) == ["west-index"]
    write(Path(south), "South, changed.")
    assert "another text is there" in str(add_documents([south], settings).failed[0][1])
    assert ids(add_documents([south], settings, replace=True)) == ["south-index"]
    assert {essay.id: essay.text for essay in load_corpus(settings).essays if essay.id.endswith("index")} == {
        "index": "North.\n",
        "south-index": "South, changed.\n",
        "west-index": "West.\n",
    }


def test_what_is_left_out_is_reported(tmp_path: Path, settings: Settings) -> None:
    lines = ["Skip to content", "On Compost", "", "Turn it each fortnight.", "", "Share ↗"]
    (added,) = add_documents([write(tmp_path / "a.txt", "\n".join(lines))], settings).added
    assert added.essay.text == "On Compost\n\nTurn it each fortnight.\n"
    assert added.loss == "Left out: 2 lines of page furniture (“Skip to content”, “Share ↗”)."


def test_the_same_again_is_fine_and_other_text_is_not_unless_replacing(tmp_path: Path, settings: Settings) -> None:
    source = write(tmp_path / "a.txt", "First.")
    assert ids(add_documents([source], settings)) == ids(add_documents([source], settings)) == ["a"]
    write(Path(source), "Changed.")
    report = add_documents([source], settings)
    assert "another text is there" in str(report.failed[0][1])
    assert load_corpus(settings).essay("a").text == "First.\n"
    assert ids(add_documents([source], settings, replace=True)) == ["a"]
    assert load_corpus(settings).essay("a").text == "Changed.\n"


def test_a_file_with_that_id_and_another_suffix_is_not_doubled(tmp_path: Path, settings: Settings) -> None:
    write(settings.originals_dir / "a.txt", "There before.")
    report = add_documents([write(tmp_path / "a.md", "New.")], settings, replace=True)
    assert "a.txt" in str(report.failed[0][1])
    assert not (settings.originals_dir / "a.md").exists()


def test_notes_are_never_overwritten(tmp_path: Path, settings: Settings) -> None:
    notes = settings.originals_dir / "a.md"
    write(notes, "---\nid: a\ntitle: A\nkind: notes\n---\nNotes.")
    report = add_documents([write(tmp_path / "a.txt", "Original.")], settings, replace=True)
    assert "ASSISTANT_ORIGINALS" in report.failed[0][1].remedy
    assert notes.read_text(encoding="utf-8").endswith("Notes.")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "file", "not a folder")
    settings = Settings(originals=tmp_path / "file" / "originals")
    report = add_documents([write(tmp_path / "a.txt", "Words.")], settings)
    assert "can't be written" in str(report.failed[0][1])


def test_an_address_is_imported_and_remembered(site: Site, settings: Settings) -> None:
    site.pages["/essays/on-compost.html"] = (200, HTML, article("On Compost", LONG))
    url = f"http://garden.example:{site.port}/essays/on-compost.html"
    report = add_documents([url], settings, policy=open_policy(site))
    essay = report.added[0].essay
    assert (essay.id, essay.title, essay.url, essay.text) == ("on-compost", "On Compost", url, LONG.strip() + "\n")
    assert parse(report.added[0].path.read_text(encoding="utf-8"))[0]["imported_from"] == url


def test_markdown_served_as_plain_text_keeps_its_front_matter(site: Site, settings: Settings) -> None:
    site.pages["/raw/a.md"] = (200, {"Content-Type": "text/plain"}, b"---\ntitle: Ay\n---\n## Part\n\nWords.\n")
    report = add_documents([f"http://garden.example:{site.port}/raw/a.md"], settings, policy=open_policy(site))
    assert (report.added[0].essay.title, report.added[0].essay.text) == ("Ay", "## Part\n\nWords.\n")


def test_an_inner_address_is_refused_and_the_rest_is_imported(site: Site, tmp_path: Path, settings: Settings) -> None:
    inner, good = f"http://127.0.0.1:{site.port}/", write(tmp_path / "a.txt", "Words.")
    report = add_documents([inner, "file:///etc/passwd", good], settings)
    assert [type(error) for _, error in report.failed] == [ImportRefused, ImportRefused]
    assert [added.essay.id for added in report.added] == ["a"]
    assert site.connections == 0


@pytest.fixture
def local_catalog(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in essays, at addresses of the test's server."""
    local = {
        key: essay.model_copy(update={"url": f"http://essays.example:{site.port}/p/{key}"})
        for key, essay in catalog().items()
    }
    monkeypatch.setattr(importing, "catalog", lambda: local)


@pytest.mark.usefixtures("local_catalog")
def test_fetching_brings_all_built_in_essays(site: Site, settings: Settings) -> None:
    for key in catalog():
        site.pages[f"/p/{key}"] = (200, HTML, article("Page title | Some Site", LONG))
    report = fetch_originals([], settings, policy=open_policy(site))
    assert ids(report) == sorted(catalog())
    corpus = load_corpus(settings)
    assert [(essay.id, essay.kind, essay.title) for essay in corpus.essays] == [
        (key, "original", catalog()[key].title) for key in sorted(catalog())
    ]


@pytest.mark.usefixtures("local_catalog")
def test_a_notice_in_the_place_of_an_essay_is_not_imported(site: Site, settings: Settings) -> None:
    site.pages["/p/logic-trap"] = (
        200,
        HTML,
        article("Just a moment", "Checking that you are human, please wait. " * 5),
    )
    report = fetch_originals(["logic-trap", "pan-framework"], settings, policy=open_policy(site))
    assert [source for source, _ in report.failed] == ["logic-trap", "pan-framework"]
    assert "not the essay" in str(report.failed[0][1])
    assert "status 404" in str(report.failed[1][1])
    assert all("assistant corpus add FILE" in error.remedy for _, error in report.failed)
    assert not list(settings.originals_dir.glob("*"))


@pytest.mark.usefixtures("local_catalog")
def test_an_unknown_id_is_told_before_anything_is_downloaded(site: Site, settings: Settings) -> None:
    with pytest.raises(UnknownSource, match=r"'nope'.*logic-trap"):
        fetch_originals(["logic-trap", "nope"], settings, policy=open_policy(site))
    assert site.connections == 0


@pytest.mark.usefixtures("local_catalog")
def test_the_address_of_a_built_in_essay_gives_its_id(site: Site, settings: Settings) -> None:
    site.pages["/p/pan-framework?utm=x"] = (200, HTML, article("Whatever", LONG))
    url = f"http://www.essays.example:{site.port}/p/pan-framework?utm=x"
    assert ids(add_documents([url], settings, policy=open_policy(site))) == ["pan-framework"]


def test_every_error_of_a_report_is_typed(tmp_path: Path, settings: Settings) -> None:
    report = add_documents([str(tmp_path / "gone.txt"), "http://", "://", "http://[::1"], settings)
    assert len(report.failed) == 4
    assert all(isinstance(error, CorpusError) for _, error in report.failed)
