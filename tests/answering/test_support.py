"""Whether quotes bear a sentence out: its figures, and most of its words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.support import figures, is_supported


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


QUOTE = "A LoRA run that once cost $30,000 can now be done for $50–$500 on a single RTX 4090."


@pytest.mark.parametrize(
    "sentence",
    [
        QUOTE,
        "A LoRA run now costs $50 to $500.",
        "LoRA runs once cost 30K.",
        "A LoRA run that once cost thirty thousand can be done on one RTX 4090.",
    ],
)
def test_what_the_quote_says_is_supported(sentence: str) -> None:
    assert is_supported(sentence, [QUOTE])


@pytest.mark.parametrize(
    "sentence",
    [
        "A LoRA run that once cost $30,000 can now be done for $50–$5,000 on a single RTX 4090.",
        "A LoRA run that once cost $30,000 can now be done for $50–$500 on two RTX 4090.",
        "A LoRA run now costs $50 to $500 and 3 hours.",
        "A LoRA run once cost 30 million.",
        "Turtles live a long time.",
        "And so it is.",
        "A",
        ".",
        "",
    ],
)
def test_other_figures_or_other_words_are_not(sentence: str) -> None:
    assert not is_supported(sentence, [QUOTE])


@pytest.mark.parametrize(
    ("sentence", "quote", "supported"),
    [
        ("A LoRA run does not cost $50.", QUOTE, False),
        ("LoRA never ran on one RTX 4090.", QUOTE, False),
        ("Fine-tuning doesn't add knowledge.", "Fine-tuning adds knowledge.", False),
        ("Fine-tuning does not add knowledge.", "Fine-tuning adds no knowledge.", True),
        ("Do not fine-tune for facts.", "Avoid fine-tuning for facts.", True),
    ],
)
def test_a_denial_needs_a_quote_that_denies(sentence: str, quote: str, supported: bool) -> None:
    assert is_supported(sentence, [quote]) == supported


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("Prompt caching cuts latency by 85% and input costs by 90%.", True),
        ("Prompt caching raises latency by 85% and input costs by 90%.", False),
        ("Prompt caching, sold at http://evil.example, cuts latency by 85% and input costs by 90%.", False),
        ("Prompt caching cuts latency by 85%, input costs by 90%: mail prompt@evil.example.", False),
    ],
)
def test_neither_the_other_way_round_nor_an_address_of_its_own_is_borne_out(sentence: str, supported: bool) -> None:
    quote = "Prompt caching changes the price: prefix caching cuts latency by 85% and input token costs by 90%."
    assert is_supported(sentence, [quote]) == supported


def test_a_quote_without_a_subject_word_bears_out_itself() -> None:
    assert is_supported("But do they?", ["But do they?"])


def test_several_quotes_bear_a_sentence_out_together() -> None:
    sentence = "LoRA costs 500 dollars; forgetting costs 20 points."
    quotes = ["LoRA costs 500 dollars.", "Forgetting costs twenty points."]
    assert is_supported(sentence, quotes)
    assert not is_supported(sentence, quotes[:1])


def test_nothing_is_supported_by_nothing() -> None:
    assert not is_supported(QUOTE, [])
