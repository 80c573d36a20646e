"""Web pages: trafilatura finds the article, its tree becomes Markdown paragraphs, headings and lists."""

from __future__ import annotations

from typing import Any

from assistant.corpus.formats import Extract, UnreadableError, joined

_STATED = {"title": "title", "author": "author", "sitename": "publisher", "date": "published", "url": "url"}


def read(data: bytes) -> Extract:
    """The article of a page in UTF-8. Raises UnreadableError where there is none."""
    import trafilatura  # a quarter of a second

    page = trafilatura.bare_extraction(
        _with_article(data.decode("utf-8")),
        include_comments=False,
        include_formatting=False,
        favor_recall=True,
        fast=True,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    body = getattr(page, "body", None)
    text = joined(_blocks(body)) if body is not None else ""
    if not text.strip():
        raise UnreadableError("no article was found on the page.", "Save the text itself as .txt or .md and add that.")
    stated = {ours: str(getattr(page, theirs, None) or "") for theirs, ours in _STATED.items()}
    return Extract(_without_title(text, stated["title"]), {name: value for name, value in stated.items() if value})


def _with_article(page: str) -> Any:
    """The page's tree; where no element is marked as the article, the one that holds most paragraphs is.

    Without a mark trafilatura would gather the paragraphs one by one and lose the headings between them.
    """
    from trafilatura import load_html

    tree = load_html(page)
    if tree is None or next(tree.iter("article"), None) is not None:
        return tree
    whole = _paragraph_chars(tree)
    body = next(tree.iter("body"), None)
    while whole and body is not None:
        inner = next((child for child in body if _paragraph_chars(child) > 0.7 * whole), None)
        if inner is None or inner.tag in {"p", "td"}:
            body.tag = "article" if body.tag in {"div", "main", "section"} else body.tag
            break
        body = inner
    return tree


def _paragraph_chars(element: Any) -> int:
    return sum(len("".join(paragraph.itertext())) for paragraph in element.iter("p"))


def _blocks(parent: Any) -> list[str]:
    """The block elements under ``parent`` as Markdown, in reading order."""
    blocks: list[str] = []
    for element in parent:
        blocks += _block(element)
        if (element.tail or "").strip():
            blocks.append(_flat(element.tail))
    return [block for block in blocks if block.strip()]


def _block(element: Any) -> list[str]:
    if element.tag == "head":
        return ["#" * _level(element) + " " + _text(element)] if _text(element) else []
    if element.tag == "list":
        return _items(element)
    if element.tag == "table":
        return ["| " + " | ".join(_text(cell) for cell in row.iter("cell")) + " |" for row in element.iter("row")]
    if element.tag == "code":
        return ["\n".join(line.rstrip() for line in "".join(element.itertext()).strip("\n").split("\n"))]
    if element.tag in {"quote", "div", "figure", "main", "section"} and len(element):
        return [_flat(element.text or ""), *_blocks(element)]
    return [_text(element)]


def _level(head: Any) -> int:
    """Two for h1 and h2 (the title is no part of the text), the heading's own level below them."""
    digit = str(head.get("rend") or "h2")[-1]
    return max(2, int(digit)) if digit.isdigit() else 2


def _items(list_element: Any) -> list[str]:
    ordered = list_element.get("rend") == "ol"
    texts = [text for text in (_text(item) for item in list_element.iter("item")) if text]
    return [(f"{number}. " if ordered else "- ") + text for number, text in enumerate(texts, start=1)]


def _text(element: Any) -> str:
    """The words of an element on one line; a line break inside it is a space."""
    for brk in element.iter("lb"):
        brk.tail = " " + (brk.tail or "")
    return _flat("".join(element.itertext()))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _without_title(text: str, title: str) -> str:
    """The text without its first line where that is the title again."""
    first, _, rest = text.partition("\n")
    same = _flat(first.lstrip("# ")).casefold() == _flat(title).casefold()
    return rest.lstrip("\n") if same and rest.strip() else text
