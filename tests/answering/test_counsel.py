"""A question that tells of the asker's own case: the essays' framework answers it."""

from collections.abc import Callable

import pytest
from chat_server import ChatServer

from assistant.answering.pipeline import Pipeline
from assistant.answering.stages import Done, Token
from assistant.errors import InputError
from assistant.evaluation.saying import supported
from assistant.types import Answer, StageTrace, Turn

TICKETS = "200 labelled tickets, categories change monthly, should we fine-tune?"
Modelled = Callable[..., Pipeline]


def answered(pipeline: Pipeline, question: str, *said: str) -> Answer:
    history = [Turn(role="user" if i % 2 == 0 else "assistant", content=text) for i, text in enumerate(said)]
    *events, done = pipeline.stream(question, history)
    assert isinstance(done, Done)
    assert "".join(event.text for event in events if isinstance(event, Token)) == done.answer.answer
    return done.answer


def advice(answer: Answer) -> StageTrace:
    (stage,) = [stage for stage in answer.trace if stage.stage == "advise"]
    return stage


def test_a_case_gets_the_verdict_with_each_sentence_cited(extractive: Pipeline) -> None:
    answer = answered(extractive, TICKETS)
    assert not answer.abstained
    assert answer.answer.startswith("No. Examples in the prompt first. Don't fine-tune for now.\n\n- ")
    assert "fewer than 500 quality examples" in answer.citations[0].quote
    for citation in answer.citations:
        essay = extractive.index.essays[citation.source_id]
        assert essay.text[citation.start : citation.end] == citation.quote
    assert [c.marker for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert {m for claim in answer.claims for m in claim.markers} == {c.marker for c in answer.citations}
    assert supported(answer).value == 1.0
    assert answer.passages


def test_it_shows_what_it_understood_and_how_to_correct_it(extractive: Pipeline) -> None:
    notice = answered(extractive, TICKETS).notices[0]
    assert notice.startswith("Understood: labelled examples: 200 (“200 labelled tickets”) · changes: monthly")
    assert notice.endswith("If that is wrong or not all, say so.")


def test_a_share_is_told_as_a_percentage(extractive: Pipeline) -> None:
    notice = answered(extractive, f"Our prompt passes 82% of our tests. {TICKETS}").notices[0]
    assert "pass rate: 82% (" in notice


def test_a_correction_of_what_was_tried_may_make_the_list_whole(extractive: Pipeline) -> None:
    told = f"We tried retrieval. {TICKETS}"
    first = answered(extractive, told)
    assert advice(first).detail["understood"]["tried_is_all"] is False  # type: ignore[index]
    corrected = answered(extractive, "No, we only reworked the prompt.", told, first.answer)
    understood = advice(corrected).detail["understood"]
    assert understood == {"labelled_examples": 200, "changes": "monthly", "tried": ["better-prompt"]}


def test_a_correction_changes_the_verdict_and_keeps_the_rest(extractive: Pipeline) -> None:
    first = answered(extractive, TICKETS)
    corrected = answered(extractive, "No, we have 3,000 labelled tickets.", TICKETS, first.answer)
    assert advice(corrected).detail["understood"] == {"labelled_examples": 3000, "changes": "monthly"}
    assert "fewer than 500" not in corrected.answer


def test_where_too_little_is_known_for_a_verdict_the_essays_answer_and_more_is_asked_for(extractive: Pipeline) -> None:
    answer = answered(extractive, "We are a hospital and HIPAA forbids an API. Is fine-tuning our own model an option?")
    assert "advise" not in {stage.stage for stage in answer.trace}
    assert "self-hosted fine-tuned model is sometimes the only option" in answer.answer
    assert any(notice.startswith("Understood: hosting: private") for notice in answer.notices)
    assert any("say more of it" in notice for notice in answer.notices)


def test_where_little_is_known_of_a_case_the_essays_answer_the_question_in_it(extractive: Pipeline) -> None:
    answer = answered(
        extractive,
        "Insurance company here. Claims must come out as strict JSON, other software reads it automatically, and with "
        "prompting alone it keeps slipping out of shape. Is this a fair case for fine-tuning?",
    )
    assert "format" in answer.answer
    assert len([notice for notice in answer.notices if notice.startswith("Understood: fails: format")]) == 1


@pytest.mark.parametrize(
    "asked", ["Which GPU should we buy?", "What should we pay our annotators?", "How do we set up a load balancer?"]
)
def test_a_case_that_ends_in_another_question_gets_no_verdict(extractive: Pipeline, asked: str) -> None:
    answer = answered(extractive, f"We have 200 labelled examples and our categories change monthly. {asked}")
    assert "advise" not in {stage.stage for stage in answer.trace}


@pytest.mark.parametrize(
    "question", ["What is LoRA?", "And what does prefix caching save?", "How many examples does LIMA need?"]
)
def test_another_question_after_a_case_is_answered_from_the_essays(extractive: Pipeline, question: str) -> None:
    answer = answered(extractive, question, TICKETS, "Examples in the prompt first.")
    assert "advise" not in {stage.stage for stage in answer.trace}


def test_the_verdict_is_data_with_what_was_understood_and_what_would_help(extractive: Pipeline) -> None:
    first = answered(extractive, TICKETS)
    assert first.case
    assert (first.case.verdict, first.case.rung, first.case.number, first.case.rungs) == (
        "no",
        "examples-in-context",
        2,
        8,
    )
    assert first.answer.startswith(f"No. {first.case.headline}")
    assert first.citations[0].marker == first.case.deciding
    assert next((fact.name, fact.told, fact.phrase) for fact in first.case.facts) == (
        "labelled examples", "200", "200 labelled tickets",
    )  # fmt: skip
    assert not {fact.field for fact in first.case.missing} & {fact.field for fact in first.case.facts}
    assert set(first.case.in_words) <= set(first.notices)
    assert answered(extractive, "What is LoRA?").case is None


def test_a_fact_stated_by_its_name_changes_the_case_and_says_what_stood_there_before(extractive: Pipeline) -> None:
    first = answered(extractive, TICKETS)
    changed = answered(
        extractive, "Labelled examples: 4,000; tried: better-prompt; owners.data: yes", TICKETS, first.answer
    )
    assert changed.case
    facts = {fact.name: (fact.told, fact.before) for fact in changed.case.facts}
    assert facts["labelled examples"] == ("4,000", "200")
    assert facts["tried"] == ("better-prompt", "unknown")
    assert facts["data owned"] == ("yes", "unknown")
    assert facts["changes"] == ("monthly", None)
    assert changed.answer.startswith("With labelled examples 4,000 (was 200), ")
    said = (TICKETS, first.answer, "Labelled examples: 4,000; tried: better-prompt; owners.data: yes", changed.answer)
    last = answered(extractive, "Changes: unknown", *said)
    assert last.case
    assert [(f.told, f.before) for f in last.case.facts if f.name == "changes"] == [("unknown", "monthly")]
    with pytest.raises(InputError, match="Labelled examples can't be 'lots'"):
        answered(extractive, "Labelled examples: lots", TICKETS, first.answer)


def test_four_facts_want_a_verdict_and_fewer_are_kept_for_one(extractive: Pipeline) -> None:
    many = "5 million calls a month on one stable task, 3,000 clean labels, p95 is too high. Train?"
    decided = answered(extractive, many).case
    assert decided
    assert decided.decided
    so_far = answered(
        extractive, "We are a hospital and HIPAA forbids an API. Is fine-tuning our own model an option?"
    ).case
    assert so_far
    assert not so_far.decided
    assert [fact.field for fact in so_far.facts] == ["hosting", "compliance"]


@pytest.fixture
def with_large_model(with_model: Modelled) -> Modelled:
    """A pipeline with a model that is not taken for a small one."""

    def make() -> Pipeline:
        pipeline = with_model()
        assert pipeline.model is not None
        pipeline.model.small = False
        return pipeline

    return make


def test_a_case_that_is_supposed_otherwise_is_the_same_case_changed(extractive: Pipeline) -> None:
    first = answered(extractive, TICKETS)
    answer = answered(extractive, "ok now suppose we had 6000 and the categories were fixed", TICKETS, first.answer)
    assert answer.answer.startswith("With labelled examples 6,000 (was 200), changes yearly (was monthly): ")


@pytest.mark.parametrize(
    ("prices", "opens"),
    [
        ("$0.004 a request, a tuned 7B $0.0006 a request", "Yes. Break-even after 0.392 months"),
        ("$0.02 a request, a tuned one would be $0.0199 a request", "No. Break-even after 13.3 months"),
        ("$0.02 a request, a tuned one would be $0.03 a request", "No. It never breaks even"),
    ],
)
def test_prices_of_a_query_give_the_break_even(extractive: Pipeline, prices: str, opens: str) -> None:
    case = f"We get 500,000 requests a day at {prices}. Training costs $20,000. Worth it?"
    assert answered(extractive, case).answer.startswith(opens)


def test_a_small_model_reads_no_case(server: ChatServer, with_model: Modelled) -> None:
    assert advice(answered(with_model(), TICKETS)).detail["read_by"] == "rules"
    assert server.requests == []


def test_a_chat_model_reads_the_case_by_calling_a_typed_tool(server: ChatServer, with_large_model: Modelled) -> None:
    server.filled = {"labelled_examples": 200, "changes": "monthly", "fails": ["style"], "tasks": 40}
    answer = answered(with_large_model(), TICKETS)
    (request,) = server.requests
    assert "labelled_examples" in request["tools"][0]["function"]["parameters"]["properties"]
    understood = advice(answer).detail["understood"]
    assert understood == {"fails": ["style"], "labelled_examples": 200, "changes": "monthly"}  # nobody said 40
    assert advice(answer).detail["read_by"] == "openai:local"


@pytest.mark.parametrize("filled", [None, {"has_eval": "perhaps"}, {"colour": "red"}])
def test_where_the_model_reads_no_case_the_rules_do(
    server: ChatServer, with_large_model: Modelled, filled: dict[str, object] | None
) -> None:
    server.filled = filled
    answer = answered(with_large_model(), TICKETS)
    assert advice(answer).detail["read_by"] == "rules"
    assert advice(answer).detail["understood"] == {"labelled_examples": 200, "changes": "monthly"}
    assert any(notice.endswith("Rules read your case instead.") for notice in answer.notices)
