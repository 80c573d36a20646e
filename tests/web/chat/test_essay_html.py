"""Essays as HTML: no character is lost or moved, and marks hold exactly the cited words."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Essay, Span
from assistant.web.pages.reader import Mark, page_blocks

MARKDOWN = """\
Opening words, **very *bold* ones** and `code` with 2 * 3 * 4.

## First section

A wrapped paragraph that goes on
over two lines. It has _emphasis_ too.

- **One** item
- another item; it ends here.

1. First numbered
2. Second numbered

| a | b |
| - | - |
| 1 | 2 |
"""


class Texts(HTMLParser):
    """All text of a page, the text inside marks, and the ids and tags seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all, self.marked, self.ids, self._depth = "", "", [], 0
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._depth += tag == "mark"
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.all += data
        self.marked += data if self._depth else ""


def shown(text: str, cited: Span | None = None) -> Texts:
    essay = Essay(id="e", title="A title", text=text)
    return Texts("".join(str(block.html) for block in page_blocks(essay, [Mark(cited)] if cited else ())))


def solid(text: str) -> str:
    return re.sub(r"\s", "", text)


def around(words: str) -> Span:
    start = MARKDOWN.index(words)
    return Span(start=start, end=start + len(words))


@pytest.mark.parametrize(
    "words",
    [
        "very *bold* ones",
        "words, **very *bold* ones** and `co",
        "goes on\nover two lines.",
        "another item; it ends here.",
        "ne** it",
        "Second numbered",
        "| 1 | 2",
        "_emphasis_",
    ],
)
def test_the_mark_holds_exactly_the_cited_words(words: str) -> None:
    assert shown(MARKDOWN, around(words)).marked == words


def test_a_citation_over_several_blocks_is_marked_in_each_and_linked_to_once() -> None:
    page = shown(MARKDOWN, around("## First section\n\nA wrapped paragraph"))
    assert solid(page.marked) == "##FirstsectionAwrappedparagraph"
    assert page.ids == ["cited"]


@pytest.mark.parametrize(
    ("line", "element"),
    [
        ("## First section", "h2"),
        ("- **One** item", "li"),
        ("2. Second numbered", "li"),
        ("| 1 | 2 |", "pre"),
        ("over two lines.", "p"),
    ],
)
def test_each_line_stands_in_the_element_it_asks_for(line: str, element: str) -> None:
    blocks = list(page_blocks(Essay(id="e", title="A title", text=MARKDOWN), [Mark(around(line))]))
    assert [block.element for block in blocks if "<mark" in block.html] == [element]


def test_all_citations_are_marked_and_numbered_and_only_the_opened_one_is_linked_to() -> None:
    marks = [Mark(around("very *bold* ones"), 2), Mark(around("bold* ones** and"), 3, here=False)]
    html = "".join(str(b.html) for b in page_blocks(Essay(id="e", title="A title", text=MARKDOWN), marks))
    assert Texts(html).ids == ["cited"]
    assert solid(Texts(html).marked) == "very*bold*ones**and"
    assert re.findall(r'<mark([^>]*)data-number="(\d)"', html) == [(' id="cited" ', "2"), (" ", "3")]
    assert '<mark class="other">' in html


def test_headings_of_plain_text_are_headings() -> None:
    prose = "A sentence that is long enough to read as the prose of a paragraph, with its full stop at the end."
    essay = Essay(id="e", title="A title", text=f"{prose}\n\nWhat it costs\n\n{prose}\n")
    assert [block.element for block in page_blocks(essay)] == ["p", "h2", "p"]


@pytest.mark.parametrize("cited", ["<script>", "bold", "<i>x"])
def test_markup_in_a_document_is_text_before_in_and_behind_the_cited_words(cited: str) -> None:
    text = "<script>alert(1)</script> & <b>bold</b> **<i>x</i>**"
    start = text.index(cited)
    assert shown(text).tags == {"strong", "span"}
    assert shown(text, Span(start=start, end=start + len(cited))).tags == {"strong", "span", "mark"}


@given(st.text(alphabet="ab <>&*_`#|-.1\n\r\t\u200fé😀", max_size=120), st.integers(0, 120), st.integers(1, 120))
def test_whatever_the_text_nothing_is_lost_and_the_mark_is_exact(text: str, start: int, length: int) -> None:
    cited = Span(start=start, end=start + length)
    page = shown(text.replace("\r", ""), cited)
    text = text.replace("\r", "")
    assert solid(page.all) == solid(text)
    assert solid(page.marked) == solid(text[cited.start : cited.end])
    assert len(page.ids) <= 1
