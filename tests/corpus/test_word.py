"""Everything that Word shows is in the text, nothing that it doesn't, and nothing twice."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest

from assistant.corpus.formats import Extract
from assistant.corpus.formats.docx import read

FILES = Path(__file__).with_name("files")
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def word(body: str, **parts: str) -> bytes:
    """A document with this body; further parts by name (``footnotes``), each the inside of its root element."""
    packed = io.BytesIO()
    document = docx.Document()
    document.save(packed)
    out = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in {"word/document.xml", *(f"word/{part}.xml" for part in parts)}:
                new.writestr(name, old.read(name))
        new.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            new.writestr(f"word/{name}.xml", f"<w:{name} {NAMESPACES}>{content}</w:{name}>")
    return out.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*inner: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(inner)}</w:p>"


def text(*paragraphs: str, **parts: str) -> str:
    return whole(*paragraphs, **parts).text


def whole(*paragraphs: str, **parts: str) -> Extract:
    return read(word("".join(paragraphs), **parts))


def cell(*blocks: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(blocks) or '<w:p/>'}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{one}</w:tr>' for one in rows)}</w:tbl>"


def words(one: str) -> str:
    return paragraph(run(one))


def test_tracked_insertions_of_a_real_file() -> None:
    found = read((FILES / "ferry.docx").read_bytes()).text
    assert "The last departure is at 23:40 from the south pier." in found
    assert "A cargo trailer costs 7 tokens per crossing." in found
    assert "22:15" not in found


def test_content_controls_of_a_real_file() -> None:
    found = read((FILES / "greenhouse.docx").read_bytes()).text
    assert "Zone three is watered every 36 hours with 12 litres." in found
    assert "The night temperature of zone one is 14 degrees in winter." in found


def test_tracked_changes_are_shown_as_accepted() -> None:
    changed = paragraph(
        run("It opens at "),
        "<w:del><w:r><w:delText>seven</w:delText></w:r></w:del>",
        f"<w:ins>{run('eight')}</w:ins>",
        f"<w:moveFrom>{run(' today')}</w:moveFrom>",
        run(" daily"),
        f"<w:moveTo>{run(' from May')}</w:moveTo>",
        run("."),
    )
    joined = paragraph(run("The gate and "), properties="<w:rPr><w:del/></w:rPr>") + words("the door.")
    row = f"<w:trPr><w:del/></w:trPr>{cell(words('gone'))}{cell(words('gone'))}"
    kept = cell(words("kept")) + cell(words("too"))
    assert text(changed, joined, f"<w:ins>{words('New.')}</w:ins>", table(row, kept)) == "\n\n".join(
        ["It opens at eight daily from May.", "The gate and the door.", "New.", "| kept | too |"]
    )


def test_content_controls_hold_blocks_runs_rows_and_cells() -> None:
    def control(inner: str) -> str:
        return f'<w:sdt><w:sdtPr><w:alias w:val="Never shown"/></w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>'

    row = f"<w:tr>{cell(words('1'))}{control(cell(words('2')))}</w:tr>"
    assert text(
        control(control(words("In two controls."))),
        paragraph(run("At "), control(run("14 degrees")), run(".")),
        f"<w:tbl>{control(row)}</w:tbl>",
    ) == "\n\n".join(["In two controls.", "At 14 degrees.", "| 1 | 2 |"])


def test_notes_stand_below_the_paragraph_that_has_them() -> None:
    def reference(kind: str, number: int) -> str:
        return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'

    notes = "".join(
        f'<w:footnote {kind} w:id="{number}">{words(one)}</w:footnote>'
        for number, one, kind in [(0, "", 'w:type="separator"'), (1, "From May.", ""), (2, "Unused.", "")]
    )
    found = whole(
        paragraph(run("It opens at eight."), reference("footnote", 1), reference("endnote", 1)),
        words("Next."),
        footnotes=notes,
        endnotes=f'<w:endnote w:id="1">{words("Says the warden.")}</w:endnote>',
    )
    assert found.text == "\n\n".join(
        ["It opens at eight.", "Footnote 1: From May.", "Endnote 1: Says the warden.", "Next."]
    )


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{words('In the box.')}</w:txbxContent>"
    both = (
        f"<mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    )
    assert text(paragraph(run("Beside it."), f"<w:r>{both}</w:r>")) == "Beside it.\n\nIn the box."


def test_a_merged_cell_stands_once_and_its_columns_stay() -> None:
    wide, starts, goes_on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    assert text(
        table(
            cell(words("Prices"), properties=wide) + cell(words("Note")),
            cell(words("Red"), properties=starts) + cell(words("8")) + cell(words("beds")),
            cell(words("Red"), properties=goes_on) + cell(words("5")) + cell(),
        )
    ).split("\n") == ["| Prices |  | Note |", "| --- | --- | --- |", "| Red | 8 | beds |", "|  | 5 |  |"]


def test_a_table_in_a_table_is_read() -> None:
    inner = table(cell(words("Ink")) + cell(words("9 euro")), cell(words("Paper")) + cell(words("12 euro")))
    found = text(table(cell(words("Shop")) + cell(words("Sells:"), inner, "<w:p/>")))
    assert found == "| Shop | Sells: Ink, 9 euro; Paper, 12 euro; |"


def test_a_table_of_one_column_is_a_box_around_its_blocks() -> None:
    inner = table(cell(words("Ink")) + cell(words("9 euro")))
    assert text(table(cell(words("Read this."), inner, words("And this.")))).split("\n\n") == [
        "Read this.",
        "| Ink | 9 euro |",
        "And this.",
    ]


def test_the_head_of_a_table_is_marked() -> None:
    head = f"<w:trPr><w:tblHeader/></w:trPr>{cell(words('Tent'))}{cell(words('Beds'))}"
    assert text(table(head, cell(words("Red")) + cell(words("8")))) == "| Tent | Beds |\n| --- | --- |\n| Red | 8 |"


LEVELS = """<w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="(%3)"/></w:lvl>
</w:abstractNum><w:abstractNum w:abstractNumId="8">
<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="Article %1"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="7"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>"""


def item(one: str, level: int = 0, number: int = 1, style: str = "") -> str:
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    listed = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(run(one), properties=style + listed)


def test_numbered_lists_keep_their_numbers() -> None:
    found = text(
        item("Wash."),
        item("Warm.", 1),
        item("Cold.", 1),
        item("Very.", 2),
        words("Pause."),
        item("Dry."),
        item("Outside.", 1),
        item("Again.", number=3),
        numbering=LEVELS,
    )
    assert found.split("\n") == [
        *("1. Wash.", "  - a) Warm.", "  - b) Cold.", "    - (i) Very.", "", "Pause.", ""),
        *("2. Dry.", "  - a) Outside.", "1. Again."),
    ]


def test_numbers_of_headings_and_of_legal_lists() -> None:
    found = text(
        item("Fees", 0, 2, "Heading1"), item("To pay.", 1, 2), item("Refunds", 0, 2, "Heading2"), numbering=LEVELS
    )
    assert found.split("\n\n") == ["## Article 3 Fees", "  - 3.1 To pay.", "### Article 4 Refunds"]


def test_code_keeps_its_lines() -> None:
    def code(line: str) -> str:
        return paragraph(run(line, '<w:rFonts w:ascii="Courier New"/>'))

    found = text(words("Run:"), code("for x in y:"), code("    # no heading"), code("    stop(x)"), words("Done."))
    assert found == "Run:\n\n```\nfor x in y:\n    # no heading\n    stop(x)\n```\n\nDone."


def test_what_word_does_not_show_is_not_read() -> None:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    code = "<w:r><w:instrText> IF x </w:instrText><w:t>code</w:t></w:r>"
    field = f"{begin}{code}{separate}{run('shown')}{end}"
    hidden = run(", hidden is not.", "<w:vanish/>")
    assert text(paragraph(run("A field is "), field, hidden, run("."))) == "A field is shown."


def test_breaks_hyphens_and_formulas() -> None:
    inner = "<w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t><w:noBreakHyphen/><w:t>four</w:t></w:r>"
    formula = "<m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath>"
    assert text(paragraph(inner, formula)) == "one two\nthree-fourE=mc"


def test_what_is_left_out_is_counted() -> None:
    found = whole(
        paragraph(
            run("Text."), "<w:r><w:drawing><a:blip/></w:drawing></w:r>", "<w:r><w:drawing><a:blip/></w:drawing></w:r>"
        ),
        '<w:altChunk r:id="x" xmlns:r="r"/>',
        comments=f"<w:comment>{words('Is that so?')}</w:comment>",
        header1="<w:p><w:r><w:t>Draft</w:t></w:r></w:p>",
    )
    assert found.left_out == ("2 pictures", "1 embedded document", "1 comment", "page headers and footers (“Draft”)")
    assert found.visible == len("Text")


def test_the_strict_variant_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{STRICT}"><w:body>{words("Strict.")}</w:body></w:document>',
        )
    assert read(packed.getvalue()).text == "Strict."


@pytest.mark.parametrize("kind", ["customXml", "smartTag", "unheardOf"])
def test_an_element_that_is_not_known_loses_nothing(kind: str) -> None:
    around_blocks, around_runs = f"<w:{kind}>{words('One.')}</w:{kind}>", f"<w:{kind}>{run('Two.')}</w:{kind}>"
    assert text(around_blocks, paragraph(around_runs)) == "One.\n\nTwo."
