"""Facts are found in the words people use, numbers as numbers, and a wrong number is never the right one."""

import pytest

from assistant.evaluation.facts import facts_score


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("30 s", "It took thirty seconds."),
        ("30 seconds", "It took 30s."),
        ("thirty seconds", "within half a minute, that is 0.5 minutes"),
        ("90%", "ninety percent of them"),
        ("20%", "between 20–40% of the cost"),
        ("20–40%", "20 to 40 percent"),
        ("40,000", "some 40K examples"),
        ("40K", "forty thousand examples"),
        ("$170K", "it costs $170,000 a year"),
        ("5 million tokens", "after 5,000,000 tokens"),
        ("0.9", "above .9 you ship"),
        ("6 months", "within half of one year, six months"),
        ("1 month", "It takes one month."),
        ("200", "two hundred of them"),
        ("16", "fell by sixteen points [3]"),
        (r"18[,. ]?000", "18K tubes"),
        (r"\b(10|ten)\+? ?(billion|b)\b", "10+ billion tokens"),
        ("edvac", "the EDVAC design"),
        (("no such word", "oaks?"), "An oak."),
    ],
)
def test_a_fact_is_found_however_it_is_put(fact: str, said: str) -> None:
    assert facts_score((fact,), said).value == 1.0


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("16", "fell by 160 points"),
        ("16", "fell by 1.6 points"),
        ("16", "an answer with a marker [16]"),
        ("30 s", "thirty minutes"),
        ("30 s", "30 servers"),
        ("90%", "90 of them"),
        ("5.7", "5x7"),
        ("40K", "40 examples"),
        ("20–40%", "20 to 30 percent"),
        ("1", "one might say so"),
        ("5 million tokens", "15,000,000 tokens"),
    ],
)
def test_another_number_is_not_the_fact(fact: str, said: str) -> None:
    assert facts_score((fact,), said).value == 0.0


def test_the_score_is_the_share_stated_and_the_reason_names_what_is_missing() -> None:
    score = facts_score(("40", ("oak", "tree"), "iron"), "The oak is 40 metres tall.")
    assert score.value == pytest.approx(2 / 3)
    assert score.reason == "missing: 'iron'"


def test_without_wanted_facts_there_is_no_score() -> None:
    assert facts_score((), "anything").value is None
