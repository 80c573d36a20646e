"""Documents of each kind become essays with canonical text."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from documents import read_document
from docx.document import Document

from assistant.corpus.reading import canonical
from assistant.errors import CorpusError
from assistant.settings import Settings

PARAGRAPHS = [
    "Compost is what is left when a garden has eaten its own leavings, slowly and without any help.",
    "A heap needs air. Turn it each fortnight, or it goes sour and the neighbours will have an opinion.",
    "Kitchen scraps are welcome, meat is not. Rats read every sign you put up and follow none of them.",
    "After nine months the heap is dark and smells of a wood after rain; sieve it, and spread it in autumn.",
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(originals=tmp_path / "originals", max_document_bytes=200_000)


def pdf(*pages: list[str], info: str = "", extra: str = "") -> bytes:
    """A minimal PDF: one text line under the other, 14 points apart."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = " T* ".join("({}) Tj".format(line.replace("(", r"\(").replace(")", r"\)")) for line in lines)
        stream = f"BT /F1 10 Tf 14 TL 50 780 Td {shown} ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R"
        objects.append(page + " /Resources << /Font << /F1 3 0 R >> >> >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    objects.append(f"<< {info} >>")
    body, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"trailer << /Size {size} /Root 1 0 R /Info {len(objects)} 0 R {extra} >>\nstartxref\n{len(body)}\n%%EOF"
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def word(document: Document, path: Path) -> Path:
    document.save(str(path))
    return path


def test_a_text_file_becomes_an_original_named_by_its_file(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "on-compost.txt"
    path.write_bytes("\ufeffOn Compost\r\n\r\n  • Air\r\n  • Water\r\nShare ↗\r\nTen\u00a0weeks.\r\n".encode())
    essay = read_document(path, settings)
    assert (essay.id, essay.title, essay.kind) == ("on-compost", "On Compost", "original")
    assert essay.text == "On Compost\n\n- Air\n- Water\nShare ↗\nTen weeks.\n"


def test_front_matter_of_markdown_is_honoured(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "x.md"
    path.write_text(
        "---\nid: compost\ntitle: On Compost\nauthor: Ada\npublished: 2024-05-03\nurl:\n---\n\n## Air\n\nTurn it.\n"
    )
    essay = read_document(path, settings)
    assert (essay.id, essay.title, essay.author, essay.published, essay.url) == (
        "compost",
        "On Compost",
        "Ada",
        "2024-05-03",
        None,
    )
    assert essay.text == "## Air\n\nTurn it.\n"


def test_a_web_page_keeps_headings_lists_and_code_and_loses_the_rest(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>On Compost | Garden Weekly</title>
        <meta property="og:title" content="On Compost"><meta name="author" content="Ada Gardener">
        <meta property="article:published_time" content="2024-05-03T08:00:00Z">
        <link rel="canonical" href="https://garden.example/on-compost">
        <meta property="og:site_name" content="Garden Weekly">
        </head><body><nav><ul><li><a href="/">Home</a></li><li><a href="/all">All articles</a></li></ul></nav>
        <main><article><h1>On Compost</h1><p>· 4 min read</p><p>{PARAGRAPHS[0]}</p>
        <h2>Air</h2><p>{PARAGRAPHS[1]}</p><p>See also <a href="/m">Nine Ways to Mulch</a></p>
        <h3>What goes in</h3><p>{PARAGRAPHS[2]}</p>
        <ul><li>Leaves and <em>straw</em> in equal parts</li><li>Egg shells, broken small</li></ul>
        <p>Do it in this order:</p><ol><li>Twigs at the bottom</li><li>Leaves above them</li></ol>
        <pre><code>heap = 2 * leaves\nheap += scraps</code></pre>
        <h2>Time</h2><p>{PARAGRAPHS[3]}</p></article></main>
        <footer><p>© 2024 Garden Weekly</p><script>alert(1)</script></footer></body></html>""",
        encoding="utf-8",
    )
    essay = read_document(path, settings)
    assert (essay.title, essay.author, essay.published) == ("On Compost", "Ada Gardener", "2024-05-03")
    assert (essay.url, essay.publisher) == ("https://garden.example/on-compost", "Garden Weekly")
    assert essay.text == "\n".join(
        [
            *(PARAGRAPHS[0], "", "## Air", "", PARAGRAPHS[1], "", "### What goes in", "", PARAGRAPHS[2], ""),
            *("- Leaves and straw in equal parts", "- Egg shells, broken small", "", "Do it in this order:", ""),
            *(
                "1. Twigs at the bottom",
                "2. Leaves above them",
                "",
                "```",
                "heap = 2 * leaves",
                "heap += scraps",
                "```",
                "",
            ),
            *("## Time", "", PARAGRAPHS[3], ""),
        ]
    )


@pytest.mark.parametrize("placeholder", ["Untitled", "(anonymous)", "Microsoft Word - compost.doc", "Document1"])
def test_a_placeholder_is_no_title(placeholder: str, tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<title>{placeholder}</title><h1>On Compost</h1><p>{PARAGRAPHS[0]}</p>", encoding="utf-8")
    assert read_document(path, settings).title == "On Compost"


def test_a_page_of_plain_divs_keeps_its_headings(tmp_path: Path, settings: Settings) -> None:
    parts = "".join(f"<h2>Part {n}</h2><p>{text}</p>" for n, text in enumerate(PARAGRAPHS, start=1))
    path = tmp_path / "page.htm"
    path.write_text(
        "<html><head><title>On Compost</title></head><body><div class='a'><div class='b'><a href='/'>Home</a></div>"
        f"<div class='c'><h1>On Compost</h1>{parts}</div></div></body></html>",
        encoding="utf-8",
    )
    essay = read_document(path, settings)
    assert essay.title == "On Compost"
    assert essay.text == "\n\n".join(f"## Part {n}\n\n{text}" for n, text in enumerate(PARAGRAPHS, start=1)) + "\n"


def test_a_word_document_keeps_headings_lists_and_tables(tmp_path: Path, settings: Settings) -> None:
    document = docx.Document()
    document.core_properties.author = "Ada Gardener"
    document.add_paragraph("On Compost", style="Title")
    document.add_paragraph(PARAGRAPHS[0])
    document.add_heading("Air", 1)
    document.add_paragraph("Leaves", style="List Bullet")
    document.add_paragraph("Straw", style="List Bullet")
    document.add_heading("Order", 2)
    document.add_paragraph("Twigs", style="List Number")
    document.add_paragraph("Leaves", style="List Number")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Months", "9"
    essay = read_document(word(document, tmp_path / "compost.docx"), settings)
    assert (essay.id, essay.title, essay.author, essay.published) == ("compost", "On Compost", "Ada Gardener", None)
    lines = [PARAGRAPHS[0], "## Air", "- Leaves\n- Straw", "### Order", "1. Twigs\n2. Leaves", "| Months | 9 |\n"]
    assert essay.text == "\n\n".join(lines)


def test_a_pdf_gets_its_paragraphs_back(tmp_path: Path, settings: Settings) -> None:
    lines = [
        "On Compost",
        "Compost is what is left when a garden has eaten its own leav-",
        "ings, slowly and without any help. A well-kept heap needs air,",
        "and a well-",
        "kept garden needs a heap.",
        "Turn it each fortnight, or it goes sour and the neighbours will",
        "have an opinion.",
        "- Leaves and straw in equal parts, wetted before they are laid on",
        "the heap",
        "- Egg shells",
    ]
    path = tmp_path / "compost.pdf"
    path.write_bytes(pdf(lines, info="/Title (On Compost) /Author (Ada Gardener)"))
    essay = read_document(path, settings)
    assert (essay.title, essay.author) == ("On Compost", "Ada Gardener")
    assert essay.text == (
        "On Compost\n\nCompost is what is left when a garden has eaten its own leavings, slowly and without any help. "
        "A well-kept heap needs air, and a well-kept garden needs a heap.\n\n"
        "Turn it each fortnight, or it goes sour and the neighbours will have an opinion.\n\n"
        "- Leaves and straw in equal parts, wetted before they are laid on the heap\n- Egg shells\n"
    )


def test_page_numbers_and_running_heads_of_a_pdf_are_left_out(tmp_path: Path, settings: Settings) -> None:
    pages = [
        ["Garden Weekly", f"This is what page {word} says of it.", str(n)]
        for n, word in enumerate(["one", "two", "three"])
    ]
    path = tmp_path / "paged.pdf"
    path.write_bytes(pdf(*pages))
    text = read_document(path, settings).text
    assert "Garden Weekly" not in text
    assert not any(line.isdigit() for line in text.split("\n"))
    assert all(f"page {word} says" in text for word in ("one", "two", "three"))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t ", "empty"),
        ("a.html", b"", "empty"),
        ("a.pdf", b"", "empty"),
        ("a.txt", b"ab\x00cd", "binary"),
        ("a.html", b"<p>ab\x00cd</p>", "binary"),
        ("a.md", b"\xcf\xee\xe5\xe7\xe4", "not UTF-8"),
        ("a.html", b"<p>\xcf\xee\xe5\xe7\xe4</p>", "not UTF-8"),
        ("a.txt", b"x" * 200_001, "larger than 200,000 bytes"),
        ("a.odt", b"text", "not read"),
        ("noending", b"text", "not read"),
        ("a.md", b"---\ntitle: [\n---\ntext", "front matter"),
        ("a.txt", b"Share\nSubscribe\n", "furniture"),
        ("a.html", b"<html><body></body></html>", "holds no text"),
        ("a.pdf", b"not a pdf at all", "damaged"),
        ("a.pdf", b"%PDF-1.4\n1 0 obj\n<<", "damaged"),
        ("a.docx", b"PK\x03\x04 broken", "damaged"),
        ("a.docx", b"plain words", "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "encrypted"),
    ],
)
def test_what_cannot_be_read_is_one_error_with_name_and_remedy(
    tmp_path: Path, settings: Settings, name: str, data: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorpusError, match=says) as caught:
        read_document(path, settings)
    assert str(path) in caught.value.message
    assert caught.value.remedy.endswith(".")


def test_a_missing_file_is_an_error(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CorpusError, match=r"gone\.txt.*No such file"):
        read_document(tmp_path / "gone.txt", settings)


def test_a_pdf_of_pictures_only_says_so(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf([]))
    with pytest.raises(CorpusError, match="holds no text"):
        read_document(path, settings)


def test_canonical_text_is_a_fixed_point() -> None:
    text = canonical("Cafe\u0301 \u200bau\u00a0lait\r\r\u2022 one\x0c\u2028\n\ntwo\U000e0041")
    assert text == "Café au lait\n\n- one\n\ntwo\n"
    assert canonical(text) == text
