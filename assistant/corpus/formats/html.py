"""Web pages: the whole body as Markdown, without what is not shown and what belongs to the site.

Extractors of articles guess what matters and lose the rest. Here an element is left out for one of three reasons only:
a browser does not show it, it is a control or a picture, or its name, role or class marks it as part of the site
around the text. The text of these last ones is listed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
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
from assistant.corpus.formats.html_parts import BLOCKS, Site, is_of_a_site, is_unseen, kind_without_text, shown_texts

_STATED = {"title": "title", "author": "author", "sitename": "publisher", "date": "published", "url": "url"}
_PERMALINK = re.compile(r"\s*[¶#§🔗]+\s*$")


def read(data: bytes) -> Extract:
    """The text of a page in UTF-8. Raises UnreadableError where there is none."""
    from lxml import html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree = html.document_fromstring(data, parser=parser, ensure_head_body=True)
    stated = _metadata(tree)
    page = _Page(tree.body)
    whole = joined(page.blocks())
    title = stated.get("title", "")
    text = _without_title(whole, title) if any(_same(one.text_content(), title) for one in tree.iter("h1")) else whole
    if not letters(text):
        raise UnreadableError("the page holds no text.", "Save the text itself as .txt or .md and add that.")
    return Extract(
        text=text,
        stated=stated,
        left_out=page.left_out(),
        visible=sum(map(letters, shown_texts(tree.body))) - (letters(title) if text != whole else 0),
        web_page=is_of_a_site(tree),
    )


def _metadata(tree: Any) -> dict[str, str]:
    """What the page's head says, as trafilatura finds it."""
    from trafilatura.metadata import extract_metadata

    found = extract_metadata(tree, date_config={"extensive_search": False, "original_date": True}, extensive=False)
    stated = {ours: str(getattr(found, theirs, None) or "") for theirs, ours in _STATED.items()}
    return {name: value for name, value in stated.items() if value}


