"""Web pages: all that a browser shows is in the text once, but for the site around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents import draft_of

from assistant.corpus.formats import Extract, letters
from assistant.corpus.formats.html import read
from assistant.errors import CorpusError
from assistant.settings import Settings

LONG = "The well water has to be boiled before drinking, because the filter is only changed once in a season. " * 3


def whole(body: str, head: str = "") -> Extract:
    return read(f"<!doctype html><html><head>{head}</head>{body}</html>".encode())


def text(body: str, head: str = "<title>A page</title>") -> str:
    return whole(body, head).text


def test_nested_lists_stand_once_and_keep_their_depth() -> None:
    body = """<ul><li>Breakfast<ul><li>Porridge</li><li>Tea<ol start=3><li>black</li><li value=7>green</li></ol></li>
    </ul></li><li><p>Dinner</p><p>With bread.</p></li></ul><ol><li>One</li><ul><li>Inner</li></ul><li>Two</li></ol>"""
    assert text(body).split("\n") == [
        *("- Breakfast", "  - Porridge", "  - Tea", "    3. black", "    7. green", "- Dinner"),
        *("  With bread.", "1. One", "  - Inner", "2. Two"),
    ]


def test_a_list_whose_items_are_lists_keeps_their_texts() -> None:
    assert text("<ul><li><ul><li>Deep</li></ul></li></ul>").split("\n") == ["-", "  - Deep"]


def test_headings_and_paragraphs_under_a_bare_body() -> None:
    body = "Before.<h1>Camp</h1>First<br>line.<br><br>Second <b>paragraph</b>.<h3>Part</h3><span>Third.</span> End."
    blocks = ["Before.", "## Camp", "First\nline.", "Second paragraph.", "### Part", "Third. End."]
    assert text(body).split("\n\n") == blocks


def test_definitions_carry_their_terms() -> None:
    body = """<dl><dt>Quiet hours<dd>From ten.<dt>Dogs?<dd>Yes.<dd>On a lead.</dd>
    <div><dt>Fire</dt><dd><p>No.</p></dd></div></dl>"""
    assert text(body).split("\n") == ["- Quiet hours: From ten.", "- Dogs? Yes.", "- Dogs? On a lead.", "- Fire: No."]


def test_tables_keep_rows_and_a_merged_cell_stands_once() -> None:
    body = """<table><caption>Tents</caption><thead><tr><th>Tent<th>Beds<th>Note</thead>
    <tr><td rowspan=2>Red<td>8<td>old<tr><td>5<td>a|b<tr><td colspan=2>Sum<td>13</table>"""
    assert text(body).split("\n") == [
        *("Tents", "", "| Tent | Beds | Note |", "| --- | --- | --- |", "| Red | 8 | old |"),
        *("|  | 5 | a\\|b |", "| Sum |  | 13 |"),
    ]


def test_a_table_that_lays_out_a_page_gives_its_cells() -> None:
    body = f"<table><tr><td><h2>Left</h2><p>{LONG}</p></td><td><ul><li>Right</li></ul></td></tr></table>"
    assert text(body).split("\n\n") == ["## Left", LONG.strip(), "- Right"]


def test_code_keeps_its_lines_and_no_comment_becomes_a_heading() -> None:
    body = "<pre><code><span># Stop the writer</span>\n  run   it\n\n</code></pre><pre>a<br>b ``` c</pre>"
    assert text(body) == "```\n# Stop the writer\n  run   it\n```\n\n````\na\nb ``` c\n````"


def test_details_quotes_figures_and_inline_marks() -> None:
    body = """<details><summary>Lost keys</summary><p>A key costs <q>11</q> tokens<sup>2</sup>.</p></details>
    <blockquote><p>Quoted.</p></blockquote><figure><img src=a><figcaption>A gate.</figcaption></figure><hr>
    <p>This is <del>gone</del> <ins>here</ins>.</p><h2>Part <a class=headerlink href="#p">¶</a></h2>"""
    blocks = ["Lost keys", "A key costs “11” tokens2.", "Quoted.", "A gate.", "This is gone here.", "## Part"]
    assert text(body).split("\n\n") == blocks


def test_what_a_browser_does_not_show_is_not_read() -> None:
    body = """<p hidden>1</p><p style="color:red; display: none">2</p><script>3</script><template>4</template>
    <noscript>5</noscript><!-- 6 --><p>Shown.</p>"""
    assert text(body) == "Shown."


SITE = f"""<header><a href="/">Camp weekly</a></header><nav><ul><li><a href="/a">All</a></li></ul></nav>
<div class="sidebar"><a href="/x">Older</a> <a href="/y">Newer</a></div><main><article><header><h1>Water</h1></header>
<p>{LONG}</p><aside>Mind the pump.</aside><div class="menu"><p>Soup, then stew.</p></div>
<div class="share-buttons"><a href="/t">Tweet it</a></div><footer>Notes of the warden.</footer></article></main>
<div class="cookie-banner">We use cookies.</div><footer>© 2024 Camp weekly</footer>"""


def test_the_site_around_the_text_is_left_out_and_listed() -> None:
    found = whole(SITE)
    assert found.stated == {"title": "Water"}
    assert found.text.split("\n\n") == [
        LONG.strip(),
        "Mind the pump.",
        "Soup, then stew.",
        "Notes of the warden.",
    ]
    assert found.left_out == (
        "parts of the site around the text (“Camp weekly”, “All”, “Older Newer”, “Tweet it”, “We use "
        "cookies.” and 1 more)",
    )
    assert found.visible > letters(found.text)


@pytest.mark.parametrize(
    "marked",
    ['<div class="sidebar">{}</div>', '<section class="related-work">{}</section>', '<div class="has-menu">{}</div>',
     '<div id="navigation">{}</div>', '<section class="footer">{}</section>', '<div class="content">{}</div>'],
)  # fmt: skip
def test_a_name_alone_does_not_make_text_part_of_the_site(marked: str) -> None:
    assert LONG.strip() in text(f"<h1>Water</h1><p>Short.</p>{marked.format(f'<p>{LONG}</p>')}")


def test_the_title_is_no_part_of_the_text() -> None:
    found = whole("<h1>Camp kitchen</h1><p>Three meals.</p>", "<title>Camp kitchen</title>")
    assert (found.text, found.stated["title"], found.visible) == ("Three meals.", "Camp kitchen", len("Threemeals"))


def test_pictures_frames_and_fields_are_counted() -> None:
    body = "<p>Text.</p><img><svg><text>x</text></svg><iframe></iframe><form><label>Name</label><input></form>"
    assert whole(body).left_out == ("1 embedded video, sound or frame", "1 field or button", "2 pictures")


def page(folder: Path, data: bytes) -> str:
    path = folder / "page.html"
    path.write_bytes(data)
    return draft_of(path, Settings()).text


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("cp1252", '<meta charset="windows-1252">'),
        ("cp1252", "<meta http-equiv=content-type content='text/html; charset=ISO-8859-1'>"),
        ("cp1252", '<?xml version="1.0" encoding="iso-8859-1"?>'),
        ("utf-8", ""),
        ("utf-8", '<meta charset="utf-8">'),
        ("utf-8", '<meta charset="utf-16">'),
        ("utf-8-sig", '<meta charset="windows-1252">'),
        ("utf-16", '<meta charset="utf-8">'),
        ("utf-32", ""),
    ],
)
def test_a_declared_encoding_is_believed_and_a_mark_before_it(tmp_path: Path, encoding: str, head: str) -> None:
    assert page(tmp_path, f"{head}<p>“Caffè”, 5 €</p>".encode(encoding)) == "“Caffè”, 5 €\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<meta charset=utf-8><p>caf\xe9</p>", "is not UTF-8 (byte "),
        (b"<meta charset=klingon><p>x</p>", "is in an unknown encoding (klingon)"),
        (b"<meta charset=base64><p>x</p>", "is in an unknown encoding (base64)"),
    ],
)
def test_an_encoding_that_does_not_fit_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(CorpusError) as caught:
        page(tmp_path, data)
    assert says in caught.value.message


def test_date_lines_of_minutes_and_appendices_are_text(tmp_path: Path) -> None:
    minutes = (
        f"<h1>Minutes</h1><p>12 March 2024</p><p>{LONG}</p><h2>Related articles</h2><p>Rule 7.</p><p>By Ann Lee</p>"
    )
    assert page(tmp_path, minutes.encode()).split("\n\n")[-4:] == [
        LONG.strip(),
        "## Related articles",
        "Rule 7.",
        "By Ann Lee\n",
    ]


def test_on_a_page_of_a_site_a_text_behind_the_related_links_stays(tmp_path: Path) -> None:
    body = f"""<script src=a.js></script><h1>Rules</h1><p>4 min read</p><p>{LONG}</p><p>2 May 2024</p><p>{LONG}</p>
    <h2>Related articles</h2><p>Nine ways to mulch</p><h2>Appendix</h2>
    <p>The pump is painted green every second year.</p>"""
    assert page(tmp_path, body.encode()).split("\n\n") == [
        LONG.strip(), "2 May 2024", LONG.strip(), "## Appendix", "The pump is painted green every second year.\n",
    ]  # fmt: skip


def test_a_long_menu_beside_a_short_text_is_left_out() -> None:
    menu = "".join(f'<li><a href="/{number}">Chapter {number} of the handbook</a></li>' for number in range(40))
    assert text(f'<div role="navigation"><ul>{menu}</ul></div><h1>Pump</h1><p>It is green.</p>') == "It is green."


def test_the_heading_of_the_site_goes_and_a_header_with_the_only_title_stays() -> None:
    site = "<header><h1>Camp weekly</h1><p>News of the camp</p></header>"
    found = whole(f"{site}<main><h1>Pump</h1><p>{LONG}</p></main>")
    assert found.text == f"## Pump\n\n{LONG.strip()}"
    assert found.left_out == ("parts of the site around the text (“Camp weekly News of the camp”)",)
    assert text(f"{site}<p>{LONG}</p>") == f"News of the camp\n\n{LONG.strip()}"


def test_a_button_that_is_a_question_is_text() -> None:
    body = (
        "<h3><button>Dogs?</button></h3><p>Yes.</p><button>How do I pay?</button><p>In tokens.</p><button>Buy</button>"
    )
    assert text(body) == "### Dogs?\n\nYes.\n\nHow do I pay?\n\nIn tokens."


def test_what_is_there_for_screen_readers_alone_is_not_shown() -> None:
    formula = "<math><mi>E</mi><annotation>E_0</annotation></math>"
    assert text(f'<a class="sr-only" href="#a">Skip it</a><p>So {formula}.</p>') == "So E."
