"""Word documents: all that Word shows, from the XML itself.

python-docx walks past tracked insertions, content controls, notes, text boxes and inner tables, so the parts are read
here by the local names of their elements, which also covers the strict variant of the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from assistant.corpus.formats import (
    Extract,
    UnreadableError,
    counted,
    excerpt,
    fenced,
    flat,
    joined,
    letters,
    with_head,
)
from assistant.corpus.formats.docx_parts import Styles, attribute, child, parts_of, root, tag

_GONE = frozenset({"del", "moveFrom", "instrText", "delText", "delInstrText", "Fallback", "sdtPr", "sdtEndPr", "rPr"})
"""Elements whose text Word does not show, or shows elsewhere already."""
_PICTURES = frozenset({"blip", "imagedata"})
_CHARTS = frozenset({"chart", "relIds"})
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def read(data: bytes) -> Extract:
    """Paragraphs, headings ("## " for Heading 1), lists, tables, notes and text boxes. Raises UnreadableError."""
    parts = parts_of(data)
    document = _Document(parts)
    blocks = document.blocks()
    if not any(map(letters, blocks)):
        raise UnreadableError("holds no text.", "Save the text itself as .txt or .md and add that.")
    core = root(parts, "docProps/core.xml")
    stated = {
        "title": document.title or _property(core, "title"),
        "author": _property(core, "creator"),
    }
    return Extract(
        text=joined(blocks),
        stated={name: value for name, value in stated.items() if value},
        left_out=document.left_out(),
        visible=document.visible(),
    )


class _Document:
    """The stories of a document: its body, and the notes and text boxes that its paragraphs point to."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self._parts = parts
        self._body = child(root(parts, "word/document.xml"), "body")
        self._styles = Styles(root(parts, "word/styles.xml"), root(parts, "word/numbering.xml"))
        self._notes = {kind: _notes(root(parts, f"word/{kind}s.xml")) for kind in ("footnote", "endnote")}
        self._numbers: Counter[str] = Counter()
        self.title = ""

    def blocks(self) -> list[str]:
        return list(_with_code(self._story(self._body)))

    def left_out(self) -> tuple[str, ...]:
        """What Word shows and the text lacks, in words."""
        found = Counter(tag(element) for element in self._shown(self._body))
        margins = [
            flat(_text_of(tree))
            for name in sorted(self._parts)
            if re.fullmatch(r"word/(?:header|footer)\d*\.xml", name) and (tree := root(self._parts, name)) is not None
        ]
        comments = root(self._parts, "word/comments.xml")
        lines = list(dict.fromkeys(filter(letters, margins)))
        return (
            *counted(sum(found[name] for name in _PICTURES), "picture"),
            *counted(sum(found[name] for name in _CHARTS), "chart or diagram"),
            *counted(found["altChunk"], "embedded document"),
            *counted(sum(tag(one) == "comment" for one in comments) if comments is not None else 0, "comment"),
            *((f"page headers and footers ({excerpt(lines)})",) if lines else ()),
        )

    def visible(self) -> int:
        """Letters and digits that Word shows, counted without regard to structure."""
        notes = [note for kind in self._notes.values() for note in kind.values()]
        return sum(
            letters(element.text or "")
            for story in (self._body, *notes)
            for element in self._shown(story)
            if tag(element) == "t"
        ) - letters(self.title)

    def _shown(self, element: Any) -> Iterator[Any]:
        """Every element below one, without what Word does not show."""
        for inner in element:
            if tag(inner) not in _GONE and not _is_hidden(inner):
                yield inner
                yield from self._shown(inner)

    def _story(self, parent: Any) -> Iterator[str]:
        """The blocks of a body, a cell, a note or a text box, in reading order."""
        begun = ""
        for element in parent:
            name = tag(element)
            if name == "p":
                text = begun + self._inline(element)
                begun = text if _joins_next(element) else ""
                if not begun:
                    yield from self._paragraph(element, text)
            elif name == "tbl":
                yield from self._table(element)
            elif name not in _GONE:
                yield from self._story(element)

    def _paragraph(self, element: Any, text: str) -> Iterator[str]:
        style = self._styles.of(element)
        if style.is_title and not self.title and text.strip():
            self.title = flat(text)
        elif style.is_code:
            yield f"\0{text.expandtabs(4).rstrip()}"
        elif text.strip():
            label = self._styles.label(style)
            lines = "\n".join(flat(line) for line in text.split("\n") if line.strip())
            if style.heading or style.is_title:
                yield "#" * min(6, max(2, style.heading + 1)) + " " + flat(f"{label.lstrip('- ')} {lines}")
            else:
                yield f"{label} {flat(lines)}" if label else lines
        for box in _nearest(element, "txbxContent"):
            yield from self._story(box)
        for inner in self._runs(element):
            yield from self._note(inner)

    def _note(self, reference: Any) -> Iterator[str]:
        """The footnote or endnote a reference points to, as a paragraph below the one that has it."""
        kind, mark, _ = tag(reference).partition("Reference")
        note = self._notes.get(kind, {}).get(attribute(reference, "id")) if mark else None
        if note is not None:
            self._numbers[kind] += 1
            first, *rest = [*self._story(note), ""]
            yield from (f"{kind.capitalize()} {self._numbers[kind]}: {first}", *filter(None, rest))

    def _table(self, table: Any) -> Iterator[str]:
        """Rows in one line each; a merged cell stands once. A table of one column is a box around its blocks."""
        rows = [one for one in _nearest(table, "tr") if child(child(one, "trPr"), "del") is None]
        if all(len(list(_cells(one))) <= 1 for one in rows):
            for cell in (cell for one in rows for cell in _cells(one)):
                yield from self._story(cell)
            return
        found = [[text for cell in _cells(one) for text in self._cell(cell)] for one in rows]
        heads = [child(child(one, "trPr"), "tblHeader") is not None for one in rows]
        shown = [(texts, head) for texts, head in zip(found, heads, strict=True) if any(map(letters, texts))]
        yield from with_head([texts for texts, _ in shown], [head for _, head in shown])

    def _cell(self, cell: Any) -> list[str]:
        """The text of a cell, empty where it continues the one above, and an empty text for each further column."""
        properties = child(cell, "tcPr")
        above = child(properties, "vMerge")
        goes_on = above is not None and attribute(above, "val") != "restart"
        text = "" if goes_on else " ".join(filter(None, map(_in_cell, self._story(cell))))
        span = attribute(child(properties, "gridSpan"), "val")
        return [text, *[""] * (min(int(span), 64) - 1 if span.isdigit() else 0)]

    def _inline(self, paragraph: Any) -> str:
        """The text of a paragraph as Word shows it, without the text boxes anchored in it."""
        found: list[str] = []
        in_code = 0  # inside the code of a field, before the text it shows
        for element in self._runs(paragraph):
            name = tag(element)
            if name == "fldChar":
                in_code += {"begin": 1, "separate": -1}.get(attribute(element, "fldCharType"), 0)
                in_code = max(in_code, 0)
            elif not in_code:
                found.append((element.text or "") if name == "t" else _BREAKS.get(name, ""))
        return "".join(found)

    def _runs(self, element: Any) -> Iterator[Any]:
        for inner in element:
            if tag(inner) in _GONE or tag(inner) in {"txbxContent", "pPr"} or _is_hidden(inner):
                continue
            yield inner
            yield from self._runs(inner)


