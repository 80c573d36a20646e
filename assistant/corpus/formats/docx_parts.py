"""The parts of a Word document, after a check of the archive, and what its paragraphs are.

A paragraph is a heading, an item of a list or code by its styles; an item has the label that its list gives it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assistant.corpus.formats import MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, UnreadableError

_AGAIN = "Open it in a word processor, save it again as .docx or .txt, and add that."
_MONOSPACED = re.compile(r"\b(?:mono|courier|consolas|menlo|monaco|lucida console|source code|andale)", re.IGNORECASE)
_CODE = re.compile(r"\b(?:code|listing|preformatted|verbatim)\b", re.IGNORECASE)
_TRUE = frozenset({"1", "true", "on"})
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def parts_of(data: bytes) -> dict[str, bytes]:
    """The XML parts by name. Raises UnreadableError for what is no .docx, is encrypted, or would unpack to too much."""
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableError("is encrypted, or an old .doc file.", _AGAIN)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            parts = {entry.filename: archive.read(entry) for entry in entries if entry.filename.endswith(".xml")}
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError):
        raise UnreadableError("is damaged.", _AGAIN) from None
    if "word/document.xml" not in parts:
        raise UnreadableError("is not a Word document.", _AGAIN)
    if any(b"<!DOCTYPE" in part.replace(b"\x00", b"") for part in parts.values()):
        raise UnreadableError("holds an XML document type, which Word never writes.", _AGAIN)
    return parts


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableError("is encrypted.", "Save a copy without the password and add that.")
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or _is_bloated(unpacked, packed):
        raise UnreadableError(
            f"unpacks to far more than a document needs ({unpacked:,} bytes in {len(entries):,} parts).", _AGAIN
        )


def _is_bloated(unpacked: int, packed: int) -> bool:
    return unpacked > 1_000_000 and unpacked / packed > MAX_RATIO


def root(parts: dict[str, bytes], name: str) -> Any:
    """The root element of a part, without entities and outside files; None where there is no such part."""
    from lxml import etree

    if name not in parts:
        return None
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        return etree.fromstring(parts[name], parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from None
        raise UnreadableError("is damaged.", _AGAIN) from None


def tag(element: Any) -> str:
    """An element's name without its namespace; empty for a processing instruction."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child(element: Any, name: str) -> Any:
    """The first child called ``name``; None where there is none, or no element."""
    return next((inner for inner in element if tag(inner) == name), None) if element is not None else None


def attribute(element: Any, name: str) -> str:
    """The attribute called ``name`` in any namespace; empty where there is none, or no element."""
    if element is None:
        return ""
    return next((str(value) for key, value in element.items() if key.rpartition("}")[2] == name), "")


@dataclass(frozen=True)
class Paragraph:
    """What a paragraph is. ``heading`` is its level from 1, 0 for none; ``list_id`` is empty outside of lists."""

    heading: int = 0
    is_title: bool = False
    is_code: bool = False
    list_id: str = ""
    level: int = 0


class Styles:
    """The styles and the numbering of a document; counts through its lists as they are read."""

    def __init__(self, styles: Any, numbering: Any) -> None:
        """Both are roots of the parts, None where the document has none."""
        found = [one for one in styles if tag(one) == "style"] if styles is not None else []
        plain = [one for one in found if attribute(one, "type") == "paragraph" and attribute(one, "default") in _TRUE]
        self._styles = {attribute(one, "styleId"): one for one in found}
        self._default = attribute(plain[0], "styleId") if plain else ""
        self._lists = _Lists(numbering)

    def of(self, paragraph: Any) -> Paragraph:
        """What the paragraph's own properties say, else its style, else the styles that one is based on."""
        own = child(paragraph, "pPr")
        chain = list(self._chain(attribute(child(own, "pStyle"), "val") or self._default))
        names = [attribute(child(style, "name"), "val") for style in chain]
        properties = [own, *(child(style, "pPr") for style in chain)]
        outline = next((value for one in properties if (value := attribute(child(one, "outlineLvl"), "val"))), "")
        named = next((found[1] for name in names if (found := re.fullmatch(r"heading (\d)", name, re.IGNORECASE))), "")
        list_id, level = self._numbering(properties)
        return Paragraph(
            heading=int(named or 0) or (int(outline) + 1 if outline.isdigit() and int(outline) < 9 else 0),
            is_title=any(name.lower() == "title" for name in names),
            is_code=any(map(_CODE.search, names)) or _is_monospaced(paragraph, chain),
            list_id=list_id,
            level=level,
        )

    def label(self, paragraph: Paragraph) -> str:
        """The mark a list puts before the paragraph, as Markdown: ``-``, ``2.``, ``- b)``; empty outside of lists."""
        return self._lists.label(paragraph.list_id, paragraph.level) if paragraph.list_id else ""

    def _chain(self, style_id: str) -> Iterator[Any]:
        seen: set[str] = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = attribute(child(self._styles[style_id], "basedOn"), "val")

    @staticmethod
    def _numbering(properties: list[Any]) -> tuple[str, int]:
        """Id of the list and the level in it; id 0 takes a paragraph out of the list its style puts it in."""
        ids = [attribute(child(child(one, "numPr"), "numId"), "val") for one in properties]
        levels = [attribute(child(child(one, "numPr"), "ilvl"), "val") for one in properties]
        list_id = next(filter(None, ids), "")
        level = next(filter(None, levels), "0")
        return ("" if list_id == "0" else list_id), min(8, int(level)) if level.isdigit() else 0


