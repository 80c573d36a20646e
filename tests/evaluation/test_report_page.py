"""The HTML report in a real browser, opened from disk as a reader opens it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from report_samples import CITED, ESSAYS, GOLD, HOSTILE, asked_run, made_up_run, passed, run

from assistant import Assistant
from assistant.evaluation.reports import html
from assistant.evaluation.results import Run
from assistant.types import Essay

OpenReport = Callable[..., Page]
pytestmark = pytest.mark.browser


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[OpenReport]:
    """Opens a run's page; at the end nothing may have been asked of any host, and no script have failed."""
    asked: list[str] = []
    wrong: list[str] = []
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            asked.append(request.url)

    def note_error(text: str, refused: str) -> None:
        if not (refused and refused in text):
            wrong.append(text)

    def opened(
        shown: Run,
        baseline: Run | None = None,
        essays: dict[str, Essay] = ESSAYS,
        case: str = "",
        refused: str = "",
        **options: object,
    ) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html.render(shown, essays, baseline), encoding="utf-8")
        context = browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("request", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: note_error(message.text, refused) if message.type == "error" else None)
        page.goto(file.as_uri() + (f"#case={case}" if case else ""))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert asked == []
    assert wrong == []


def labels(page: Page) -> list[str]:
    return page.locator("#list tbody tr:visible td.label").all_inner_texts()


def marked(page: Page, tone: str) -> str:
    return "".join(page.locator(f"article mark.{tone}").all_text_contents())


def test_the_page_tells_the_verdict_and_its_figures(open_report: OpenReport) -> None:
    page = open_report(made_up_run(), made_up_run())
    expect(page.get_by_role("heading", level=1)).to_have_text("Undecided")
    expect(page.get_by_text("25%").first).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("“cite everything” pass")
    expect(page.locator(".intervals circle.dot:not(.before)")).to_have_count(3)
    expect(page.locator(".intervals circle.dot.before")).to_have_count(3)
    expect(page.locator(".intervals .limit")).to_have_count(3)
    expect(page.get_by_text("no case changed sides")).to_be_visible()


def test_the_interval_is_drawn_where_it_lies(open_report: OpenReport) -> None:
    page = open_report(made_up_run())
    line = page.locator(".intervals svg").first.locator(".whisker")
    low, high = (float((line.get_attribute(edge) or "").rstrip("%")) for edge in ("x1", "x2"))
    assert ((low - 1.5) / 97, (high - 1.5) / 97) == pytest.approx((0.095, 0.905), abs=0.002)  # Wilson, 1 of 2


def test_a_case_tells_what_a_careful_reader_expects(open_report: OpenReport) -> None:
    expected = open_report(made_up_run(), case="right").locator("section", has_text="Expected")
    expect(expected.locator(".hint")).to_contain_text("Patience. <img")
    wishes = ["verdict: no", "first sentence: patience", "must not: free", "form: max_sentences 2"]
    assert expected.locator("code").all_text_contents() == [*wishes, "allowed sentences: 1"]


def test_nothing_in_a_question_or_an_answer_is_run(open_report: OpenReport) -> None:
    page = open_report(made_up_run(), case="hostile")
    assert HOSTILE in (page.locator(".asked").text_content() or "")
    assert HOSTILE in (page.locator(".answer").text_content() or "")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


def test_the_page_forbids_itself_what_it_does_not_need(open_report: OpenReport) -> None:
    page = open_report(made_up_run(), refused="data:text/javascript")
    refused = page.evaluate(
        """() => new Promise((done) => {
             document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
             const script = document.createElement("script");
             script.src = "data:text/javascript,window.hacked=3";
             document.body.append(script);
           })"""
    )
    assert refused == "script-src-elem"
    assert page.evaluate("window.hacked") is None


def test_filters_narrow_the_table_and_tell_the_count(open_report: OpenReport) -> None:
    page = open_report(made_up_run())
    count = page.locator(".filters output")
    expect(count).to_have_text("4 cases")
    page.get_by_role("combobox", name="Result").select_option("failed")
    assert labels(page) == ["missing", "hostile", "broken"]
    page.get_by_role("combobox", name="Kind").select_option("fact")
    assert labels(page) == ["missing"]
    expect(count).to_have_text("1 of 4 cases")
    page.get_by_role("button", name="Clear").click()
    expect(count).to_have_text("4 cases")
    page.get_by_label("Find in questions").fill("PATIENCE grows")
    assert labels(page) == ["missing"]
    page.get_by_label("Find in questions").fill("nothing holds this")
    page.get_by_role("button", name="Show all").click()
    expect(count).to_have_text("4 cases")


def test_a_bar_of_a_plot_leads_to_its_cases(open_report: OpenReport) -> None:
    page = open_report(made_up_run())
    page.get_by_role("button", name="should have abstained").click()
    expect(page.locator(".filters output")).to_have_text("1 of 4 cases")
    assert labels(page) == ["hostile"]


