"""PDF files: paragraphs, rows of tables and headings come back, what stands on every page goes and is listed."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from pypdf.annotations import FreeText

from assistant.corpus.formats import Extract, UnreadableError
from assistant.corpus.formats.pdf import paragraphs, read
from assistant.corpus.formats.pdf_lines import Line, by_rows

FILES = Path(__file__).with_name("files")
Placed = tuple[float, float, str] | tuple[float, float, str, float]


def book(*pages: list[Placed], more: str = "", objects: tuple[str, ...] = ()) -> bytes:
    """A PDF with texts at places in points from the lower left, in a size of 10 points unless one is given.

    ``more`` goes into the resources of each page, ``objects`` are added from number 4 on.
    """
    made = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>", *objects]
    kids = []
    for placed in pages:
        shown = "".join(
            f"BT /F1 {size[0] if size else 10} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n" for x, y, text, *size in placed
        )
        made.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
        resources = f"<< /Font << /F1 3 0 R >> {more} >>"
        made.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(made)} 0 R /Resources {resources} >>"
        )
        kids.append(f"{len(made)} 0 R")
    made[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    body, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(made, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer << /Size {len(made) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    return f"{body}xref\n0 {len(made) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def lines(*texts: str, x: float = 50, y: float = 780) -> list[Placed]:
    """Texts below each other; an empty one leaves a gap."""
    return [(x, y - 14 * number, text) for number, text in enumerate(texts) if text]


def row(y: float, *cells: str) -> list[Placed]:
    return [(50 + 150 * number, y, cell) for number, cell in enumerate(cells)]


def filled(page: str) -> list[str]:
    """The middle of a page, different on each."""
    return [f"On {page} the first sentence of the text stands, as it should be.", f"The second one ends {page} here."]


@pytest.mark.parametrize("name", ["locks.pdf", "locks-aes.pdf"])
def test_a_file_that_is_locked_against_changes_only_opens(name: str) -> None:
    assert "equal for 90 seconds." in read((FILES / name).read_bytes()).text


def test_a_file_that_needs_a_password_says_so() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(book(lines("Secret words."))))
    writer.encrypt("secret", algorithm="AES-256")
    packed = io.BytesIO()
    writer.write(packed)
    with pytest.raises(UnreadableError, match="is encrypted"):
        read(packed.getvalue())


def test_a_table_keeps_its_rows_and_cells() -> None:
    placed = [
        *lines("The prices are as follows."),
        *row(740, "Item", "Price", "Unit"),
        *row(726, "Matte paper", "12 euro", "per roll"),
        *row(712, "Ink", "9 euro", "per bottle"),
        *lines("No discounts are given.", y=670),
    ]
    assert read(book(placed)).text.split("\n\n") == [
        "The prices are as follows.",
        "| Item | Price | Unit |\n| --- | --- | --- |\n"
        "| Matte paper | 12 euro | per roll |\n| Ink | 9 euro | per bottle |",
        "No discounts are given.",
    ]


def test_cells_that_are_drawn_one_by_one_are_rows() -> None:
    cells = [["Lock", "Height"], ["North", "3 m"], ["South", "5 m"]]
    drawn = [Line(text) for text in ("The locks:", "Lock", "Height", "North", "3 m", "South", "5 m", "No more.")]
    found = list(by_rows(drawn, {"".join("".join(each).split()): each for each in cells}))
    assert [one for one, _ in found] == [None, *cells, None]
    assert [len(taken) for _, taken in found] == [1, 2, 2, 2, 1]


def test_the_end_of_a_sentence_at_the_top_of_pages_is_no_running_head() -> None:
    pages = [
        lines("into the long book of the office.", *filled(f"page {'abcd'[number]}"), f"Page {number + 1}")
        for number in range(4)
    ]
    assert read(book(*pages)).text.count("into the long book of the office.") == 4


def test_justified_text_is_no_table() -> None:
    placed: list[Placed] = []
    texts = ["The depots are all inspected twice", "and each inspection is announced", "by those who carry it out so",
             "that nobody is ever taken by surprise", "without having had time"]  # fmt: skip
    for number, text in enumerate(texts):
        words = text.split()
        gap = (400 - 6 * len(text.replace(" ", ""))) / (len(words) - 1)
        x = 50.0
        for word in words:
            placed.append((x, 780 - 14 * number, word))
            x += 6 * len(word) + gap
    assert read(book(placed)).text == " ".join(texts)


def test_two_columns_of_text_are_read_one_after_the_other() -> None:
    left, right = (
        ["The left column begins", "here and goes on for a", "while."],
        ["The right one follows", "it, line by line, and", "ends."],
    )
    found = read(book([*lines(*left), *lines(*right, x=320)])).text
    assert " ".join(found.split()) == " ".join([*left, *right])


def test_a_gap_ends_a_paragraph_and_lines_set_apart_do_not() -> None:
    close = lines(
        "Opening hours",
        "",
        "The depot opens at eight in the morning and",
        "closes at six",
        "",
        "On Sundays it stays shut",
    )
    assert read(book(close)).text.split("\n\n") == [
        "Opening hours", "The depot opens at eight in the morning and closes at six", "On Sundays it stays shut",
    ]  # fmt: skip
    apart = lines(
        *[
            part
            for word in ["The depot opens at eight", "in the morning and closes", "at six in the evening."]
            for part in (word, "")
        ]
    )
    assert read(book(apart)).text == "The depot opens at eight in the morning and closes at six in the evening."


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u2011", "\xad"])
def test_a_word_cut_at_the_end_of_a_line_is_joined(hyphen: str) -> None:
    assert paragraphs([f"It is an infra{hyphen}", "structure of some size."]) == "It is an infrastructure of some size."


def test_a_hyphen_that_belongs_to_the_word_stays() -> None:
    text = ["The well-kept depot is a well-", "kept one, said the Anglo-", "Saxon.", "A soft\xadware."]
    assert paragraphs(text).startswith("The well-kept depot is a well-kept one, said the Anglo-Saxon.")
    assert paragraphs(text).endswith("A software.")


def running(found: Extract) -> str:
    return next((part for part in found.left_out if part.startswith("page numbers")), "")


def test_running_heads_of_both_sides_and_page_numbers_go() -> None:
    pages = [
        lines(
            "The depot book" if number % 2 else f"Opening {number}",
            *filled(f"page {'abcdefgh'[number]}"),
            f"- {number + 9} -",
        )
        for number in range(8)
    ]
    found = read(book(*pages))
    kept = [line for line in found.text.split("\n") if line]
    assert kept.count("The depot book") <= 1
    assert not any(line.startswith(("Opening", "-")) for line in kept[1:])
    assert sum("first sentence" in line for line in kept) == 8
    assert "“The depot book”" in running(found)


def test_a_heading_that_later_pages_repeat_stays_once() -> None:
    head = ["Locks", "Locks", "Locks", "Keys", "Keys", "Keys", "Keys"]
    pages = [lines(name, *filled(f"page {'abcdefg'[number]}")) for number, name in enumerate(head)]
    kept = read(book(*pages)).text.split("\n")
    assert (kept.count("Locks"), kept.count("Keys")) == (1, 1)


def test_headings_that_only_differ_by_their_number_stay() -> None:
    pages = [lines(f"Chapter {number + 1}", *filled(f"page {'abcde'[number]}"), str(number + 7)) for number in range(5)]
    pages[3:3] = [lines(*filled("page x"), "10")]
    kept = read(book(*pages)).text.split("\n")
    assert [line for line in kept if line.startswith("Chapter")] == [f"Chapter {number}" for number in range(1, 6)]


def test_numbers_at_the_edge_that_do_not_count_with_the_pages_stay() -> None:
    pages = [lines(*filled(f"page {'abc'[number]}"), value) for number, value in enumerate(["1450", "1200", "900"])]
    found = read(book(*pages))
    assert all(value in found.text for value in ("1450", "1200", "900"))
    assert not running(found)


def test_a_row_that_stands_at_the_head_of_each_page_stays() -> None:
    pages = [
        [
            *row(780, "Item", "Price"),
            *row(766, f"Ink {number}", "9 euro"),
            *row(752, f"Pen {number}", "2 euro"),
            *lines("End.", y=700),
        ]
        for number in range(4)
    ]
    assert read(book(*pages)).text.count("| Item | Price |") == 4


def test_pages_without_text_and_pictures_are_counted() -> None:
    image = (
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
    )
    data = book(
        lines("Words."),
        [],
        lines("More."),
        [],
        more="/XObject << /I 4 0 R >>",
        objects=(f"{image}\nstream\nx\nendstream",),
    )
    assert read(data).left_out == ("2 of 4 pages without text, perhaps scanned (2, 4)", "1 picture")


def test_what_people_typed_onto_a_page_is_read() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(book(lines("The form."))))
    writer.add_annotation(0, FreeText(text="Checked in May.", rect=(50, 550, 200, 650)))
    packed = io.BytesIO()
    writer.write(packed)
    assert read(packed.getvalue()).text == "The form.\n\nChecked in May."


def test_lines_in_a_larger_font_are_headings() -> None:
    placed = [
        *((50, 780, "The depot book", 20), (50, 740, "Opening hours in", 14), (50, 724, "summer", 14)),
        *((50, 700, "The depot opens at eight,"), (50, 686, "and closes at six.")),
        *((50, 650, "Keys", 14), (50, 630, "Ask the warden for them.")),
    ]
    assert read(book(placed)).text.split("\n\n") == [
        *("## The depot book", "### Opening hours in summer", "The depot opens at eight, and closes at six."),
        *("### Keys", "Ask the warden for them."),
    ]


def test_two_lines_with_a_gap_in_one_place_are_no_table() -> None:
    placed = [
        *lines("Words before it."),
        *row(752, "One", "two"),
        *row(738, "Three", "four"),
        *lines("Words after.", y=710),
    ]
    assert "|" not in read(book(placed)).text