class _Lists:
    """Counts through the lists of a document. Lists made from one definition count on, unless one starts anew."""

    def __init__(self, numbering: Any) -> None:
        self._definitions: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._abstract: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = defaultdict(dict)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        for one in numbering if numbering is not None else ():
            if tag(one) == "abstractNum":
                levels = (inner for inner in one if tag(inner) == "lvl")
                self._definitions[attribute(one, "abstractNumId")] = dict(map(_level, levels))
            elif tag(one) == "num":
                self._add(one)

    def _add(self, num: Any) -> None:
        list_id = attribute(num, "numId")
        self._abstract[list_id] = attribute(child(num, "abstractNumId"), "val")
        for override in (inner for inner in num if tag(inner) == "lvlOverride"):
            start = attribute(child(override, "startOverride"), "val")
            if start.isdigit():
                self._restarts[list_id][int(attribute(override, "ilvl") or 0)] = int(start)

    def label(self, list_id: str, level: int) -> str:
        """The next label of the list at this level; deeper levels begin again after it."""
        abstract = self._abstract.get(list_id, "")
        levels = self._definitions.get(abstract, {})
        form, text, start = levels.get(level, ("bullet", "", 1))
        counts = self._counts[abstract]
        if level in self._restarts[list_id]:
            counts[level] = self._restarts[list_id].pop(level) - 1
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        indent = "  " * level
        if form in {"bullet", "none"}:
            return f"{indent}-"
        label = re.sub(r"%(\d)", lambda m: _number(levels, counts, int(m[1]) - 1), text).strip()
        return f"{indent}{label}" if re.fullmatch(r"\d{1,3}[.)]", label) else f"{indent}- {label}".rstrip()


def _level(element: Any) -> tuple[int, tuple[str, str, int]]:
    """A level's number, and its format, its text ("%1.%2") and its first count."""
    start = attribute(child(element, "start"), "val")
    form = attribute(child(element, "numFmt"), "val") or "decimal"
    text = attribute(child(element, "lvlText"), "val")
    level = attribute(element, "ilvl")
    return int(level) if level.isdigit() else 0, (form, text, int(start) if start.isdigit() else 1)


def _number(levels: dict[int, tuple[str, str, int]], counts: dict[int, int], level: int) -> str:
    form, _, start = levels.get(level, ("decimal", "", 1))
    count = counts.get(level, start)
    if form in {"lowerLetter", "upperLetter"} and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in {"lowerRoman", "upperRoman"} and 0 < count < 4000:
        return _roman(count) if form == "lowerRoman" else _roman(count).upper()
    return f"{count:02}" if form == "decimalZero" else str(count)


def _roman(number: int) -> str:
    text = ""
    for value, mark in _ROMAN:
        text += mark * (number // value)
        number %= value
    return text


def _is_monospaced(paragraph: Any, chain: list[Any]) -> bool:
    """Whether all text of the paragraph is in a font for code, by its runs or by its style."""
    fonts = [attribute(child(child(run, "rPr"), "rFonts"), "ascii") for run in paragraph.iter() if tag(run) == "r"]
    of_style = next((font for one in chain if (font := attribute(child(child(one, "rPr"), "rFonts"), "ascii"))), "")
    return bool(fonts) and all(_MONOSPACED.search(font or of_style) for font in fonts)