def test_cases_that_changed_sides_are_one_click_away(open_report: OpenReport) -> None:
    now = made_up_run()
    first = now.results[0].model_copy(update={"passed": False, "attribution": "not cited"})
    before = now.model_copy(update={"results": (first, *now.results[1:])})
    page = open_report(now, before)
    page.get_by_role("button", name="1 mended").click()
    expect(page.locator(".filters output")).to_have_text("1 of 4 cases")
    page.get_by_role("link", name="right").click()
    expect(page.locator(".outcome")).to_contain_text("mended since the baseline")


def test_a_heading_sorts_both_ways(open_report: OpenReport) -> None:
    page = open_report(made_up_run())
    page.get_by_role("button", name="Time").click()
    assert labels(page) == ["broken", "right", "missing", "hostile"]
    page.get_by_role("button", name="Time").click()
    assert labels(page) == ["missing", "hostile", "right", "broken"]
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Time")


def test_a_case_opens_and_closes_by_keyboard(open_report: OpenReport) -> None:
    page = open_report(made_up_run())
    page.get_by_role("link", name="missing").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="missing")).to_be_visible()
    assert page.url.endswith("#case=missing")
    page.keyboard.press("j")
    expect(page.get_by_role("dialog", name="hostile")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="hostile")).to_be_focused()


def test_marks_hold_exactly_the_gold_and_the_cited_words(open_report: OpenReport) -> None:
    page = open_report(made_up_run(), case="right")
    assert marked(page, "cited") == CITED
    assert marked(page, "gold") == GOLD
    assert page.locator("article mark.gold.cited").all_text_contents() == ["costs money."]
    assert page.locator("article h3 .syntax").text_content() == "## "


def test_a_citation_leads_to_its_words(open_report: OpenReport) -> None:
    page = open_report(made_up_run(), case="right", viewport={"width": 400, "height": 700})
    expect(page.locator("article")).to_be_hidden()
    page.get_by_role("button", name="Citation 1 in the essay").click()
    expect(page.locator("article mark.here")).to_be_in_viewport()
    expect(page.locator("article mark.here")).to_have_attribute("data-n", "1")


def test_marks_of_real_answers_hold_their_quotes(open_report: OpenReport, assistant: Assistant) -> None:
    shown = asked_run(assistant)
    page = open_report(shown, essays=dict(assistant.essays), case="cost")
    result = shown.results[0]
    assert result.answer is not None
    here = [c for c in result.answer.citations if c.source_id == page.locator("article").get_attribute("data-id")]
    assert here
    assert marked(page, "cited") == "".join(c.quote for c in sorted(here, key=lambda c: c.start))
    assert marked(page, "gold") == result.case.evidence[0].quote
    page.get_by_role("button", name="Back to all cases").click()
    page.get_by_role("link", name="cook").click()
    expect(page.locator(".told")).to_contain_text("Abstained")
    expect(page.locator("article")).to_be_hidden()


def test_an_essay_changed_since_the_run_is_shown_without_marks(open_report: OpenReport) -> None:
    changed = ESSAYS | {"costs": Essay(id="costs", title="Costs", text="Everything else. " + ESSAYS["costs"].text)}
    page = open_report(made_up_run(), essays=changed, case="right")
    expect(page.locator("article .notice")).to_contain_text("changed since the run")
    assert page.locator("article mark").count() == 0


def test_gold_that_no_longer_stands_is_told(open_report: OpenReport) -> None:
    changed = ESSAYS | {"costs": Essay(id="costs", title="Costs", text="Another text.")}
    page = open_report(made_up_run(), essays=changed, case="missing")
    expect(page.locator(".told")).to_contain_text("costs: these words do not stand there")


def test_repeats_of_a_case_are_shown_each(open_report: OpenReport) -> None:
    one = made_up_run().results[0]
    assert one.answer is not None
    page = open_report(run([one, passed(one.case, one.answer, repeat=1)]))
    assert labels(page) == ["right", "right #2"]
    page.get_by_role("link", name="right #2").click()
    expect(page.get_by_role("dialog", name="right #2")).to_be_visible()
    expect(page.locator(".cards")).to_contain_text("1 of 1")


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window_light_and_dark(open_report: OpenReport, width: int, scheme: str) -> None:
    page = open_report(made_up_run(), made_up_run(), viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3])
    assert (brightness > 600) if scheme == "light" else (brightness < 150)
    page.get_by_role("link", name="hostile").click()
    assert page.locator(".told").evaluate("(told) => told.scrollWidth <= told.clientWidth")


def test_a_blessed_baseline_without_answers_is_enough(open_report: OpenReport) -> None:
    now = made_up_run()
    slim = now.model_copy(update={"results": tuple(r.model_copy(update={"answer": None}) for r in now.results)})
    page = open_report(now, slim)
    expect(page.locator(".durations .total rect.bar.before")).to_have_count(1)
