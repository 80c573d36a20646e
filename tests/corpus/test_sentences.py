"""Where sentences end: after full stops that close them, and not after the others."""

import time

import pytest

from assistant.corpus.markup import Block, blocks, is_list_item
from assistant.corpus.splitting import sentences


def cut(text: str) -> list[str]:
    """The sentences of a text, as texts."""
    return [span.of(text) for block in blocks(text, 0, len(text)) for span in sentences(text, block)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ("Ask, e.g. the vendor. Then wait.", ["Ask, e.g. the vendor.", "Then wait."]),
        ("See Fig. 3 vs. Table 2. Done.", ["See Fig. 3 vs. Table 2.", "Done."]),
        ("Prof. A. B. Smith et al. Found it.", ["Prof. A. B. Smith et al. Found it."]),
        ("It costs 3.5 dollars. Version 2.0.1 is out.", ["It costs 3.5 dollars.", "Version 2.0.1 is out."]),
        ('"Stop." She left. (Why?) Nobody knew.', ['"Stop."', "She left.", "(Why?)", "Nobody knew."]),
        ("Really?! Yes... no. Fine", ["Really?!", "Yes... no.", "Fine"]),
        ("We said no. Then yes.", ["We said no.", "Then yes."]),
        ("See no. 7 there. Next.", ["See no. 7 there.", "Next."]),
        ("So do I. You too.", ["So do I.", "You too."]),
        ("Visit example.com. Then go.", ["Visit example.com.", "Then go."]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("هل هذا سؤال؟ نعم", ["هل هذا سؤال؟", "نعم"]),
        ("यह वाक्य है। दूसरा वाक्य।", ["यह वाक्य है।", "दूसरा वाक्य।"]),
        ("Brillen sind z. B. an der Säge Pflicht. Nur dort.", ["Brillen sind z. B. an der Säge Pflicht.", "Nur dort."]),
        ("Das gilt d. h. Wer es liest, weiß es. Gut.", ["Das gilt d. h. Wer es liest, weiß es.", "Gut."]),
        (
            "Vgl. Abschnitt 3 bzw. Nr. 4 i. d. R. genügt. Ende.",
            ["Vgl. Abschnitt 3 bzw. Nr. 4 i. d. R. genügt.", "Ende."],
        ),
        ("Er kam am 3. August. Sie am 12. März 2024.", ["Er kam am 3. August.", "Sie am 12. März 2024."]),
        ("It rose to 12. August was worse.", ["It rose to 12.", "August was worse."]),
        ("The path was marked by J. R. Smith. He left.", ["The path was marked by J. R. Smith.", "He left."]),
        (
            "每位读者最多可以借阅十二本书。借期为三十天！可以吗？“可以。”好。",
            ["每位读者最多可以借阅十二本书。", "借期为三十天！", "可以吗？", "“可以。”", "好。"],
        ),
        ("no punctuation at all", ["no punctuation at all"]),
        ("👩‍👩‍👧 came. 👍🏽 Good.", ["👩‍👩‍👧 came.", "👍🏽 Good."]),
        ("", []),
        (" \n\t\n ", []),
        ("...", ["..."]),
    ],
)
def test_cuts(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_wrapped_lines_are_one_sentence() -> None:
    assert cut("A sentence that\nwraps twice\nends here. Next") == ["A sentence that\nwraps twice\nends here.", "Next"]


def test_list_items_are_apart_and_lose_their_marks() -> None:
    assert cut("Try:\n- one thing\n* another\n  3. a third\n(4) a fourth") == [
        "Try:",
        "one thing",
        "another",
        "a third",
        "a fourth",
    ]


def test_a_heading_is_no_sentence() -> None:
    assert cut("# Head.\nBody text\n## Next\nMore") == ["Body text", "More"]


@pytest.mark.parametrize("line", ["- a", "* a", "  • a", "1. a", "12) a", "(3) a"])
def test_lines_that_open_an_item(line: str) -> None:
    assert is_list_item(line)


@pytest.mark.parametrize("line", ["-5 degrees", "2024. was", "a - b", "3.5 is more", "*bold* text", "-"])
def test_lines_that_open_none(line: str) -> None:
    assert not is_list_item(line)


def test_blocks_of_a_part_stay_inside_it() -> None:
    text = "before\n\nfirst block\n\nsecond block\n\nafter"
    start, end = text.index("first"), text.index("after")
    assert blocks(text, start, end) == [
        Block(start=start, end=start + len("first block")),
        Block(start=text.index("second"), end=text.index("second") + len("second block")),
    ]


@pytest.mark.parametrize("piece", [".", "!?", ". ", "A. ", '."', "word ", "e.g. ", "(1) ", "\n-", '"'])
def test_a_hostile_line_takes_no_longer_than_its_length(piece: str) -> None:
    """A fifth of a second of work, where trying every start anew would take minutes."""
    longer = piece * (80_000 // len(piece)) + "x"
    started = time.process_time()
    cut(longer)
    assert time.process_time() - started < 3
