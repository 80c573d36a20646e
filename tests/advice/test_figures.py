"""Numbers as people write them."""

import re

import pytest

from assistant.advice.situation import MONEY, NUMBER, PERCENT, number, plain, share


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200", 200), ("2k", 2_000), ("40,000", 40_000), ("1.5M", 1_500_000), ("4 million", 4_000_000),
        ("$30,000", 30_000), ("a few hundred", 300), ("a couple of thousand", 2_000), ("ten", 10), ("30 bn", 30e9),
        ("0.6", 0.6), ("12 apples", 12), ("fifty thousand", 50_000), ("many", None), ("", None), ("-5", -5),
    ],
)  # fmt: skip
def test_amounts(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("94%", 0.94), ("95 percent", 0.95), ("nine in ten", 0.9), ("8 out of 10", 0.8), ("0.82", 0.82), ("82", None),
        ("140%", None), ("3 in 0", None), ("ten in nine", None),
    ],
)  # fmt: skip
def test_shares(text: str, value: float | None) -> None:
    assert share(text) == value


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (NUMBER, "we have 40,000 of them", ["40,000"]),
        (NUMBER, "gpt4, v200 and x1.5", []),
        (NUMBER, "about 2k, then 1.5M", ["2k", "1.5M"]),
        (PERCENT, "from 61% to nine in ten", ["61%", "nine in ten"]),
        (MONEY, "$3,000 or 500 dollars, not 20 apples", ["$3,000", "500 dollars"]),
    ],
)
def test_patterns_find_whole_amounts(pattern: str, text: str, found: list[str]) -> None:
    assert [match[0] for match in re.finditer(pattern, text, re.IGNORECASE)] == found


def test_numbers_for_people() -> None:
    assert [plain(value) for value in (1_000_000, 93.0, 0.5, 12.3456)] == ["1,000,000", "93", "0.5", "12.35"]
