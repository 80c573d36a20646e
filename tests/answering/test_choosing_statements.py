"""A model that only chooses: the composer writes what it chose, and nothing it says is shown."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from answer_samples import QUESTION, Ask, Make, exact
from chat_server import ChatServer, evidence, saying, system

from assistant import Assistant
from assistant.answering.choosing import MOST, Choice, parsed
from assistant.answering.pipeline import Pipeline
from assistant.answering.prompts import FOLDER
from assistant.corpus.loading import load_corpus
from assistant.errors import ConfigurationError
from assistant.index.opened import OpenIndex
from assistant.settings import load_settings


@pytest.fixture
def chooser(assistant: Assistant, server: ChatServer) -> Make:
    """A pipeline over the essays, with all that belongs to them, whose model chooses."""
    corpus = load_corpus(assistant.settings)

    def make(**more: object) -> Pipeline:
        chosen: dict[str, object] = {"model": "openai:local", "model_base_url": server.address, "model_task": "choose"}
        return Pipeline(load_settings(**(chosen | more)), assistant.index, corpus)

    return make


def choice(*numbers: int, verdict: str = "open") -> Callable[..., object]:
    return saying(f'{{"numbers": {list(numbers)}, ', f'"verdict": "{verdict}"}}')


@pytest.mark.parametrize("number", [1, 2, 5])
def test_what_is_chosen_leads_the_answer(
    chooser: Make, ask: Ask, server: ChatServer, notes: OpenIndex, number: int
) -> None:
    server.reply = choice(number)
    answer = ask(chooser(), QUESTION)
    shown = dict(evidence(server.requests[0]))
    assert answer.answer.startswith(shown[number])
    assert (answer.model, answer.abstained) == ("openai:local", False)
    assert exact(answer, notes)
    drafted = next(stage for stage in answer.trace if stage.stage == "draft").detail
    assert (drafted["chosen"], drafted["candidates"]) == ([number], len(shown))


def test_the_server_is_asked_to_hold_the_model_to_a_schema(chooser: Make, ask: Ask, server: ChatServer) -> None:
    server.reply = choice(1)
    ask(chooser(), QUESTION)
    (body,) = server.requests
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["numbers"]["items"]["enum"] == [number for number, _ in evidence(body)]


def test_a_server_without_schemas_is_asked_plainly_from_then_on(chooser: Make, ask: Ask, server: ChatServer) -> None:
    server.reply, server.refusals = choice(1), [400]
    pipeline = chooser()
    assert ask(pipeline, QUESTION).model == "openai:local"
    assert ask(pipeline, QUESTION).model == "openai:local"
    assert ["response_format" in body for body in server.requests] == [True, False, False]


def test_every_question_is_asked_behind_the_same_rules(chooser: Make, ask: Ask, server: ChatServer) -> None:
    server.reply = choice(1)
    pipeline = chooser()
    first, second = (ask(pipeline, q) and system(server.requests[-1]) for q in (QUESTION, "What is the 80% rule?"))
    assert first.partition("Numbered sentences")[0] == second.partition("Numbered sentences")[0]
    assert first != second


@pytest.mark.parametrize(
    ("reply", "numbers", "verdict"),
    [
        ('{"numbers": [3, 1], "verdict": "yes"}', (3, 1), "yes"),
        ('```json\n{"verdict": "No", "numbers": ["2"]}\n```', (2,), "no"),
        ('I think {"numbers": [9, 99, 2, 2], "verdict": "open"} is right', (9, 2), "open"),
        ("[4], [2]", (4, 2), ""),
        ("3 and 5. It depends.", (3, 5), "depends"),
        ("None of them.", (), "none"),
        ('{"numbers": [1], "verdict": "none"}', (), "none"),
        ('{"numbers": [1, 2, 3, 4, 5], "verdict": "open"}', (1, 2, 3), "open"),
        ('{"numbers": [true, null, 2.0, -1, 2], "verdict": "open"}', (2,), "open"),
        ('{"numbers": 7}', (7,), ""),
        ("It costs $50 or 12.5% of 1000", (), ""),
        ("", (), ""),
    ],
)
def test_a_choice_is_read_in_every_form(reply: str, numbers: tuple[int, ...], verdict: str) -> None:
    assert len(numbers) <= MOST
    assert parsed(reply, 12) == Choice(numbers, verdict)


@pytest.mark.parametrize("small", [True, False])
def test_none_is_an_abstention_unless_a_small_model_says_so(
    chooser: Make, ask: Ask, server: ChatServer, small: bool
) -> None:
    server.reply = choice(verdict="none")
    pipeline = chooser()
    assert pipeline.model is not None
    pipeline.model.small = small
    answer = ask(pipeline, QUESTION)
    assert answer.abstained != small
    assert answer.model == ("extractive" if small else "openai:local")


@pytest.mark.parametrize("said", ["", "I like turtles.", "{}", '{"numbers": [77], "verdict": "open"}'])
def test_a_choice_of_nothing_leaves_the_extracted_answer(
    chooser: Make, ask: Ask, server: ChatServer, said: str
) -> None:
    server.reply = saying(said)
    answer = ask(chooser(), QUESTION)
    assert answer.model == "extractive"
    assert "chose none of the sentences" in answer.notices[0]


def test_a_comparison_is_composed_without_it(chooser: Make, ask: Ask, server: ChatServer) -> None:
    answer = ask(chooser(), "Compare Pan and Dumitru on when to fine-tune in a table.")
    assert answer.citations
    assert server.requests == []


def test_sentences_of_other_documents_are_quoted_as_they_stand(
    with_model: Make, ask: Ask, server: ChatServer, notes: OpenIndex
) -> None:
    """The pipeline of this fixture knows no statements."""
    server.reply = choice(2, 1)
    answer = ask(with_model(model_task="choose"), QUESTION)
    shown = dict(evidence(server.requests[0]))
    assert [" ".join(citation.quote.split()) for citation in answer.citations] == [shown[2], shown[1]]
    assert answer.answer == f"{shown[2]} [1] {shown[1]} [2]"
    assert exact(answer, notes)


def test_only_who_chooses_needs_the_prompt_for_it(chooser: Make, tmp_path: Path) -> None:
    folder = Path(copytree(FOLDER, tmp_path / "prompts"))
    (folder / "choose.md").unlink()
    chooser(prompts=folder, model_task="write")
    with pytest.raises(ConfigurationError, match=r"choose\.md"):
        chooser(prompts=folder)
