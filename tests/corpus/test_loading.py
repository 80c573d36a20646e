"""A folder of documents as a corpus: what is read, what each unusable file is told, what goes before what."""

import os
from pathlib import Path

import originals
import pytest
from documents import read_document

from assistant.corpus.loading import Corpus, load_corpus
from assistant.corpus.reading import usable_id
from assistant.errors import ConfigurationError, CorpusError, UnknownSource
from assistant.settings import Settings, load_settings
from assistant.types import Essay

GOOD = "# Zebras\n\nStripes confuse horseflies.\n"


def settings(*folders: Path, **more: object) -> Settings:
    return load_settings(corpus=os.pathsep.join(map(str, folders)), **more)


def loaded(folder: Path, **files: str | bytes) -> Corpus:
    """The corpus of a folder with these files (``zebra_md`` is zebra.md)."""
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_corpus(settings(folder))


@pytest.mark.parametrize(
    ("content", "said", "remedy"),
    [
        (b"", "the document is empty", "Give it text, or remove it"),
        (b" \n\t\r\n", "the document is empty", "Give it text, or remove it"),
        (b"\xef\xbb\xbf\n", "the document is empty", "Give it text, or remove it"),
        (b"---\nid: bad\n---\n\n \n", "the document is empty", "Give it text, or remove it"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "holds binary data", "Save it as UTF-8 text, or remove it"),
        ("text".encode("utf-16-le"), "holds binary data", "Save it as UTF-8 text, or remove it"),
        ("a \u044f".encode("cp1251"), "is not UTF-8 (byte 2)", "Save it as UTF-8"),
        (b"x" * 3000, "larger than 2,000 bytes", "ASSISTANT_MAX_DOCUMENT_BYTES"),
        (b"---\ntitle: [open\n---\ntext", "front matter is not YAML", "Correct the block between ---"),
        (b"---\npublished: 2024-13-45\n---\ntext", "front matter is not YAML", "Correct the block between ---"),
        (b"---\nid: a\n1: b\n---\ntext", "front matter is not a list of `name: value` lines", "Correct the block"),
        (b"---\nid: zebra\n---\ntext", "a second document with the id 'zebra'", "Give it another id, or remove it"),
    ],
)
def test_an_unusable_file_is_named_with_its_remedy_and_the_rest_loads(
    tmp_path: Path, content: bytes, said: str, remedy: str
) -> None:
    (tmp_path / "a-zebra.md").write_text(f"---\nid: zebra\n---\n{GOOD}")
    (tmp_path / "bad.md").write_bytes(content)
    corpus = load_corpus(settings(tmp_path, max_document_bytes=2000))
    assert [essay.id for essay in corpus.essays] == ["zebra"]
    (problem,) = corpus.problems
    assert problem.startswith(f"{tmp_path / 'bad.md'}: ")
    assert said in problem
    assert remedy in problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file: run it as another user")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "shut.md").write_text(GOOD)
    (tmp_path / "shut.md").chmod(0)
    assert "Check the path and its permissions" in loaded(tmp_path, zebra_md=GOOD).problems[0]


@pytest.mark.parametrize("name", ["paper.pdf", "memo.docx"])
def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"whatever")
    corpus = loaded(tmp_path, zebra_md=GOOD)
    assert corpus.problems[0].startswith(f"{tmp_path / name}: is damaged")
    assert len(corpus.essays) == 1


def test_kinds_that_are_not_read_are_counted(tmp_path: Path) -> None:
    for name in ("a.rst", "b.rst", "c.ipynb", "photo.png", "data.json"):
        (tmp_path / name).write_text("x")
    assert loaded(tmp_path, zebra_md=GOOD).problems == (
        "Files of kinds that are not read: 1 .ipynb, 2 .rst. Save them as .md, .html or .pdf.",
    )


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("The key is under the mat.")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "within.md").symlink_to(folder / "zebra.md")
    corpus = loaded(folder, zebra_md=GOOD)
    assert [essay.id for essay in corpus.essays] == ["zebra"]
    assert corpus.problems == (
        f"{folder / 'link.md'}: is a link out of the folder and not followed. Put the document itself there.",
    )


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("The key is under the mat.")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    assert [essay.id for essay in loaded(folder, zebra_md=GOOD).essays] == ["zebra"]


def test_nothing_usable_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=rf"No document could be loaded from {tmp_path}.*There is no document in it"):
        load_corpus(settings(tmp_path))
    with pytest.raises(CorpusError, match=r"empty\.md: the document is empty"):
        loaded(tmp_path, empty_md="")


