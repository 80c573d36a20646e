"""What the offline reader understands, and what it leaves unknown."""

from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.patterns import load_patterns
from assistant.advice.reading import corrected, describes_a_situation, read
from assistant.advice.situation import known
from assistant.errors import ConfigurationError, InputError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("We have 2k labelled emails.", {"labelled_examples": 2000}),
        ("We only have a few hundred examples.", {"labelled_examples": 300}),
        ("We don't have any labelled data.", {"labelled_examples": 0}),
        ("We put six clean examples in the prompt.", {"label_quality": "clean"}),
        ("Our 750 noisy labels are all there is.", {"labelled_examples": 750, "label_quality": "noisy"}),
        ("Our labels are not clean.", {}),
        ("It passes 8 out of 10 cases and legal wants 95 percent.", {"pass_rate": 0.8, "target_pass_rate": 0.95}),
        ("Claims triage, prompt at 88%.", {"pass_rate": 0.88}),
        ("It fails 42% of the time.", {"pass_rate": 0.58}),
        ("Our fine-tuned model scores 91%, the plain one reaches 88%.", {"pass_rate": 0.88}),
        ("It scores 70% on invoices. It scores 80% on letters.", {}),
        ("We have no eval set.", {"has_eval": False}),
        ("We don't have an eval.", {"has_eval": False}),
        ("We built a test set.", {"has_eval": True}),
        ("Should we build an eval first?", {}),
        ("Do we need an eval?", {}),
        ("The taxonomy is revised every quarter.", {"changes": "quarterly"}),
        ("The rules hardly ever change.", {"changes": "yearly"}),
        ("The provider's model changes every month.", {}),
        ("We answer 20,000 questions a month.", {"queries_per_month": 20000}),
        ("We get 1.5M requests a day.", {"queries_per_month": 45_000_000}),
        ("It saves $4,000 a month.", {"saving_per_month": 4000}),
        ("A call costs $0.01, tuned $0.004 a call.", {"query_price": 0.01, "tuned_query_price": 0.004}),
        ("Suppose we had 2,500 good ones.", {"labelled_examples": 2500, "label_quality": "clean"}),
        ("We had 3 outages.", {}),
        ("No, we have 3,000 labelled tickets.", {"labelled_examples": 3000}),
        ("It returns markdown instead of JSON.", {"fails": ["format"]}),
        ("Training would set us back 12,000 dollars.", {"training_cost": 12000}),
        ("A tuned model costs $2 per million tokens.", {"tuned_price": 2}),
        ("Each call is a 3,000-token prompt.", {"tokens_per_query": 3000}),
        ("Answers take 4 seconds, we need under 800 ms.", {"fails": ["latency"], "latency_budget_ms": 800}),
        ("It is not too slow.", {}),
        ("It hallucinates prices.", {"fails": ["knowledge"]}),
        ("We don't know.", {}),
        ("GDPR forbids sending it to a third-party API.", {"hosting": "private", "compliance": ["gdpr"]}),
        ("It must run on the device.", {"hosting": "on-device"}),
        ("Nobody is named for evals or releases.", {"owners": {"evals": False, "releases": False}}),
        ("We tried few-shot examples and RAG.", {"tried": ["examples-in-context", "retrieval"], "tried_is_all": False}),
        ("So far we only polished the prompt.", {"tried": ["better-prompt"]}),
        ("Should we try retrieval?", {}),
        ("Is it worth it?", {}),
    ],
)
def test_what_is_said_is_read_and_no_more(text: str, said: dict[str, object]) -> None:
    assert known(read(text).situation) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("We haven't tried RAG.", {}),
        ("We have never, to be honest, tried RAG.", {}),
        ("Neither prompts nor RAG were tried.", {}),
        ("We tried everything except retrieval.", {}),
        ("We tried prompts, not yet RAG.", {"tried": ["better-prompt"], "tried_is_all": False}),
        ("We plan to start with RAG.", {}),
        ("We do not have 5000 labelled examples.", {}),
        ("We have -5 labelled examples.", {}),
        ("We have 200-300 labelled examples.", {}),
        ("We used to have 500 labelled examples but lost them all.", {}),
        ("We had 500 labelled examples but lost them.", {}),
        ("If we had 5000 labelled examples, should we train?", {}),
        ("No, we have 5000 labelled examples.", {"labelled_examples": 5000}),
        ("We have no labelled examples.", {"labelled_examples": 0}),
        ("5000 labelled examples is what we do not have.", {}),
        ("We have 90 labelled cats and do not have an eval.", {"labelled_examples": 90, "has_eval": False}),
        ("We have no eval but 5000 labelled examples.", {"has_eval": False, "labelled_examples": 5000}),
        ("We are not under HIPAA.", {}),
        ("HIPAA does not apply to us.", {}),
        ("We are under HIPAA, not GDPR.", {"compliance": ["hipaa"]}),
        ("The labels do not change weekly.", {}),
        ("It is not true that our labels never change.", {}),
        ("Our rules have not changed in years.", {"changes": "yearly"}),
        ("We don't have 2 million queries a month.", {}),
        ("Answers must come in no more than 300 ms.", {"latency_budget_ms": 300}),
    ],
)
def test_what_is_denied_is_not_read(text: str, said: dict[str, object]) -> None:
    assert known(read(text).situation) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Our pass rate fell from 95% to 60%.", {"pass_rate": 0.6}),
        ("Our pass rate rose to 80%.", {"pass_rate": 0.8}),
        ("We want the pass rate to go from 60% to 90%.", {}),
        ("Our pass rate fell by 20%.", {}),
        ("Prompting does not reach 95%.", {}),
        ("It must reach 95%.", {"target_pass_rate": 0.95}),
        ("The pass rate is between 40% and 60%.", {}),
        ("It passes 40-60%.", {}),
        ("Our pass rate is 30% and also 95%.", {}),
        ("It passes 82% and 90% is enough.", {"pass_rate": 0.82, "target_pass_rate": 0.9}),
    ],
)
def test_a_pass_rate_is_the_one_there_is_now_or_none(text: str, said: dict[str, object]) -> None:
    assert known(read(text).situation) == said


