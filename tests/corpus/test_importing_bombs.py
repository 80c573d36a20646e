"""Files made to exhaust memory or processor time are turned away by a child process; large honest ones are read."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pypdf
import pytest
from test_importing import pdf

from assistant.corpus.extracting import extract
from assistant.corpus.formats import CPU_SECONDS_PER_MEGABYTE, MAX_PAGES, MEMORY_BYTES
from assistant.settings import CHECKOUT

pytestmark = pytest.mark.slow
MOST_MEGABYTES = MEMORY_BYTES // 1_000_000 + 100
"""What a child may take while it reads, and what it holds when its reader is loaded."""
SECONDS = 3

ENTITIES = "<!DOCTYPE r [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))


def refused(path: Path, data: bytes) -> str:
    """The error's text, after checking that it names the file, has a remedy and took no more than it may.

    Read from a process that is small itself, so that its child's peak of memory is seen, and with a tighter limit of
    processor time, because a bomb uses up whatever it may.
    """
    path.write_bytes(data)
    script = """
import json, resource, sys
from pathlib import Path
from assistant.corpus import formats
from assistant.corpus.extracting import extract
from assistant.errors import CorpusError
formats.CPU_SECONDS = int(sys.argv[2])
path = Path(sys.argv[1])
try:
    extract(path.read_bytes(), path.suffix, str(path))
except CorpusError as error:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([str(error), error.remedy, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024]))
"""
    command = [sys.executable, "-c", script, str(path), str(SECONDS)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=CHECKOUT)
    text, remedy, seconds, megabytes = json.loads(done.stdout)
    assert seconds < SECONDS + CPU_SECONDS_PER_MEGABYTE * len(data) / 1_000_000 + 6  # to start and load its reader
    assert megabytes < MOST_MEGABYTES
    assert str(path) in text
    assert remedy
    return str(text)


def deflated(pattern: bytes, times: int) -> bytes:
    """Many times a megabyte, packed without ever being held whole."""
    packer = zlib.compressobj(9)
    block = (pattern * (1_000_000 // len(pattern) + 1))[:1_000_000]
    return b"".join(packer.compress(block) for _ in range(times)) + packer.flush()


def repacked(replaced: dict[str, bytes]) -> bytes:
    """An ordinary .docx with some of its parts replaced."""
    plain = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("Words.")
    document.save(plain)
    packed = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in replaced:
                new.writestr(name, old.read(name))
        for name, data in replaced.items():
            new.writestr(name, data)
    return packed.getvalue()


def pdf_with(stream: bytes, filters: str = "/FlateDecode", pages: int = 1) -> bytes:
    """A PDF whose pages all show one packed stream."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F1 %s >> >> >>"
        % font
    )
    kids = b"3 0 R " * pages
    head = b"<< /Length %d /Filter [%s] >>\nstream\n" % (len(stream), filters.encode())
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        page,
        head + stream + b"\nendstream",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 5\n0000000000 65535 f \n" + table + end


def test_a_zip_bomb_in_a_docx(tmp_path: Path) -> None:
    data = repacked({"word/media/x.bin": b"\0" * 60_000_000})
    assert "unpacks to far more" in refused(tmp_path / "bomb.docx", data)