def test_a_missing_folder_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"not-there: the folder of documents is not there\. Correct ASSISTANT_CORPUS"
    ):
        load_corpus(settings(tmp_path, tmp_path / "not-there"))


def test_a_setting_that_makes_no_sense_is_named() -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_MAX_DOCUMENT_BYTES"):
        load_settings(max_document_bytes=0)


def test_line_ends_and_byte_order_mark_are_made_one(tmp_path: Path) -> None:
    corpus = loaded(tmp_path, a_txt=b"\xef\xbb\xbfOne line.\r\nTwo.\rThree.\n")
    assert corpus.essays[0].text == "One line.\nTwo.\nThree.\n"


def test_front_matter_with_windows_line_ends_is_read(tmp_path: Path) -> None:
    corpus = loaded(tmp_path, a_md=b"---\r\nid: other\r\ntitle: Told\r\n---\r\n\r\nText here.\r\n")
    assert corpus.essays[0] == Essay(id="other", title="Told", text="Text here.\n")


def test_front_matter_tells_everything(tmp_path: Path) -> None:
    head = "id: z\ntitle: T\nauthor: A\npublisher: P\npublished: 2024-05-06\nurl: https://example.org"
    (essay,) = loaded(tmp_path, a_md=f"---\n{head}\nkind: notes\nextra: [1]\n---\n{GOOD}").essays
    assert essay == Essay(
        id="z",
        title="T",
        author="A",
        publisher="P",
        published="2024-05-06",
        url="https://example.org",
        kind="notes",
        text=GOOD,
    )


@pytest.mark.parametrize(
    ("name", "text", "source_id", "title"),
    [
        ("zebra.md", "## Stripes and flies\n\nText.", "zebra", "Stripes and flies"),
        ("Zebra_2.txt", "\n\nFirst line.\nSecond.", "Zebra_2", "First line."),
        ("my notes, old.txt", "Title here\n\nText.", "my-notes-old", "Title here"),
        ("menu.txt", "Skip to content\nThe real title\n\nText.", "menu", "The real title"),
        ("only.txt", "Skip to content\n", "only", "only"),
        ("long.txt", "word " * 100, "long", "long"),
        ("café.md", "Text.", "café", "Text."),
        ("rule.md", "***\nText.", "rule", "Text."),
    ],
)
def test_id_and_title_come_from_the_file_where_nothing_tells_them(
    tmp_path: Path, name: str, text: str, source_id: str, title: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (essay,) = load_corpus(settings(tmp_path)).essays
    assert (essay.id, essay.title, essay.kind) == (source_id, title, "original")


def test_originals_go_before_notes_whichever_folder_is_first(tmp_path: Path) -> None:
    notes, originals = tmp_path / "n", tmp_path / "o"
    for folder, kind in ((notes, "notes"), (originals, "original")):
        folder.mkdir()
        (folder / "zebra.md").write_text(f"---\nkind: {kind}\n---\n{kind} text.\n")
    for folders in ((notes, originals), (originals, notes)):
        corpus = load_corpus(settings(*folders))
        assert [(essay.kind, essay.text) for essay in corpus.essays] == [("original", "original text.\n")]
        assert corpus.problems == ()


def test_originals_beside_the_built_in_notes_take_their_place(tmp_path: Path) -> None:
    (tmp_path / "logic-trap.txt").write_text("The author's own words.")
    corpus = load_corpus(load_settings(originals=tmp_path))
    assert len(corpus.essays) == 4
    assert (corpus.essay("logic-trap").kind, corpus.essay("logic-trap").text) == (
        "original",
        "The author's own words.\n",
    )
    assert corpus.essay("pan-framework").kind == "notes"


def test_what_an_original_does_not_tell_the_notes_do(tmp_path: Path) -> None:
    (tmp_path / "dumitru-answer.md").write_text("---\nauthor: Somebody\n---\nText.")
    known = load_corpus(load_settings()).essay("dumitru-answer")
    essay = load_corpus(load_settings(originals=tmp_path)).essay("dumitru-answer")
    assert (essay.author, essay.title, essay.url) == ("Somebody", known.title, known.url)


def test_several_folders_are_read_in_depth_once_each(tmp_path: Path) -> None:
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "deep" / "zebra.MD").write_text(GOOD)
    (tmp_path / "b" / "yak.txt").write_text("Yaks.")
    corpus = load_corpus(settings(tmp_path / "b", tmp_path / "a", tmp_path / "a" / "deep"))
    assert [essay.id for essay in corpus.essays] == ["yak", "zebra"]
    assert corpus.problems == ()


