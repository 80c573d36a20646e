"""Passages are slices of the text: exact, in order, within their section, and nothing is lost between them."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.corpus.loading import load_corpus
from assistant.corpus.markup import blocks
from assistant.corpus.splitting import MAX_CHARS, sections, split
from assistant.settings import load_settings
from assistant.types import Essay, Passage

QUICK = settings(deadline=None, max_examples=120)
LIST_MARK = r"(?:[-*+•–▪◦]|\(?\d{1,3}[.)])"
WORDS = st.sampled_from(
    [
        "word",
        "Alpha",
        "e.g.",
        "No.",
        "3.5",
        "A.",
        "x" * 1200,
        "שלום",
        "مرحبا",
        "👩‍👩‍👧",
        "👍🏽",
        "e\u0301\u0323",
        "\u202eabc\u202c",
        "漢字。",
        "؟",
        "—",
    ]
)
LINES = st.one_of(
    st.lists(WORDS, min_size=1, max_size=12).map(" ".join),
    st.lists(WORDS, min_size=1, max_size=12).map(lambda words: " ".join(words) + "."),
    st.sampled_from(
        [
            "# Heading",
            "## Heading",
            "# Heading.",
            "Heading",
            "## ",
            "#",
            "- item",
            "* item one. Two.",
            "1. first",
            "(2) second",
            "| a | b |",
            "| --- | --- |",
            "```python",
            "# a comment",
            "```",
            "> quoted. Twice.",
            "Same line again.",
            "Same line again.",
            "",
            "",
            "   ",
            "\t",
            "tail\r",
            "lone\rcarriage. Return",
            "\u2028",
            "\x0b",
            "\u00a0",
            "A Title Without A Stop",
            "…",
            "...",
        ]
    ),
    st.text(max_size=60).map(lambda text: text.replace("\n", " ")),
)
TEXTS = st.lists(LINES, min_size=1, max_size=40).map("\n".join)
TITLES = st.sampled_from(["Heading", "Same line again.", "Another title", "word"])


def essay(text: str, title: str = "Another title") -> Essay:
    return Essay(id="a", title=title, text=text)


def outside(text: str, passages: tuple[Passage, ...]) -> str:
    """What stands in no passage."""
    ends = [0, *(passage.end for passage in passages)]
    starts = [*(passage.start for passage in passages), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


@QUICK
@given(TEXTS, TITLES)
@example("no punctuation here " * 500, "Another title")
@example("x" * 10_000, "Another title")
@example("👩‍👩‍👧" * 2_000, "Another title")
@example("- " + "item goes on " * 300, "Another title")
@example("# " + "long heading " * 300, "Another title")
@example("# A\n# B\n\n# C\n", "A")
@example("\n\n \n", "Another title")
@example("One.\r\nTwo.\r\n\r\nThree.\rFour.", "One.")
def test_passages_are_exact_ordered_and_complete(text: str, title: str) -> None:
    passages = split(essay(text, title))
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.text.strip()
    for before, after in pairwise(passages):
        assert before.end <= after.start
    assert not outside(text, passages).strip()
    assert len({passage.id for passage in passages}) == len(passages)


@QUICK
@given(TEXTS, TITLES)
def test_no_passage_crosses_a_section(text: str, title: str) -> None:
    found = sections(essay(text, title))
    assert "".join(text[section.start : section.end] for section in found) == text
    for passage in split(essay(text, title)):
        home = next(section for section in found if section.start <= passage.start < section.end)
        assert passage.end <= home.end
        assert passage.section == home.heading


@QUICK
@given(TEXTS, TITLES)
def test_sentences_lie_in_their_passage_in_order(text: str, title: str) -> None:
    for passage in split(essay(text, title)):
        at = passage.start
        for span in passage.sentences:
            assert at <= span.start < span.end <= passage.end
            assert span.of(text) == span.of(text).strip()
            at = span.end


@QUICK
@given(TEXTS)
@example("# Costs.\n\nCosts.\n\nMore on them. Costs.")
@example("===")
@example("| a | b |\n| --- | --- |")
@example("Foxes dig dens.\n\nFoxes dig dens.")
def test_sentences_lose_nothing_but_marks_headings_and_white_space(text: str) -> None:
    one = essay(text)
    kept = [span for passage in split(one) for span in passage.sentences]
    heads = {section.start: section.heading for section in sections(one)}
    at = 0
    for start, end in [*((span.start, span.end) for span in kept), (len(text), len(text))]:
        for line in re.findall(r"[^\n]+", text[at:start]):
            begins = text.index(line, at)
            is_heading = line.strip().endswith(heads.get(begins, "\n")) or re.match(r"[ \t]*#{1,6}[ \t]", line)
            of_head = "|" in line  # a table's head and the line below it stand with each row
            of_head = of_head or re.fullmatch(r"\s*=+\s*", line)  # what underlines a heading, or nothing
            assert is_heading or of_head or re.fullmatch(rf"\s*(?:{LIST_MARK}\s*)?", line), line
        at = end


@QUICK
@given(TEXTS)
def test_passages_are_short_enough_to_embed(text: str) -> None:
    assert all(len(passage.text) <= MAX_CHARS + 8 for passage in split(essay(text)))


@QUICK
@given(TEXTS)
def test_blocks_hold_all_that_is_seen(text: str) -> None:
    found = blocks(text, 0, len(text))
    seen = sum(len(re.sub(r"\s", "", block.of(text))) for block in found)
    assert seen == len(re.sub(r"\s", "", text))


def test_text_said_twice_is_two_passages_each_at_its_own_place() -> None:
    paragraph = "The same sentence stands here. " * 30
    passages = split(essay(f"{paragraph}\n\n{paragraph}"))
    assert [passage.start for passage in passages] == sorted({passage.start for passage in passages})
    assert len(passages) == 2


def test_a_sentence_longer_than_a_passage_is_cut_between_words() -> None:
    text = "unbroken stream of words " * 400
    pieces = [passage.text for passage in split(essay(text.strip()))]
    assert len(pieces) > 5
    assert " ".join(pieces) == text.strip()


def test_a_document_that_is_one_sentence_can_be_quoted() -> None:
    text = "A zebra's stripes confuse the biting horseflies."
    assert [span.of(text) for passage in split(essay(text, title=text)) for span in passage.sentences] == [text]


def test_a_paragraph_that_repeats_its_heading_can_be_quoted() -> None:
    text = "## Prompt first\n\nThe rule is old.\n\nPrompt first\n"
    quotable = [span.of(text) for passage in split(essay(text)) for span in passage.sentences]
    assert quotable == ["The rule is old.", "Prompt first"]


def test_a_table_stays_together() -> None:
    table = "| need | answer |\n| --- | --- |\n| facts | retrieval |\n| tone | prompting |"
    assert [passage.text for passage in split(essay(f"## Table\n\n{table}\n"))] == [f"## Table\n\n{table}"]


def test_short_blocks_of_a_section_share_a_passage() -> None:
    text = "## A\n\nOne.\n\nTwo.\n\n## B\n\nThree.\n"
    assert [passage.text for passage in split(essay(text))] == ["## A\n\nOne.\n\nTwo.", "## B\n\nThree."]


@pytest.mark.parametrize(
    "piece", ["x", "word ", "A sentence here. ", "Line\n", "- item\n", "A paragraph.\n\n", ". ", "#"]
)
def test_a_large_hostile_document_is_split_in_good_time(piece: str) -> None:
    """A second or two of work, where looking at the whole text again for each piece would take minutes."""
    text = piece * (50_000 // len(piece))
    started = time.process_time()
    passages = split(essay(text))
    assert time.process_time() - started < 8
    assert not outside(text, passages).strip()


def test_the_notes_are_split_whole() -> None:
    for one in load_corpus(load_settings()).essays:
        passages = split(one)
        assert not outside(one.text, passages).strip()
        assert len({passage.section for passage in passages}) > 5
        assert all(passage.sentences for passage in passages)