def _with_code(blocks: Iterable[str]) -> Iterator[str]:
    """The blocks, with neighbouring lines of code (marked by NUL) fenced as one."""
    code: list[str] = []
    for block in blocks:
        if block.startswith("\0"):
            code.append(block[1:])
            continue
        if any(code):
            yield fenced("\n".join(code).strip("\n"))
        code = []
        yield block
    if any(code):
        yield fenced("\n".join(code).strip("\n"))


def _in_cell(block: str) -> str:
    """A block inside a cell: rows of an inner table and items of a list become parts of one line."""
    if block.startswith("| "):
        if not block.strip("|- "):
            return ""
        return ", ".join(part.strip() for part in block.strip("| ").split("|") if part.strip()) + ";"
    return block.lstrip("\0").removeprefix("- ")


def _text_of(tree: Any) -> str:
    return " ".join(element.text or "" for element in tree.iter() if tag(element) == "t")


def _nearest(element: Any, name: str) -> Iterator[Any]:
    """The elements called ``name`` below one, not those inside another of that name, nor what Word does not show."""
    for inner in element:
        if tag(inner) == name:
            yield inner
        elif tag(inner) not in _GONE:
            yield from _nearest(inner, name)


def _cells(table_row: Any) -> Iterator[Any]:
    for element in table_row:
        if tag(element) == "tc":
            yield element
        elif tag(element) not in _GONE:
            yield from _cells(element)


def _is_hidden(run: Any) -> bool:
    hidden = child(child(run, "rPr"), "vanish") if tag(run) == "r" else None
    return hidden is not None and attribute(hidden, "val") not in {"0", "false", "off"}


def _joins_next(paragraph: Any) -> bool:
    """Whether the mark that ends the paragraph is deleted in the tracked changes."""
    mark = child(child(paragraph, "pPr"), "rPr")
    return child(mark, "del") is not None or child(mark, "moveFrom") is not None


def _notes(tree: Any) -> dict[str, Any]:
    """Notes by id; those with a type are separators."""
    if tree is None:
        return {}
    return {attribute(note, "id"): note for note in tree if tag(note) and not attribute(note, "type")}


def _property(core: Any, name: str) -> str:
    found = child(core, name)
    return flat(found.text or "") if found is not None else ""