def test_hidden_files_and_other_kinds_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "secret.md").write_text("x")
    for name in (".draft.md", "data.json", "photo.png", "README"):
        (tmp_path / name).write_text("x")
    corpus = loaded(tmp_path, zebra_md=GOOD)
    assert [essay.id for essay in corpus.essays] == ["zebra"]
    assert corpus.problems == ()


def test_ids_come_from_paths_and_no_file_of_a_tree_is_lost(tmp_path: Path) -> None:
    names = ("README.md", "a.md", "a.txt", "north/README.md", "north/index.md", "south/index.md", "south-index.md")
    for name in (*names, "Deep Down/Fire Drill.md"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}")
    corpus = load_corpus(settings(tmp_path / "docs"))
    assert {essay.title: essay.id for essay in corpus.essays} == {
        "README.md": "README",
        "a.md": "a",
        "a.txt": "docs-a",
        "north/README.md": "north-README",
        "north/index.md": "north-index",
        "south/index.md": "south-index",
        "south-index.md": "docs-south-index",
        "Deep Down/Fire Drill.md": "deep-down-fire-drill",
    }
    assert corpus.problems == ()


def test_two_folders_may_hold_files_of_one_name(tmp_path: Path) -> None:
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.md").write_text(f"The {name} depot.")
    corpus = load_corpus(settings(tmp_path / "north", tmp_path / "south"))
    assert [(essay.id, essay.text) for essay in corpus.essays] == [
        ("index", "The north depot.\n"),
        ("south-index", "The south depot.\n"),
    ]


def test_an_id_that_a_document_states_goes_before_one_made_of_a_path(tmp_path: Path) -> None:
    corpus = loaded(tmp_path, zebra_md=GOOD, zulu_md=f"---\nid: zebra\n---\n{GOOD}")
    assert {essay.id for essay in corpus.essays} == {"zebra", usable_id(f"{tmp_path.name}-zebra")}
    assert corpus.problems == ()


def test_the_readme_beside_the_built_in_essays_is_about_them(tmp_path: Path) -> None:
    corpus = loaded(tmp_path, README_md="# The essays", **{"logic-trap_txt": "The author's words."})
    assert [essay.id for essay in corpus.essays] == ["logic-trap"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("(usage)=\n\n# Using it\n\nText.", "Using it"),
        (":::{note}\nRead this.\n:::\n\nSome text.\n\n## Later", "Later"),
        ("[![badge](a.svg)](b)\n\nSetting up\n==========\n\nText.", "Setting up"),
        ("```\n# a comment\n```\n\nText after it.", "Text after it."),
        ("<!-- hidden -->\n# The [real](x.md) `title` {#anchor}\n", "The real title"),
        ("| a | b |\n| --- | --- |", "my notes"),
        (f"{'A long first sentence that goes on. ' * 9}\n\nMore.", "my notes"),
    ],
)
def test_a_document_without_a_title_gets_one_that_reads_as_one(tmp_path: Path, text: str, title: str) -> None:
    (tmp_path / "my_notes.md").write_text(text)
    (essay,) = load_corpus(settings(tmp_path)).essays
    assert essay.title == title


def test_the_built_in_notes_load_without_a_problem() -> None:
    corpus = load_corpus(load_settings())
    assert [essay.id for essay in corpus.essays] == [
        "devx-helps-hurts",
        "dumitru-answer",
        "logic-trap",
        "pan-framework",
    ]
    assert {essay.kind for essay in corpus.essays} == {"notes"}
    assert corpus.problems == ()
    assert all(essay.url and essay.title for essay in corpus.essays)


@originals.needed
def test_the_raw_essays_are_originals_with_the_metadata_we_know() -> None:
    corpus, notes = load_corpus(settings(originals.ESSAYS)), load_corpus(load_settings())
    assert corpus.problems == ()
    assert {essay.kind for essay in corpus.essays} == {"original"}
    for essay in corpus.essays:
        known = notes.essay(essay.id)
        for field in ("title", "author", "publisher", "published", "url"):
            assert getattr(essay, field) == getattr(known, field)
    assert len(corpus.essays) == 4


def test_an_unknown_essay_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownSource, match=r"no essay 'yak'\. The corpus holds: zebra\."):
        loaded(tmp_path, zebra_md=GOOD).essay("yak")


def test_the_hash_is_of_the_text_alone(tmp_path: Path) -> None:
    plain = tmp_path / "plain.md"
    plain.write_text(GOOD)
    told = tmp_path / "told.md"
    told.write_text(f"---\nauthor: A\n---\n{GOOD}")
    assert read_document(plain, load_settings()).sha256 == read_document(told, load_settings()).sha256
