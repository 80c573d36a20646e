"""Other systems are measured by the same rules: what they do not give is missing, and silence is not free."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from foreign_server import ForeignServer, Reply

from assistant.errors import InputError, ModelUnavailable
from assistant.evaluation.cases import Case, load_suite
from assistant.evaluation.endpoints import AnswersFile, Endpoint
from assistant.evaluation.gating import Thresholds
from assistant.evaluation.runs import Plan, run_one
from assistant.settings import Settings, load_settings
from assistant.types import Answer

QUESTION = {"role": "user", "content": "What do oaks do?"}
CASE = Case.model_validate({"id": "q", "question": "And birches?", "history": [QUESTION], "facts": ["fast"]})
TEXT = "# Trees\n\nOaks grow slowly.\n\nBirches grow fast and live for eighty years.\n"
QUOTE = "Birches grow fast"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "trees.md").write_text(TEXT)
    return load_settings(corpus=str(tmp_path / "corpus"), model_timeout=20)


def asked(settings: Settings, reply: Reply, path: str = "/v1", case: Case = CASE, status: int = 200) -> Answer:
    with (
        ForeignServer(reply, status) as server,
        closing(Endpoint(server.address + path, settings, "local")) as endpoint,
    ):
        return endpoint.answer(case)


def chat(content: object, **message: object) -> Reply:
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return lambda _: {"choices": [{"message": {"content": content} | message}], "usage": usage}


def test_a_chat_server_gets_the_conversation_and_no_key_of_ours(settings: Settings) -> None:
    keyed = load_settings(corpus=settings.corpus, model_api_key="ours")
    with (
        ForeignServer(chat("Fast.")) as server,
        closing(Endpoint(f"{server.address}/v1", keyed, "local")) as endpoint,
    ):
        answer = endpoint.answer(CASE)
    ((path, key, body),) = server.asked
    assert (path, key, body["model"]) == ("/v1/chat/completions", "", "local")
    assert body["messages"][1:] == [QUESTION, {"role": "user", "content": "And birches?"}]
    assert (answer.answer, answer.abstained, answer.citations) == ("Fast.", False, ())
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 3)


def test_the_endpoint_gets_its_own_key_only(settings: Settings) -> None:
    own = load_settings(corpus=settings.corpus, endpoint_api_key="own", model_api_key="ours")
    with ForeignServer(chat("Fast.")) as server, closing(Endpoint(server.address, own)) as endpoint:
        endpoint.answer(CASE)
    assert server.asked[0][1] == "Bearer own"


def test_citations_of_a_json_reply_are_taken_as_they_are(settings: Settings) -> None:
    essay = Endpoint("http://localhost", settings).essays["trees"]
    start = essay.text.index(QUOTE)
    right = {"source_id": "trees", "quote": QUOTE, "start": start, "end": start + len(QUOTE)}
    reply = json.dumps({"answer": "Fast.", "citations": [right, {"source_id": "trees", "quote": QUOTE}]})
    exact, placeless = asked(settings, chat(reply)).citations
    assert essay.text[exact.start : exact.end] == exact.quote == QUOTE
    assert (placeless.start, placeless.end) == (0, 0)
    assert asked(settings, chat("Fast.", citations=[right])).citations == (exact,)


@pytest.mark.parametrize(
    ("text", "abstained"),
    [
        ("NOT IN THE ESSAYS", True),
        (" not in the essays. ", True),
        ("Sorry, I cannot find this. NOT IN THE ESSAYS", False),
    ],
)
def test_abstaining_is_the_agreed_phrase_and_no_list_of_phrases(text: str, abstained: bool, settings: Settings) -> None:
    assert asked(settings, chat(text)).abstained is abstained


def test_our_own_protocol_is_asked_at_its_own_path(settings: Settings) -> None:
    with (
        ForeignServer(lambda _: {"answer": "No.", "abstained": True}) as server,
        closing(Endpoint(f"{server.address}/api/ask", settings)) as endpoint,
    ):
        assert endpoint.answer(CASE).abstained
    ((path, _, body),) = server.asked
    assert (path, body) == ("/api/ask", {"question": "And birches?", "history": [QUESTION]})


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (lambda _: {}, 200),
        (lambda _: {"choices": []}, 200),
        (chat(None), 200),
        (lambda _: "<html>", 200),
        (chat('{"answer": 3}'), 200),
        (chat('{"answer": "x", "citations": "y"}'), 200),
        (chat('{"answer": "x", "citations": [{"start": -4}]}'), 200),
        (chat('{"answer": "x", "abstained": "no"}'), 200),
        (chat("Fast."), 500),
        (lambda _: "x" * 6_000_000, 200),
    ],
)
def test_a_reply_that_can_not_be_read_is_a_failure(reply: Reply, status: int, settings: Settings) -> None:
    with pytest.raises(ModelUnavailable):
        asked(settings, reply, status=status)


def test_a_reply_without_an_answer_is_refused_with_the_form_it_should_have(settings: Settings) -> None:
    with pytest.raises(ModelUnavailable) as refused:
        asked(settings, chat('{"answer": 3}'))
    written = refused.value.remedy[refused.value.remedy.index("{") : refused.value.remedy.rindex("}") + 1]
    assert asked(settings, chat(written)).answer == json.loads(written)["answer"]
    assert "assistant ask --json" in refused.value.remedy
    assert "DESIGN" not in refused.value.remedy


@pytest.mark.parametrize("wait", ["0", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_busy_server_is_asked_again_when_it_says(wait: str, settings: Settings) -> None:
    with ForeignServer(chat("Fast."), busy=2, wait=wait) as server, closing(Endpoint(server.address, settings)) as own:
        assert own.answer(CASE).answer == "Fast."
    assert len(server.asked) == 3


def test_a_server_that_stays_busy_is_not_waited_for_without_end(settings: Settings) -> None:
    with (
        ForeignServer(chat("Fast."), busy=9, wait="3600") as server,
        closing(Endpoint(server.address, settings)) as own,
        pytest.raises(ModelUnavailable, match="busy"),
    ):
        own.answer(CASE)


@pytest.mark.parametrize("usage", ['{"prompt_tokens": NaN, "completion_tokens": -1}', "[]", "null", '{"x": 1}'])
def test_an_answer_whose_tokens_make_no_sense_is_kept(usage: str, settings: Settings) -> None:
    reply = f'{{"choices": [{{"message": {{"content": "Fast."}}}}], "usage": {usage}}}'
    answer = asked(settings, lambda _: reply)
    assert (answer.answer, answer.usage.input_tokens, answer.usage.output_tokens) == ("Fast.", 0, 0)


def test_without_a_name_the_first_model_of_the_server_is_asked(settings: Settings) -> None:
    with ForeignServer(chat("Fast.")) as server, closing(Endpoint(f"{server.address}/v1", settings)) as endpoint:
        endpoint.answer(CASE)
    assert server.asked[0][2]["model"] == "listed-first"


def test_our_own_server_says_that_it_abstained(settings: Settings) -> None:
    own = {"answer": "Not there.", "abstained": True, "abstain_reason": "Not there.", "citations": []}
    reply = {"choices": [{"message": {"content": "Not there."}}], "answer_object": own}
    assert asked(settings, lambda _: reply).abstained


def test_a_server_that_is_not_there_is_a_failure(settings: Settings) -> None:
    with ForeignServer(chat("")) as server:
        address = server.address
    with closing(Endpoint(address, settings)) as endpoint, pytest.raises(ModelUnavailable, match="did not answer"):
        endpoint.answer(CASE)


@pytest.mark.parametrize("url", ["ftp://x", "localhost:80", "http://"])
def test_an_address_that_is_none_is_refused(url: str, settings: Settings) -> None:
    with pytest.raises(InputError, match="no http"):
        Endpoint(url, settings)


def test_a_file_of_answers_is_scored_and_a_missing_one_has_failed(settings: Settings, tmp_path: Path) -> None:
    questions, answers = tmp_path / "park.jsonl", tmp_path / "theirs.jsonl"
    cases = [{"id": i, "question": "Birches?", "facts": ["fast"], "sources": ["trees"]} for i in ("a", "b")]
    questions.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    start = Endpoint("http://localhost", settings).essays["trees"].text.index(QUOTE)
    cited = {"source_id": "trees", "quote": QUOTE, "start": start, "end": start + len(QUOTE)}
    answers.write_text(json.dumps({"id": "a", "answer": f"{QUOTE}. [1]", "citations": [cited]}))
    run = run_one(load_suite(questions), AnswersFile(answers, settings), Plan(), Thresholds())
    assert [result.passed for result in run.results] == [True, False]
    assert "no answer for case b" in str(run.results[1].error)
    assert (run.setup.model, run.setup.prompts) == ("theirs", "theirs.jsonl")


@pytest.mark.parametrize("text", ["", "x", "[1]", '{"answer": "x"}', '{"id": "a"}\n{"id": "a"}'])
def test_a_file_that_holds_no_answers_is_refused(text: str, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "theirs.jsonl"
    file.write_text(text)
    with pytest.raises(InputError, match=r"theirs\.jsonl"):
        AnswersFile(file, settings)
