"""Word documents: checked as an archive before python-docx opens them."""

from __future__ import annotations

import io
import re
import zipfile

from assistant.corpus.formats import Extract, UnreadableError, joined

MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_RATIO = 200
"""Unpacked bytes per packed byte, looked at where more than a megabyte comes out."""

_AGAIN = "Open it in a word processor, save it again as .docx or .txt, and add that."


def read(data: bytes) -> Extract:
    """Paragraphs, headings ("## " for Heading 1), lists and tables. Raises UnreadableError."""
    _check_archive(data)
    import docx  # a tenth of a second
    from docx.text.paragraph import Paragraph

    document = docx.Document(io.BytesIO(data))
    numbers = _Numbering()
    blocks: list[str] = []
    titles: list[str] = []
    for item in document.iter_inner_content():
        if not isinstance(item, Paragraph):
            blocks += ["| " + " | ".join(_flat(cell.text) for cell in row.cells) + " |" for row in item.rows]
        elif item.style is not None and item.style.name == "Title":
            titles.append(_flat(item.text))
        elif item.text.strip():
            blocks.append(numbers.marked(str(item.style.name if item.style is not None else ""), item))
    if not blocks:
        raise UnreadableError("holds no text.", "Save the text itself as .txt or .md and add that.")
    core = document.core_properties
    stated = {"title": next(filter(None, titles), "") or core.title or "", "author": core.author or ""}
    return Extract(joined(blocks), {name: value for name, value in stated.items() if value})


class _Numbering:
    """Turns a paragraph into a Markdown block, counting through numbered lists."""

    def __init__(self) -> None:
        self._count = 0

    def marked(self, style: str, paragraph: object) -> str:
        text = _flat(str(getattr(paragraph, "text", "")))
        self._count = self._count + 1 if style.startswith("List Number") else 0
        if self._count:
            return f"{self._count}. {text}"
        heading = re.fullmatch(r"Heading (\d)", style)
        if heading is not None:
            return "#" * min(6, int(heading[1]) + 1) + " " + text
        properties = getattr(getattr(paragraph, "_p", None), "pPr", None)
        listed = style.startswith("List") or (properties is not None and properties.numPr is not None)
        return f"- {text}" if listed else text


def _flat(text: str) -> str:
    return " ".join(text.split())


def _check_archive(data: bytes) -> None:
    """Raises UnreadableError for what is no .docx, is encrypted, or would unpack to far more than it is."""
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableError("is encrypted, or an old .doc file.", _AGAIN)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            if "word/document.xml" not in archive.namelist():
                raise UnreadableError("is not a Word document.", _AGAIN)
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _check_xml(archive.read(entry))
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError):
        raise UnreadableError("is damaged.", _AGAIN) from None


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableError("is encrypted.", "Save a copy without the password and add that.")
    bloated = unpacked > 1_000_000 and unpacked / packed > MAX_RATIO
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or bloated:
        raise UnreadableError("unpacks to far more than a document needs.", _AGAIN)


def _check_xml(part: bytes) -> None:
    """Word writes no document type: one is there to define entities that blow up or reach outside."""
    if b"<!DOCTYPE" in part.replace(b"\x00", b""):
        raise UnreadableError("holds an XML document type, which Word never writes.", _AGAIN)
