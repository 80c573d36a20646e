"""A document means the same whether it lies in the folder of documents or comes by ``assistant corpus add``."""

from __future__ import annotations

import os
from pathlib import Path

import docx
import pytest
from test_importing import PARAGRAPHS, pdf

from assistant.corpus.importing import add_documents
from assistant.corpus.loading import load_corpus
from assistant.settings import Settings
from assistant.types import Essay


def word() -> bytes:
    path = Path("compost.docx")
    document = docx.Document()
    document.add_heading("On Compost", 1)
    document.add_paragraph(PARAGRAPHS[0])
    document.add_paragraph("Leaves", style="List Bullet")
    document.save(str(path))
    data = path.read_bytes()
    path.unlink()
    return data


PAGE = f"""<html><head><meta charset="windows-1252"><title>On Compost</title><script src="/a.js"></script></head><body>
<nav><a href="/">Home</a></nav><h1>On Compost</h1><p>4 min read</p><p>{PARAGRAPHS[0]} “Turn it”</p></body></html>"""
DOCUMENTS = {
    "On Compost 1.txt": "\ufeffOn Compost\r\n\r\n\t• Air\r\n\r\n\r\n\r\nTen\u00a0weeks.  \r\nCafe\u0301\r\n".encode(),
    "stated.md": b"---\nid: compost\ntitle: Heaps\npublished: 2024-05-03\n---\n\n# On Compost\n\n```\n# code\n```\n",
    "utf16.md": "# On Compost\n\nTen weeks.\n".encode("utf-16"),
    "saved.txt": b"Skip to content\nOn Compost\n\nTurn it.\n\nShare\n",
    "page.html": PAGE.encode("cp1252"),
    "paper.pdf": pdf(["On Compost", *PARAGRAPHS]),
    "logic-trap.md": b"The author's own words.",
    "README.md": b"# On Compost\n\nTen weeks.\n",
}


def by_folder(folder: Path, name: str, data: bytes) -> Essay:
    folder.mkdir()
    (folder / name).write_bytes(data)
    (essay,) = load_corpus(Settings(corpus=str(folder), index=folder.parent / "index")).essays
    return essay


def by_import(folder: Path, name: str, data: bytes) -> Essay:
    folder.mkdir()
    (folder / name).write_bytes(data)
    originals = folder / "originals"
    settings = Settings(corpus=str(originals), originals=originals, index=folder.parent / "index")
    report = add_documents([str(folder / name)], settings)
    assert report.failed == ()
    (essay,) = load_corpus(settings).essays
    assert essay == report.added[0].essay
    return essay


@pytest.mark.parametrize("name", [*DOCUMENTS, "memo.docx"])
def test_both_ways_give_the_same_text_id_and_title(tmp_path: Path, name: str) -> None:
    data = DOCUMENTS.get(name) or word()
    assert by_folder(tmp_path / "dropped", name, data) == by_import(tmp_path / "added", name, data)


def test_an_import_that_is_edited_by_hand_is_made_canonical_again(tmp_path: Path) -> None:
    by_import(tmp_path / "added", "a.txt", b"Ten weeks.")
    (written,) = (tmp_path / "added" / "originals").iterdir()
    written.write_text(written.read_text(encoding="utf-8") + "\u2022 twelve\n", encoding="utf-8")
    (essay,) = load_corpus(Settings(corpus=str(written.parent))).essays
    assert essay.text == "Ten weeks.\n- twelve\n"


def test_files_of_every_kind_are_read_where_they_lie_and_their_text_is_remembered(tmp_path: Path) -> None:
    folder, index = tmp_path / "docs", tmp_path / "index"
    settings = Settings(corpus=str(folder), index=index)
    folder.mkdir()
    (folder / "a.html").write_text("<p>One thing.</p>")
    assert load_corpus(settings).essays[0].text == "One thing.\n"
    (kept,) = (index / ".texts").iterdir()
    kept.write_text(kept.read_text().replace("One thing.", "From memory."))
    assert load_corpus(settings).essays[0].text == "From memory.\n"
    (folder / "a.html").write_text("<p>Another thing.</p>")
    assert load_corpus(settings).essays[0].text == "Another thing.\n"
    (folder / "a.html").rename(folder / "b.html")
    assert load_corpus(settings).essays[0].text == "Another thing.\n"
    assert len(list((index / ".texts").iterdir())) == 1


WESTERN = "Das Büro schließt um fünf.\n\n„Später“ – das gilt für Gäste – kostet 5 €. It’s so.\n"


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_windows_1252_is_recognized_and_said(tmp_path: Path, suffix: str) -> None:
    text = f"<p>{WESTERN}</p>" if suffix == ".html" else WESTERN
    (tmp_path / f"büro{suffix}").write_bytes(text.encode("cp1252"))
    corpus = load_corpus(Settings(corpus=str(tmp_path), index=tmp_path / "index"))
    assert " ".join(corpus.essays[0].text.split()) == " ".join(WESTERN.split())
    assert "read as windows-1252" in corpus.losses[0]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Поезд отходит в семь часов."),
        ("cp1250", "Pociąg odjeżdża o świcie."),
        ("cp1253", "Το τρένο φεύγει στις επτά."),
        ("cp932", "電車は朝七時に出発します。"),
        ("gb18030", "火车早上七点出发。"),
        ("cp437", "Das Büro schließt um fünf."),
    ],
)
def test_other_encodings_are_not_guessed(tmp_path: Path, encoding: str, text: str) -> None:
    (tmp_path / "bad.txt").write_bytes(text.encode(encoding))
    (tmp_path / "good.txt").write_text("The office closes at five.")
    corpus = load_corpus(Settings(corpus=str(tmp_path), index=tmp_path / "index"))
    assert [essay.id for essay in corpus.essays] == ["good"]
    assert "is not UTF-8" in corpus.problems[0]


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe\n\n", b"00\nkey\n{}"])
def test_a_damaged_memory_is_read_anew(tmp_path: Path, damage: bytes) -> None:
    folder, index = tmp_path / "docs", tmp_path / "index"
    folder.mkdir()
    (folder / "a.html").write_text("<p>One thing.</p>")
    for _ in range(2):
        assert load_corpus(Settings(corpus=str(folder), index=index)).essays[0].text == "One thing.\n"
        for kept in (index / ".texts").iterdir():
            kept.write_bytes(damage)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    folder, index = tmp_path / "docs", tmp_path / "index"
    folder.mkdir()
    index.mkdir(mode=0o500)
    (folder / "a.html").write_text("<p>One thing.</p>")
    assert load_corpus(Settings(corpus=str(folder), index=index)).essays[0].text == "One thing.\n"


def test_what_a_document_of_a_folder_lost_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>One thing.</p><img src=a.png><button>Buy</button>")
    (loss,) = load_corpus(Settings(corpus=str(tmp_path), index=tmp_path / "index")).losses
    assert loss == f"{tmp_path / 'a.html'}: Left out: 1 field or button; 1 picture."