def test_each_phrase_points_at_its_words() -> None:
    text = "Hello! We have 200 labelled tickets; our categories change monthly. Should we train?"
    phrases = {phrase.field: phrase for phrase in read(text).understood}
    assert phrases["labelled_examples"].value == 200
    assert phrases["changes"].text == "change monthly"
    for phrase in phrases.values():
        assert text[phrase.start : phrase.end].strip() == phrase.text


def test_phrases_that_disagree_leave_the_field_unknown_and_unclaimed() -> None:
    reading = read("Labels change weekly. Labels change monthly.")
    assert known(reading.situation) == {}
    assert reading.understood == ()


def test_an_impossible_figure_is_left_out() -> None:
    assert known(read("We serve 0 different tasks and have 40 clean examples.").situation) == {
        "labelled_examples": 40,
        "label_quality": "clean",
    }


@settings(deadline=None)  # other work on the machine is no failure
@given(st.text(max_size=300))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    for phrase in read(text).understood:
        assert 0 <= phrase.start < phrase.end <= len(text)


@pytest.mark.parametrize(
    "piece", ["9", "9,", "keeps doing ", "we own data, ", "owners for a", "100 clean ", "a ", "90% of our "]
)
def test_a_long_text_is_read_in_good_time(piece: str) -> None:
    began = process_time()
    read((piece * 4000)[:4000])
    assert process_time() - began < 10


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("We have 200 labelled tickets and our categories change monthly, should we fine-tune?", True),
        ("Our bot is bad. Should we fine-tune it?", True),
        ("I run a shop with 3,000 clean examples. Is training worth it?", True),
        ("What does fine-tuning on 500 examples cost?", False),
        ("How many labelled examples do we need?", False),
        ("Should we fine-tune?", False),
        ("What is a pass rate of 0.9 in Dumitru's gate, when we have 200 labelled tickets and no eval?", False),
        ("According to DevX, should our team fine-tune with 300 labelled tickets that change weekly?", False),
        ("We pay $3 per million tokens. Is it true that caching cuts that?", False),
        ("", False),
    ],
)
def test_a_situation_tells_ones_own_case_and_asks_what_to_do(text: str, is_one: bool) -> None:
    assert describes_a_situation(text) is is_one


def test_what_is_stated_corrects_what_was_read_and_null_takes_it_back() -> None:
    reading = read("We have 200 labelled tickets, categories change monthly. We tried a better prompt.")
    assert known(reading.situation)["tried_is_all"] is False
    found = corrected(reading, {"labelled_examples": 4000, "changes": None, "tried": ["retrieval"]})
    assert known(found.situation) == {"labelled_examples": 4000, "tried": ["retrieval"]}
    assert found.understood == reading.understood
    opened = corrected(reading, {"tried": ["retrieval"], "tried_is_all": False})
    assert opened.situation.tried_is_all is False
    assert corrected(reading, {"labelled_examples": 4000}).situation.tried_is_all is False


def test_what_is_stated_has_to_fit_its_field() -> None:
    with pytest.raises(InputError, match="pass_rate can't be used"):
        corrected(read(""), {"pass_rate": 82})


@pytest.mark.parametrize("text", ["[", "records: 3", "owner: x\nwords: {}\n"])
def test_wrong_patterns_are_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "reading.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"reading\.yaml"):
        load_patterns(path)