def test_a_docx_that_lies_about_its_sizes(tmp_path: Path) -> None:
    data = repacked({"word/document.xml": b"<a>" + b" " * 30_000_000})
    lying = data.replace((30_000_003).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    assert lying != data
    refused(tmp_path / "lying.docx", lying)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_bomb_in_a_docx(tmp_path: Path, encoding: str) -> None:
    xml = f"<?xml version='1.0' encoding='{encoding}'?>{ENTITIES}]><r>&a11;</r>".encode(encoding)
    assert "document type" in refused(tmp_path / "laughs.docx", repacked({"word/document.xml": xml}))


def test_a_docx_of_too_many_parts(tmp_path: Path) -> None:
    parts = {f"word/p{number}.bin": b"" for number in range(2_001)}
    assert "unpacks to far more" in refused(tmp_path / "parts.docx", repacked(parts))


def just_under_the_readers_limit() -> bytes:
    return pdf_with(deflated(b"BT /F1 9 Tf (a) Tj ET ", 70))


BOMBS: dict[str, Callable[[], bytes]] = {
    "large": lambda: pdf_with(deflated(b"(a) Tj ", 300)),
    "nested": lambda: pdf_with(zlib.compress(deflated(b"\0", 400), 9), "/FlateDecode /FlateDecode"),
    "just under the reader's limit": just_under_the_readers_limit,
    "the same again and again": lambda: just_under_the_readers_limit().replace(
        b"/Contents 4 0 R", b"/Contents [" + b"4 0 R " * 40 + b"]"
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_deflate_bomb_in_a_pdf(tmp_path: Path, bomb: str) -> None:
    refused(tmp_path / "bomb.pdf", BOMBS[bomb]())


def test_a_pdf_whose_pages_take_too_long(tmp_path: Path) -> None:
    stream = zlib.compress(b"BT /F1 9 Tf " + b"(slow words) Tj 1 0 0 1 0 0 Tm " * 60_000 + b"ET", 9)
    text = refused(tmp_path / "slow.pdf", pdf_with(stream, pages=400))
    assert f"needs more than {SECONDS} seconds of processor time" in text


def test_a_pdf_of_too_many_pages(tmp_path: Path) -> None:
    assert "more than 500 pages" in refused(tmp_path / "long.pdf", pdf_with(zlib.compress(b""), pages=501))


def test_a_pdf_whose_page_tree_bites_its_tail(tmp_path: Path) -> None:
    data = pdf_with(zlib.compress(b"")).replace(b"[3 0 R ]", b"[2 0 R ]")
    refused(tmp_path / "loop.pdf", data)


def test_a_docx_whose_tree_outgrows_the_memory(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    parts = "".join(f"<w:p><w:r><w:t>{number}</w:t></w:r></w:p>" for number in range(1_000_000))
    xml = f"<w:document xmlns:w='{space}'><w:body>{parts}</w:body></w:document>"
    assert "needs more than" in refused(tmp_path / "tree.docx", repacked({"word/document.xml": xml.encode()}))


def test_an_encrypted_pdf(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    packed = io.BytesIO()
    writer.write(packed)
    assert "is encrypted" in refused(tmp_path / "locked.pdf", packed.getvalue())


def test_a_page_of_nested_elements_comes_back_in_time(tmp_path: Path) -> None:
    """Deep nesting is cut by the parser."""
    assert "holds no text" in refused(tmp_path / "deep.html", b"<html><body>" + b"<div>" * 400_000 + b"word")


def paragraphs(number: int, words: int) -> list[str]:
    """Paragraphs that don't pack well."""
    source = random.Random(1)
    lexicon = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) for _ in range(30_000)]
    return [" ".join(source.choices(lexicon, k=words)).capitalize() + "." for _ in range(number)]


@pytest.mark.parametrize("suffix", [".html", ".docx", ".pdf"])
def test_a_document_as_large_as_documents_may_be_is_read(tmp_path: Path, suffix: str) -> None:
    texts = paragraphs(8_000, 80) if suffix != ".pdf" else paragraphs(MAX_PAGES * 50, 14)
    if suffix == ".html":
        data = "".join(f"<p>{text}</p>" for text in texts).encode()
    elif suffix == ".docx":
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
        document = f"<w:document xmlns:w='{space}'><w:body>{body}</w:body></w:document>"
        data = repacked({"word/document.xml": document.encode()})
    else:
        data = pdf(*(texts[at : at + 50] for at in range(0, len(texts), 50)))
    assert 2_000_000 < len(data) < 5_000_000
    text = extract(data, suffix, f"large{suffix}").text
    assert len(text.split()) == sum(len(text.split()) for text in texts)
