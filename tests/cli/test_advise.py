"""`assistant advise` as a person meets it."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from assistant.advice.deciding import Advice

EVAL = Path(__file__).parents[2] / "eval"
TICKETS = "We have 200 labelled support tickets and our categories change monthly. Should we fine-tune?"
PRICED = {
    "fails": ["cost"], "queries_per_month": 200_000, "tokens_per_query": 6000, "prompt_price": 3, "cached_price": 0.3,
    "tuned_price": 0.6, "training_cost": 3000, "upkeep_per_month": 500,
}  # fmt: skip


@pytest.fixture
def priced(tmp_path: Path) -> Path:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(PRICED), encoding="utf-8")
    return path


def test_a_sentence_gets_what_was_understood_then_the_verdict_with_its_sources(run) -> None:
    shown = run("advise", TICKETS, "--full")
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert "- labelled_examples: 200 “200 labelled support tickets”" in lines
    assert "- changes: monthly “change monthly”" in lines
    assert any(line.startswith("Examples in the prompt first. Don't fine-tune for now.") for line in lines)
    assert shown.stdout.index("Understood") < shown.stdout.index("Why:") < shown.stdout.index("Sources:")
    assert any(line.startswith("[1] notes on “") for line in lines)
    for part in ("Next:", "What would change it:", "five questions:", "seven patterns:", "gate:", "Break-even:"):
        assert part in shown.stdout


@pytest.mark.parametrize("case", ["tickets", "priced", "nothing"])
def test_the_verdict_and_what_to_do_next_fit_on_one_screen(case: str, run, priced: Path) -> None:
    given = {"tickets": (TICKETS,), "priced": ("--situation", priced), "nothing": ("asdf qwer",)}[case]
    lines = run("advise", *given, env={"COLUMNS": "80"}).stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "Next:" in lines
    assert lines[-1].startswith("--full adds")


def test_json_is_the_advice_object_with_the_phrases_read(run) -> None:
    advice = json.loads(run("advise", TICKETS, "--json").stdout)
    assert set(advice) == set(Advice.model_fields)
    assert advice["rung"] == "examples-in-context"
    assert {phrase["field"] for phrase in advice["phrases"]} == {"labelled_examples", "changes"}


def test_set_corrects_what_was_read(run) -> None:
    shown = run("advise", TICKETS, "--set", "changes=yearly", "--set", "labelled_examples=", "--json")
    assert json.loads(shown.stdout)["understood"] == {"changes": "yearly"}


def test_a_file_corrects_the_words_as_the_server_does(run, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"changes": null, "tried": ["retrieval"]}', encoding="utf-8")
    shown = run("advise", f"We tried a better prompt. {TICKETS}", "--situation", path, "--json")
    assert json.loads(shown.stdout)["understood"] == {"labelled_examples": 200, "tried": ["retrieval"]}


def test_a_share_is_told_as_a_percentage(run) -> None:
    shown = run("advise", "--full", "--set", "pass_rate=0.82", "--set", "owners=data").stdout.splitlines()
    assert shown[1:3] == ["- pass_rate: 82%", "- owners: data yes, evals no, releases no"]


def test_a_file_and_stdin_give_fields(run, priced: Path) -> None:
    by_file = run("advise", "--situation", priced, "--json").stdout
    by_stdin = run("advise", "--situation", "-", "--json", input=json.dumps(PRICED)).stdout
    assert json.loads(by_file) == json.loads(by_stdin)
    assert json.loads(by_file)["break_even"]["crossings"]


def test_the_text_may_come_from_stdin(run) -> None:
    assert json.loads(run("advise", "-", "--json", input=TICKETS).stdout)["understood"]["changes"] == "monthly"


def test_what_each_option_costs_is_a_table_to_the_cent(run, priced: Path) -> None:
    shown = run("advise", "--full", "--situation", priced).stdout
    table = shown[shown.index("Break-even:") : shown.index("Sources:")].splitlines()
    assert any(line.split() == "month prompting, $ cached, $ fine-tuning, $".split() for line in table)
    rows = {line.split()[0]: line.split()[1:] for line in table if line[:1].isdigit()}
    assert rows["0"] == ["0.00", "0.00", "3,000.00"]
    assert rows["3"] == ["10,800.00", "2,052.00", "6,660.00"]
    assert list(rows) == ["0", "3"]  # earned back in 1.3 months


def test_at_a_terminal_without_a_case_it_asks_and_enter_means_unknown(index_dir: Path, start) -> None:
    parent, child = pty.openpty()
    process = start("advise", stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(parent, b"nonsense\nrules\n" + b"\n" * 40)
    out, asked = process.communicate(timeout=120)
    os.close(child)
    os.close(parent)
    assert process.returncode == 0, asked
    assert "What goes wrong?" in asked
    assert "fails can't be used" in asked
    assert "Tools or rules in code first." in out


def test_interactive_takes_answers_from_a_pipe(run) -> None:
    shown = run("advise", "--interactive", "--json", input="latency\n")
    assert json.loads(shown.stdout[shown.stdout.index("{") :])["understood"] == {"fails": ["latency"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no case to judge"),
        (["--set", "training_cost=-5"], "training_cost can't be used"),
        (["--set", "pass_rate=94"], "Give a share"),
        (["--set", "weather=wet"], "no field 'weather'"),
        (["--set", "changes"], "there is no ="),
        (["--situation", "nowhere.json"], "can't be read"),
        (["-", "--situation", "-"], "can't be both"),
        (["text", "--suite", "x.jsonl"], "scored alone"),
        (["--suite", "nowhere.jsonl"], "can't be read"),
        ([" "], "There is no case to judge"),
        ([""], "or give --set field=value"),
        (["--set", "queries_per_month=1.000.000"], "Give a number"),
    ],
)
def test_bad_input_is_a_sentence_and_exit_2(run, arguments: list[str], said: str) -> None:
    done = run("advise", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_text_of_which_nothing_is_understood_is_told_so_before_the_verdict(run) -> None:
    shown = run("advise", "asdf qwer").stdout
    assert shown.startswith("Nothing of the text was understood.")
    assert shown.index("understood") < shown.index("ready to fine-tune")
    assert "Nothing of the text" in run("advise", "asdf", "--set", "changes=weekly").stdout
    for arguments in ([TICKETS], ["--set", "changes=weekly"]):
        assert "Nothing of the text" not in run("advise", *arguments).stdout
    assert set(json.loads(run("advise", "asdf qwer", "--json").stdout)) == set(Advice.model_fields)


@pytest.mark.parametrize("text", ["[", "[]", '{"pass_rate": NaN}', '{"queries_per_month": 1e999}', '{"fails": {}}'])
def test_a_wrong_file_is_a_sentence_and_exit_2(run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.json"
    path.write_text(text, encoding="utf-8")
    done = run("advise", "--situation", path)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")


def test_the_suite_is_a_table_and_a_miss_exits_1(run, tmp_path: Path) -> None:
    good = run("advise", "--suite", EVAL / "situations.jsonl")
    assert good.exit_code == 0
    assert "20 of 20 situations as wanted" in good.stdout
    line = next(iter((EVAL / "situations.jsonl").read_text(encoding="utf-8").splitlines()))
    wrong = json.loads(line) | {"verdict": {"rung": "fine-tune", "also_ok": [], "not": []}}
    path = tmp_path / "wrong.jsonl"
    path.write_text(json.dumps(wrong), encoding="utf-8")
    missed = run("advise", "--suite", path)
    assert missed.exit_code == 1
    assert "better-prompt, wanted fine-tune" in missed.stdout
