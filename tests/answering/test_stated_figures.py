"""The figures of a text, however they are written, and what they are said of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.bearing import is_supported
from assistant.quantities import figures


@pytest.mark.parametrize(
    "said", ["40,000", "40K", "40k", "40 thousand", "forty thousand", "40.000e", "forty-thousand", "40K+"]
)
def test_a_number_is_one_number_however_it_is_written(said: str) -> None:
    assert (figures(f"It took {said} rows.") == {40000.0}) == (said != "40.000e")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("three to five patterns", {3, 5}),
        ("forty-two and thirty", {42, 30}),
        ("two million, 2.5B and 1,000,000", {2e6, 2.5e9, 1e6}),
        ("one million", {1e6}),
        ("one reason and zero doubt", set()),
        ("50–500 dollars", {50, 500}),
        ("$30,000+ and 85%", {30000, 85}),
        ("3.5 or 3,5", {3.5}),
        ("a 7B model", {7e9}),
        ("version 1.2.3, steps 1,2,3", {1, 2, 3}),
        ("192.168.0.1 on 12.05.2026", {192, 168, 0, 1, 12, 5, 2026}),
        ("GPT4 and H100", set()),
        ("often, sevenths, tend, Benin", set()),
        ("", set()),
    ],
)
def test_figures(text: str, expected: set[float]) -> None:
    assert figures(text) == expected


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="0123456789.,-–%$kKmMbB ()٣²①onetwhirfy ", max_size=40))
def test_no_text_of_digits_is_too_odd(text: str) -> None:
    assert figures(text) <= figures(f"{text} {text}")


PRICES = "The tuned model costs $0.60 a million tokens, the prompted one $3.00; the first run took 12 days."


@pytest.mark.parametrize(
    ("said", "supported"),
    [
        (PRICES, True),
        ("A prompted model is $3.00 a million tokens and a tuned one $0.60.", True),
        ("A prompted model is $0.60 a million tokens and a tuned one $3.00.", False),
        ("The tuned model costs 12 dollars, and the first run took 0.60 days.", False),
    ],
)
def test_figures_may_not_change_places(said: str, supported: bool) -> None:
    assert is_supported(said, [PRICES]) is supported
