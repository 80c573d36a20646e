import json

from assistant.types import RankedPassage


def test_passages_come_best_first_as_many_as_asked_for(run) -> None:
    found = json.loads(run("search", "prompt caching", "--json", "-k", "3").stdout)
    passages = [RankedPassage.model_validate(passage) for passage in found["passages"]]
    assert found["query"] == "prompt caching"
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    assert len(passages) == 3
    assert "caching" in passages[0].text


def test_the_table_has_a_line_for_each_passage(run) -> None:
    lines = run("search", "prompt caching", "-k", "4").stdout.splitlines()
    assert len(lines) == 5
    assert lines[1].split()[2] == "pan-framework"


def test_the_table_keeps_to_the_columns_there_are(run) -> None:
    lines = run("search", "prompt caching", env={"COLUMNS": "80"}).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert max(map(len, run("search", "prompt caching", env={"COLUMNS": "200"}).stdout.splitlines())) > 120


def test_no_words_or_a_wrong_number_is_bad_input(run) -> None:
    assert run("search", " ").exit_code == 2
    assert run("search", "x", "-k", "0").exit_code == 2
