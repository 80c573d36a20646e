"""The page ``/advise`` as a browser without scripts shows it."""

import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from talking import hidden_width

TICKETS = "We have 200 labelled tickets, categories change monthly. The prompt passes 82% of our tests."
COSTS = {
    "queries_per_month": "2,000,000", "tokens_per_query": "1,500", "prompt_price": "3", "cached_price": "1.5",
    "tuned_price": "0.9", "training_cost": "12,000", "upkeep_per_month": "400", "release_months": "9",
}  # fmt: skip
FULL = COSTS | {
    "text": "Our invoices come out in the wrong format. The prompt passes 82% of our tests and 90% is needed. We have "
    "2,400 clean labelled examples. We tried a better prompt.",
    "fails": ["format", "latency"], "pass_rate": "82%", "target_pass_rate": "90%", "has_eval": "yes",
    "labelled_examples": "2,400", "label_quality": "clean", "changes": "yearly", "compliance": "hipaa",
    "tried": ["better-prompt", "examples-in-context", "many-examples"], "owners.data": "yes",
}  # fmt: skip
Opened = Callable[..., Page]


def query(**answers: object) -> str:
    return "?" + urlencode(answers, doseq=True)


def in_json(client: httpx.Client) -> dict[str, object]:
    situation = {name: float(value.replace(",", "")) for name, value in COSTS.items()}
    found: dict[str, object] = client.post("/api/advise", json={"situation": situation}).json()["break_even"]
    return found


def test_a_text_alone_makes_a_verdict_whose_sources_open_at_their_words(client: httpx.Client) -> None:
    reply = client.get("/advise", params={"text": TICKETS})
    assert reply.status_code == 200
    assert "<script>" not in reply.text
    assert " style=" not in reply.text
    assert "unsafe" not in reply.headers["content-security-policy"]
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert reply.headers["cache-control"] == "no-store"
    links = [unescape(link) for link in re.findall(r'class="cite" href="([^"]+)"', reply.text)]
    assert len(set(links)) > 15
    quotes = [unescape(quote) for quote in re.findall(r'class="cite"[^>]+title="“([^"]+)”"', reply.text)]
    read = re.sub(r"<[^>]+>", "", re.findall(r"<mark.+</mark>", client.get("/" + links[0]).text)[0])
    assert unescape(read) == quotes[0]


def test_the_form_leads_to_an_address_that_holds_the_case_and_no_more(client: httpx.Client) -> None:
    sent = {"was": "", "text": "", "changes": "monthly", "has_eval": "", "pass_rate": " ", "tried": ["nothing"]}
    reply = client.get("/advise", params=sent)
    assert reply.status_code == 303
    assert reply.headers["location"] == "advise?tried=nothing&changes=monthly"


def test_bad_figures_are_sentences_beside_their_fields_and_the_rest_is_judged(client: httpx.Client) -> None:
    reply = client.get("/advise", params={"fails": "format", "pass_rate": "140%", "training_cost": "<b>many"})
    assert reply.status_code == 422
    assert re.search(r'id="pass_rate-error">This can&#39;t be', reply.text)
    assert re.search(r'id="training_cost-error">', reply.text)
    assert "<b>many" not in reply.text
    assert 'id="verdict"' in reply.text


def test_the_largest_costs_are_drawn(client: httpx.Client) -> None:
    reply = client.get("/advise", params=COSTS | dict.fromkeys(list(COSTS)[:4], "1000000000000"))
    assert reply.status_code == 200
    assert "$999,999,999,999,099,999,999,999,999,600.00 a month" in reply.text


def test_a_corpus_without_the_essays_says_that_it_knows_nothing_of_it(client: httpx.Client) -> None:
    reply = client.get("/advise", params={"text": TICKETS, "corpus": "orchard"})
    assert "are not among these documents" in reply.text
    assert 'id="verdict"' not in reply.text
    assert '<input type="hidden" name="corpus" value="orchard">' in reply.text


def test_the_chat_and_the_library_lead_here(client: httpx.Client) -> None:
    assert re.search(r'href="\./advise"', client.get("/").text)
    assert 'href="./advise"' in client.get("/library").text
    assert 'href="./advise' not in client.get("/library", params={"corpus": "orchard"}).text


@pytest.mark.browser
def test_the_plot_and_its_table_say_what_the_json_says(opened: Opened, client: httpx.Client) -> None:
    curves = in_json(client)["curves"]
    page = opened(query(**COSTS), java_script_enabled=False)
    page.get_by_text("The figures as a table").click()
    rows = [row.inner_text().split("\t") for row in page.locator(".plot tbody tr").all()]
    for at, curve in enumerate(curves):  # type: ignore[arg-type, var-annotated]
        counted = [month["dollars"] for month in curve["months"]]
        drawn = page.locator(f".curve.{curve['option']}").get_attribute("data-dollars")
        assert [float(dollars) for dollars in str(drawn).split()] == counted
        assert [float(row[at + 1].replace(",", "")) for row in rows] == counted
    months = {each["against"]: each["months"] for each in in_json(client)["crossings"]}  # type: ignore[attr-defined]
    marks = page.locator("circle.crossed").all()
    assert {m.get_attribute("data-against"): float(str(m.get_attribute("data-months"))) for m in marks} == months


@pytest.mark.browser
def test_without_scripts_a_text_is_read_and_an_answer_corrected_by_the_keyboard(opened: Opened, here: str) -> None:
    page = opened(java_script_enabled=False)
    page.get_by_label("Describe it in your words").fill(TICKETS)
    page.get_by_role("button", name="Get advice").first.press("Enter")
    expect(page.get_by_role("heading", name="Examples in the prompt first")).to_be_visible()
    assert "was=" not in page.url
    expect(page.locator(".ladder .here")).to_contain_text("Examples in the prompt")
    box = page.get_by_label("How many labelled examples are there?")
    expect(box).to_have_value("200")
    box.fill("5000")
    box.press("Enter")
    expect(page.locator(".understood .changed")).to_contain_text("5000 changed by you")
    expect(page.get_by_label("In your words")).to_have_value(TICKETS)
    page.get_by_role("link", name="Labelled examples").click()
    expect(page.locator("#labelled_examples")).to_be_in_viewport()
    page.goto(page.url)
    expect(box).to_have_value("5000")
    page.locator("a.cite").first.click()
    expect(page.locator("mark#cited")).to_be_in_viewport()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(opened: Opened, scheme: str) -> None:
    for asked in ("", query(**FULL), query(fails="format", pass_rate="140%", prompt_price="cheap")):
        page = opened(asked, color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found] == []


@pytest.mark.browser
@pytest.mark.parametrize(
    "window",
    [{"width": 640, "height": 430, "device_scale_factor": 2}, {"width": 360, "height": 740, "is_mobile": True}],
    ids=["200% zoom", "small phone"],
)
def test_nothing_of_it_lies_beyond_the_edge(opened: Opened, window: dict[str, object]) -> None:
    for asked in ("", query(**FULL)):
        assert hidden_width(opened(asked, **window)) <= 0


@pytest.mark.browser
@pytest.mark.skipif(os.environ.get("ASSISTANT_WRITE_PICTURES") != "1", reason="ASSISTANT_WRITE_PICTURES=1 takes it")
def test_picture_of_a_verdict(opened: Opened) -> None:
    page = opened(query(**FULL), 1280, 1100, reduced_motion="reduce")
    picture = Path(__file__).parents[3] / "docs" / "advise.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000
