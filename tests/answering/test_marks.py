"""Marks in what a model writes: found in every common form, given to the right sentence, however it streams."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.answering import drafting
from assistant.answering.drafting import parse, parse_stream

PIECES = st.sampled_from(
    [
        "One fact",
        " stands",
        ".",
        ". ",
        " here",
        "! ",
        "? ",
        " [1]",
        "[2]",
        "[3, 4]",
        " [5-7]",
        "【8】",
        " (9)",
        "(10).",
        " [",
        "]",
        "(",
        ")",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "## Heading",
        "# ",
        "e.g. ",
        " no. 5",
        " 3.5",
        "Next",
        " and",
        ", ",
        "[source 3]",
        "…",
        '"Quoted." ',
        "x[0] ",
        "(see 4)",
        "12",
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@pytest.mark.parametrize(
    "marked",
    [
        "It costs more. [1][2]",
        "It costs more [1][2].",
        "It costs more. [1, 2]",
        "It costs more [1; 2].",
        "It costs more. [1-2]",
        "It costs more. [1–2]",
        "It costs more. [1] [2]",
        "It costs more [1], [2].",
        "It costs more. 【1】【2】",
        "It costs more. (1) (2)",
        "It costs more (1, 2).",
        "It [1] costs more. [2]",
        "It costs more.[1][2]",
        "It costs more. [Source 1][Passage 2]",
        "It costs more [1]. [2]",
    ],
)
def test_every_form_of_mark_is_read(marked: str) -> None:
    (sentence,) = parse(marked)
    assert sentence.numbers == (1, 2)
    assert [mark for mark in "[]()【】12" if mark in sentence.text] == []
    assert sentence.text.startswith("It costs more")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("One. [1] Two. [2] Three.", [(1,), (2,), ()]),
        ("One [1]. Two [2].", [(1,), (2,)]),
        ("One. Two. [1]", [(), (1,)]),
        ("[1] One. Two.", [(), ()]),
        ("- One [1]\n- Two [2]", [(1,), (2,)]),
        ("One.\n[1]\n\nTwo.", [(1,), ()]),
        ("One. (1) Two. (2)", [(1,), (2,)]),
        ("One. [3-5] Two. [1-100] Three. [9-7]", [(3, 4, 5), (1, 100), (9, 7)]),
        ("One. [1][1][1]", [(1,)]),
    ],
)
def test_a_mark_belongs_to_the_sentence_before_it(text: str, numbers: list[tuple[int, ...]]) -> None:
    assert [sentence.numbers for sentence in parse(text)] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "Weigh (1) cost and (2) speed.",
        "Pan (2026) agrees.",
        "Use x[0]y here.",
        "See [the notes].",
        "Fill [ ].",
        "Half [of",
        "It is [12345].",
        "A [1x].",
    ],
)
def test_what_is_no_mark_stays_in_the_text(text: str) -> None:
    (sentence,) = parse(text)
    assert (sentence.text, sentence.numbers) == (text, ())


def test_headings_are_left_out_with_what_they_say() -> None:
    first, second = parse("# Answer\nOne. [1]\n\n## More [9]\n\n- Two. [2]")
    assert (first.lead, first.text, second.lead, second.text) == ("", "One.", "\n\n- ", "Two.")


def test_paragraphs_and_lists_keep_their_shape() -> None:
    assert [sentence.lead for sentence in parse("One.\n\nTwo. Three.\n1. Four.\n2. Five.")] == [
        "",
        "\n\n",
        " ",
        "\n1. ",
        "\n2. ",
    ]


@pytest.mark.parametrize("text", ["", " \n ", "# Only a heading", "[1]", "[1][2]"])
def test_a_text_without_sentences_has_none(text: str) -> None:
    assert parse(text) == []
    assert list(parse_stream([text])) == []


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.randoms(use_true_random=False))
@example("One. (1) Two. 【2】 Three.", None)
@example("One.\n(1)\nTwo. [3", None)
@example(".\n## Heading【8】", None)
def test_streaming_in_any_pieces_reads_the_same(text: str, random) -> None:
    pieces, at = [], 0
    while at < len(text):
        size = random.randint(1, 6) if random is not None else 1
        pieces.append(text[at : at + size])
        at += size
    assert list(parse_stream(pieces)) == parse(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drafting, "SETTLED", 0)
        assert list(parse_stream(pieces)) == parse(text)


@pytest.mark.parametrize(
    "piece",
    ["It costs weeks. [1] ", "- a b\n", "a. ", "e.g. b ", "aaaa", "[[[[", "((((", "It [1] costs. ", "!!!", "\n"],
)
def test_the_work_is_linear_in_the_pieces(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in the characters looked at, so that a busy machine changes nothing."""
    read = 0
    placed = drafting._placed

    def counting(text: str):
        nonlocal read
        read += len(text)
        return placed(text)

    monkeypatch.setattr(drafting, "_placed", counting)
    pieces = [piece] * 1000
    assert list(parse_stream(pieces)) == parse("".join(pieces))
    assert read < 2_000_000 * len(piece) / 4


@pytest.mark.parametrize(("text", "kept"), [("One. [1] Two thi", 1), ("One. [1] Two.", 2), ("One. [1] “Two.”", 2)])
def test_the_last_sentence_of_a_text_that_was_cut_is_left_out(text: str, kept: int) -> None:
    assert len(list(parse_stream([text], lambda: True))) == kept


def test_a_sentence_is_given_as_soon_as_the_next_begins() -> None:
    seen: list[int] = []

    def pieces():
        for number, piece in enumerate(["One", ". [1]", " T", "wo. ", "[2]"]):
            seen.append(number)
            yield piece

    stream = parse_stream(pieces())
    assert next(stream).text == "One."
    assert seen == [0, 1, 2]
