"""The text reports: terminal, Markdown, JUnit XML, JSON."""

import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest
from report_samples import ESSAYS, HOSTILE, answer, case, failed, made_up_run, passed, run

from assistant.errors import NothingMeasured
from assistant.evaluation.reports import html, junit, markdown, summary, terminal, write_all
from assistant.evaluation.results import Run

ASKED = case("c", "What?")
SAID = answer("What?", "This.")


def wide(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_terminal_summary_fits_its_width(width: int) -> None:
    results = [failed(case("长" * 60, "为什么？" * 40, kind="k" * 50), SAID), *made_up_run().results]
    text = terminal.render(made_up_run().model_copy(update={"results": tuple(results)}), width, made_up_run())
    assert max(map(wide, text.splitlines())) <= width


def test_the_terminal_summary_says_what_a_reader_needs() -> None:
    text = terminal.render(made_up_run())
    assert "UNDECIDED  Too few cases." in text
    assert "Passed 1 of 4:  25% [5%, 70%]" in text
    assert re.search(r"near_miss +0/1", text)
    assert "Failed, fact missing: 1\n  → Give the prompt an example.\n  missing  What does training cost?" in text
    assert "BROKEN SUITE: it lets pass cite everything." in text
    assert "index: ffffffffffffffff" in text


def test_no_control_character_of_a_question_or_an_error_reaches_the_terminal() -> None:
    text = terminal.render(made_up_run())
    assert "window.hacked" in text
    assert [c for c in text if c != "\n" and unicodedata.category(c)[0] == "C"] == []


def test_an_error_counts_as_failed_and_never_leaves_the_count() -> None:
    text = terminal.render(made_up_run())
    assert "Failed, error: 1" in text
    assert "The server gave up." in text
    assert summary.abstention(made_up_run()).errors == 1


@pytest.mark.parametrize("render", [terminal.render, markdown, junit, lambda r: html.render(r, ESSAYS)])
def test_a_run_in_which_nothing_was_measured_is_no_report(render) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NothingMeasured):
        render(run([]))


def test_a_case_passes_only_where_its_repeats_do() -> None:
    results = [passed(ASKED, SAID), failed(ASKED, SAID, repeat=1)]
    assert summary.share(summary.outcomes(run(results))).k == 0
    assert summary.share(summary.outcomes(run(results, bars={"repeats": 0.5}))).k == 1
    assert summary.share(summary.outcomes(run(results))).n == 1


def test_a_mean_leaves_out_answers_a_measure_does_not_apply_to() -> None:
    found = {measure.name: measure for measure in summary.measures(made_up_run())}
    assert (found["mrr"].mean, found["mrr"].n) == (0.5, 2)
    assert (found["facts"].mean, found["facts"].n) == (pytest.approx(2 / 3), 3)


def test_latency_is_the_median_and_what_most_stay_below() -> None:
    results = [passed(case(f"c{ms}", "What?"), SAID, float(ms)) for ms in range(1, 102)]
    total = summary.latencies(run(results))[-1]
    assert (total.stage, total.p50, total.p95) == ("total", 51.0, 96.0)


def test_what_became_of_each_case_since_the_baseline() -> None:
    cases = [case(name, "What?") for name in "abcd"]
    before = run([passed(cases[0], SAID), failed(cases[1], SAID), passed(cases[2], SAID)])
    now = run([failed(cases[0], SAID), passed(cases[1], SAID), passed(cases[2], SAID), passed(cases[3], SAID)])
    assert summary.flips(now, before) == {"a": "broken", "b": "mended", "c": "same", "d": "new"}
    text = terminal.render(now, baseline=before)
    assert "broken: a\n" in text
    assert "mended: b\n" in text


@pytest.mark.parametrize(("value", "said"), [(0.0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.996, ">99%"), (1.0, "100%")])
def test_a_share_is_never_rounded_to_all_or_none(value: float, said: str) -> None:
    assert summary.percent(value) == said


def test_a_tiny_cost_is_not_rounded_away() -> None:
    assert [summary.number(value) for value in (0.0, 0.00031, 0.456, 51.0)] == ["0.00", "0.00031", "0.46", "51"]


def test_every_report_names_what_was_measured() -> None:
    measured = made_up_run()
    marks = ["a" * 64, "f" * 16, "1" * 64, "0.1.0+abcdef1", "extractive", ESSAYS["costs"].sha256]
    for text in (
        markdown(measured),
        junit(measured),
        html.render(measured, ESSAYS),
        measured.model_dump_json(),
    ):
        assert [mark for mark in marks if mark not in text] == []
    short = terminal.render(measured)
    assert [mark for mark in marks if mark[:12] not in short] == []


def test_markdown_holds_text_from_outside_in_code_only() -> None:
    text = markdown(made_up_run())
    outside = re.sub(r"(`+).+?(?<!`)\1(?!`)", "", text)
    assert "hacked" in text
    assert "hacked" not in outside
    assert "@everyone" not in outside


def test_markdown_rows_keep_their_columns() -> None:
    text = markdown(made_up_run(), made_up_run())
    row = next(line for line in text.splitlines() if "hacked" in line and line.startswith("|"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert "| `fact` | 1/2 |" in text


def test_markdown_fits_what_a_pull_request_takes() -> None:
    results = [failed(case(f"c{i}", "why? " * 30, kind=f"k{i}" * 20), SAID) for i in range(900)]
    text = markdown(run(results))
    assert len(text) < 65_536
    assert "f" * 16 in text


def test_junit_lists_each_case_each_failure_and_each_error() -> None:
    suite = ElementTree.fromstring(junit(made_up_run())).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors")}
    assert counts == {"tests": "6", "failures": "3", "errors": "1"}
    found = {(case_.get("classname"), case_.get("name")): case_ for case_ in suite.iter("testcase")}
    failure = found["made-up.fact", "missing"].find("failure")
    assert failure is not None
    assert failure.get("message") == "fact missing"
    assert "facts 0.50: missing: patience" in (failure.text or "")
    assert found["made-up.sentinels", "sentinel: cite everything"].find("failure") is not None
    assert found["made-up.sentinels", "sentinel: always abstain"].find("failure") is None
    assert found["made-up.fact", "right"].get("time") == "0.015"


def test_write_all_puts_every_report_into_the_folder(tmp_path: Path) -> None:
    paths = write_all(made_up_run(), ESSAYS, tmp_path / "new" / "out", made_up_run())
    assert sorted(path.name for path in paths.values()) == [
        "junit.xml",
        "report.html",
        "report.json",
        "report.md",
        "summary.txt",
    ]
    assert Run.model_validate_json(paths["json"].read_text(encoding="utf-8")) == made_up_run()
    assert HOSTILE not in paths["html"].read_text(encoding="utf-8")