class _Page:
    """The body of a page on its way to Markdown, and what was left out on the way."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._site = Site(body)
        self._site_parts: list[str] = []
        self._skipped: Counter[str] = Counter()

    def blocks(self) -> list[str]:
        return [block for block in self._blocks(self._body) if block.strip()]

    def left_out(self) -> tuple[str, ...]:
        """What a browser shows and the text lacks, in words."""
        kinds = (part for kind, number in sorted(self._skipped.items()) if kind for part in counted(number, kind))
        site = excerpt(self._site_parts)
        return (*kinds, *((f"parts of the site around the text ({site})",) if site else ()))

    def _blocks(self, parent: Any) -> Iterator[str]:
        """The blocks under ``parent`` in reading order; text between them is a paragraph."""
        inline = [parent.text or ""]
        for element in parent:
            if self._is_left_out(element):
                pass
            elif _holds_blocks(element):
                yield from _paragraphs("".join(inline))
                inline = []
                yield from self._block(element)
            else:
                inline.append(self._inline(element))
            inline.append(element.tail or "")
        yield from _paragraphs("".join(inline))

    def _block(self, element: Any) -> Iterator[str]:
        name = element.tag
        if re.fullmatch(r"h[1-6]", name):
            text = _PERMALINK.sub("", flat(self._inline(element).replace("\0", " ")))
            yield f"{'#' * max(2, int(name[1]))} {text}" if letters(text) else ""
        elif name in {"ul", "ol", "menu", "dir"}:
            yield from self._items(element, "")
        elif name == "dl":
            yield from self._definitions(element)
        elif name == "table":
            yield from self._table(element)
        elif name == "pre":
            code = "".join(self._raw(element)).strip("\n")
            yield fenced("\n".join(line.rstrip() for line in code.split("\n"))) if code.strip() else ""
        elif name != "hr" and (name not in {"dt", "dd"} or next(element.iterancestors("dl"), None) is None):
            yield from self._blocks(element)

    def _items(self, parent: Any, indent: str) -> Iterator[str]:
        """The items of a list, one a line; what an item holds beside its first paragraph is indented below it."""
        number = int(parent.get("start")) if (parent.get("start") or "").isdigit() else 1
        for element in parent:
            if self._is_left_out(element):
                continue
            if element.tag in {"ul", "ol"}:  # a list directly in a list belongs to the item before
                yield from self._items(element, f"{indent}  ")
                continue
            number = int(element.get("value")) if (element.get("value") or "").isdigit() else number
            mark = f"{number}." if parent.tag == "ol" else "-"
            blocks = [*filter(letters, self._blocks(element))]
            if blocks:
                first = flat(blocks.pop(0)) if _begins_with_text(element) else ""
                yield f"{indent}{mark} {first}".rstrip()
                number += 1
            for block in blocks:
                yield "\n".join(f"{indent}{' ' * (len(mark) + 1)}{line}" for line in block.split("\n"))
            yield from _paragraphs(element.tail or "")

    def _definitions(self, parent: Any) -> Iterator[str]:
        """Each definition as an item that begins with its term, so that it can be quoted alone."""
        term = ""
        for element in parent.iter("dt", "dd"):  # also those that the parser, missing their ends, puts into each other
            if next(element.iterancestors("dl")) is not parent:
                continue
            blocks = [] if self._is_left_out(element) else [*filter(letters, self._blocks(element))]
            if element.tag == "dt":
                term = " ".join(map(flat, blocks))
            elif blocks:
                colon = "" if not term or term[-1] in ":?!." else ":"
                first, *rest = blocks
                yield f"- {term}{colon} {flat(first)}" if term else f"- {flat(first)}"
                yield from ("\n".join(f"  {line}" for line in block.split("\n")) for block in rest)

    def _table(self, table: Any) -> Iterator[str]:
        """Rows in one line each, a merged cell once. A table that lays a page out gives the blocks of its cells."""
        for caption in table.iter("caption"):
            yield from self._blocks(caption)
        rows = [one for one in table.iter("tr") if _table_of(one) is table and not self._is_left_out(one)]
        cells = [[cell for cell in one if cell.tag in {"td", "th"}] for one in rows]
        if _lays_out(table, cells):
            for cell in (cell for one in cells for cell in one):
                yield from self._blocks(cell)
            return
        below: dict[int, int] = {}
        found: list[list[str]] = []
        for one in cells:
            texts: list[str] = []
            for cell in one:
                while below.get(len(texts), 0) > 0:
                    below[len(texts)] -= 1
                    texts.append("")
                width, height = _span(cell, "colspan"), _span(cell, "rowspan")
                below |= {column: height - 1 for column in range(len(texts), len(texts) + width) if height > 1}
                texts += [
                    " ".join(flat(block) for block in self._blocks(cell) if block.strip("|- ")),
                    *[""] * (width - 1),
                ]
            found.append(texts)
        heads = [all(cell.tag == "th" for cell in one) for one in cells]
        shown = [(texts, head) for texts, head in zip(found, heads, strict=True) if any(map(letters, texts))]
        yield from with_head([texts for texts, _ in shown], [head for _, head in shown])

    def _inline(self, element: Any) -> str:
        """The words of an element; a line break in it stays one."""
        if element.tag == "br":
            return "\0"
        parts = [element.text or ""]
        for inner in element:
            parts.append("" if self._is_left_out(inner) else self._inline(inner))
            parts.append(inner.tail or "")
        text = "".join(parts)
        return f"“{text}”" if element.tag == "q" else text

    def _is_left_out(self, element: Any) -> bool:
        if is_unseen(element):
            return True
        kind = kind_without_text(element)
        self._skipped[kind] += bool(kind)
        if kind or not self._site.has(element):
            return bool(kind)
        self._site_parts.append(flat(" ".join(element.itertext())))
        return True

    def _raw(self, element: Any) -> Iterator[str]:
        """The text of preformatted lines, as it stands."""
        yield element.text or ""
        for inner in element:
            if not self._is_left_out(inner):
                yield from ("\n",) if inner.tag == "br" else self._raw(inner)
            yield inner.tail or ""


def _holds_blocks(element: Any) -> bool:
    return element.tag in BLOCKS or any(inner.tag in BLOCKS for inner in element.iter())


def _begins_with_text(item: Any) -> bool:
    """Whether an item of a list begins with words and not with a list, a table or code of its own."""
    lead = next((inner for inner in item if _holds_blocks(inner)), None)
    inline = takewhile(lambda one: one is not lead, item)
    before = (item.text or "") + "".join(one.text_content() + (one.tail or "") for one in inline)
    return lead is None or bool(letters(before)) or lead.tag not in {"ul", "ol", "dl", "table", "pre"}


def _paragraphs(text: str) -> Iterator[str]:
    """Inline text as paragraphs: white space is one space, a break (NUL) a line end, two breaks end a paragraph."""
    lines = [flat(line) for line in text.split("\0")]
    for group in "\n".join(lines).split("\n\n"):
        if group.strip():
            yield group.strip()


def _table_of(element: Any) -> Any:
    return next(element.iterancestors("table"), None)


def _lays_out(table: Any, cells: list[list[Any]]) -> bool:
    """Whether a table is a page's frame: it has one column, or headings, lists, tables or long texts in its cells."""
    if max(map(len, cells), default=0) <= 1:
        return True
    if next(table.iter("th"), None) is not None:
        return False
    framed = any(
        inner.tag in {"h1", "h2", "h3", "ul", "ol", "table"} for one in cells for cell in one for inner in cell.iter()
    )
    return framed or any(len(list(cell.iter("p"))) > 2 for one in cells for cell in one)


def _span(cell: Any, name: str) -> int:
    value = cell.get(name) or ""
    return min(64, max(1, int(value))) if value.isdigit() else 1


def _without_title(text: str, title: str) -> str:
    """The text without its first line where that is the title again."""
    first, _, rest = text.partition("\n")
    return rest.lstrip("\n") if _same(first.lstrip("# "), title) and rest.strip() else text


def _same(one: str, other: str) -> bool:
    return flat(one).casefold() == flat(other).casefold()
