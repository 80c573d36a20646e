"""The widget on a page of another origin, in a real browser: asking, reading the cited words, and what goes wrong."""

import re
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from chat_server import ChatServer, saying
from playwright.sync_api import Page, expect
from portal_site import PortalSite, event
from using import QUESTION, UNANSWERABLE, launched, marked, put

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
ANSWER = {
    "id": "a1", "question": "q", "answer": "Wind 🪁 is steady. [1]", "abstained": False, "followups": [], "notices": [],
    "passages": [], "claims": [{"start": 0, "end": 17, "markers": [1], "supported": True}],
    "citations": [
        {"marker": 1, "source_id": "kites", "title": "Kites", "author": None, "url": None, "kind": "original",
         "section": "Kites", "quote": "gone", "start": 0, "end": 4}
    ],
}  # fmt: skip


def launcher(base: str, **data: str) -> str:
    attributes = "".join(f" data-{name.replace('_', '-')}='{value}'" for name, value in data.items())
    return f'<script src="{base}widget.js"{attributes}></script>'


def element(server: str, more: str = "") -> str:
    script = f'<script src="{server}widget.js" data-mode="none"></script>'
    return f'{script}<essay-assistant server="{server}" {more}></essay-assistant>'


def scripted(site: PortalSite, server: str, *pieces: bytes, hold: threading.Event | None = None) -> str:
    """The path of a page whose assistant sends these pieces, and then ends or waits."""

    def script() -> Iterator[bytes]:
        yield from pieces
        while hold is not None and not hold.wait(0.05):
            yield b": still here\n\n"

    site.script = script
    return site.page(element("/fake/").replace('src="/fake/', f'src="{server}'))


def test_a_page_on_the_list_asks_and_a_citation_opens_at_exactly_the_cited_words(
    site: PortalSite, server: str, visit: Visit
) -> None:
    widget = launched(visit(site.page(launcher(server))))
    reply = put(widget)
    told = httpx.post(f"{server}api/ask", json={"question": QUESTION}, timeout=60).json()
    quotes = [citation["quote"] for citation in told["citations"]]
    assert reply.locator("q").all_text_contents() == quotes
    assert reply.locator(".chip").all_text_contents() == [str(i) for i in range(1, len(quotes) + 1)]
    for i, quote in enumerate(quotes):
        reply.locator(".chip").nth(i).click()
        assert marked(widget) == quote
        expect(widget.locator("article mark").first).to_be_in_viewport()
        expect(widget.get_by_text("Notes on this essay, in our words")).to_be_visible()
        assert widget.get_by_role("link", name="Read the original").get_attribute("href") == told["citations"][i]["url"]
        widget.get_by_label("Back to the answer").click()
        expect(reply.locator(".chip").nth(i)).to_be_focused()


def test_what_is_streamed_is_shown_before_the_answer_is_whole(site: PortalSite, server: str, visit: Visit) -> None:
    go_on = threading.Event()
    page = visit(scripted(site, server, event("token", text="Half of the "), hold=go_on))
    page.get_by_label("Your question").fill("q")
    page.keyboard.press("Enter")
    expect(page.locator(".writing")).to_have_text("Half of the ")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".reply")).to_contain_text("Stopped.")
    assert site.over.wait(20)
    go_on.set()


def test_what_a_slow_model_does_is_told_and_the_extracted_answer_shown_meanwhile(
    site: PortalSite, server: str, visit: Visit
) -> None:
    go_on = threading.Event()
    pieces = [event("progress", doing="writing"), event("offer", **{**ANSWER, "answer": "Kites fly. [1]"})]
    page = visit(scripted(site, server, pieces[0], hold=go_on))
    page.get_by_label("Your question").fill("q")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("The model is writing")
    page.get_by_role("button", name="Stop").click()
    page = visit(scripted(site, server, *pieces, hold=go_on))
    page.get_by_label("Your question").fill("q")
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("Meanwhile:")
    expect(page.locator(".reply.waiting")).to_contain_text("Kites fly.")
    page.get_by_role("button", name="Stop").click()
    go_on.set()
    site.script = lambda: iter([*pieces, event("token", text="Wind "), event("done", **ANSWER)])
    reply = put(page.locator("essay-assistant"))
    expect(reply).to_contain_text("Wind 🪁 is steady.")
    expect(reply.get_by_text("Meanwhile:")).to_have_count(0)


def test_a_widget_that_is_taken_out_of_the_page_ends_its_stream(site: PortalSite, server: str, visit: Visit) -> None:
    go_on = threading.Event()
    site.over.clear()
    page = visit(scripted(site, server, event("token", text="Half"), hold=go_on))
    page.get_by_label("Your question").fill("q")
    page.keyboard.press("Enter")
    page.locator(".writing").wait_for()
    page.evaluate("document.querySelector('essay-assistant').remove()")
    assert site.over.wait(20)
    go_on.set()


def test_an_answer_that_was_cut_off_says_so_and_can_be_asked_again(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(scripted(site, server, event("token", text="Only half")))
    reply = put(page.locator("essay-assistant"), "why?")
    expect(reply).to_contain_text("Only half")
    expect(reply.get_by_role("alert")).to_contain_text("The answer was cut off before its end.")
    site.script = lambda: iter([event("done", **ANSWER)])
    reply.get_by_role("button", name="Try again").click()
    expect(page.locator(".chip")).to_have_text("1")
    assert [body["question"] for body in site.asked[-2:]] == ["why?", "why?"]
    assert page.locator(".turn").count() == 1


def test_an_error_in_the_stream_says_what_to_do_and_gives_its_reference(
    site: PortalSite, server: str, visit: Visit
) -> None:
    problem = {"status": 502, "detail": "The chat model is down. Ask again later.", "request_id": "r-17"}
    reply = put(visit(scripted(site, server, event("error", **problem))).locator("essay-assistant"))
    expect(reply.get_by_role("alert")).to_contain_text("The chat model is down. Ask again later.")
    expect(reply).to_contain_text("r-17")


def test_a_source_that_has_changed_since_is_shown_without_marks(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(scripted(site, server, event("done", **ANSWER)))
    source = {"id": "kites", "title": "Kites", "text": "New words.", "kind": "original", "sha256": "0"}
    page.route("**/fake/api/sources/kites", lambda route: route.fulfill(json=source))
    put(page.locator("essay-assistant")).locator(".chip").click()
    expect(page.locator(".changed")).to_contain_text("has changed since")
    expect(page.locator("article")).to_have_text("New words.")
    assert page.locator("article mark").count() == 0


def test_a_page_that_is_not_on_the_list_is_told_so(site: PortalSite, server: str, visit: Visit) -> None:
    widget = launched(visit(site.stranger + site.page(launcher(server))))
    alert = put(widget).get_by_role("alert")
    expect(alert).to_contain_text(f"does not answer pages of {site.stranger}")


def test_a_server_that_is_down_is_told_apart_from_one_that_refuses(
    site: PortalSite, server: str, visit: Visit, unused_tcp_port: int
) -> None:
    page = visit(site.page(launcher(server, server=f"http://127.0.0.1:{unused_tcp_port}/")))
    expect(put(launched(page)).get_by_role("alert")).to_contain_text("can’t be reached")


def test_what_the_sources_do_not_say_looks_different_and_offers_the_nearest_passages(
    site: PortalSite, server: str, visit: Visit
) -> None:
    widget = launched(visit(site.page(launcher(server))))
    reply = put(widget, UNANSWERABLE)
    expect(reply.locator(".abstained")).to_contain_text("Not in the sources")
    assert reply.locator(".nearest .source").count() in (1, 2, 3)
    opening = (reply.locator(".opening").first.text_content() or "").rstrip("\u00a0…")
    reply.locator(".nearest .source").first.click()
    assert opening in re.sub(r"\s+", " ", marked(widget))


def test_emoji_before_the_cited_words_do_not_move_the_mark(site: PortalSite, server: str, visit: Visit) -> None:
    widget = launched(visit(site.page(launcher(server, corpus="kites"))))
    reply = put(widget, "What ruins paper?")
    reply.locator(".chip").first.click()
    quote = httpx.post(
        f"{server}api/ask", json={"question": "What ruins paper?", "corpus": "kites"}, timeout=60
    ).json()["citations"][0]["quote"]
    assert marked(widget) == quote
    assert quote == "🎏 Rain ruins paper."


def test_what_a_model_writes_runs_nothing_and_asks_nothing_outside(
    site: PortalSite, server: str, chat: ChatServer, visit: Visit
) -> None:
    asked: list[str] = []
    page = visit(site.page(launcher(server, model="openai:local")))
    page.on("request", lambda request: asked.append(request.url))
    widget = launched(page)
    for attack in (
        "<img src=x onerror='window.broken=1'><script>window.broken=1</script>",
        "![x](https://evil.example/pixel.png) [click](javascript:window.broken=1)",
        "<svg onload=window.broken=1></svg> <style>*{display:none}</style> https://evil.example/",
    ):
        chat.reply = saying(attack)
        put(widget, f"Say this: {attack}")
    assert page.evaluate("window.broken") is None
    assert widget.locator(".reply :is(img, script, style, iframe, a), .asked :is(img, script, a)").count() == 0
    assert [url for url in asked if not url.startswith((server, site.origin))] == []


def test_a_rating_and_a_comment_arrive(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page(launcher(server)))
    sent: list[dict[str, object]] = []
    page.on("request", lambda r: sent.append(r.post_data_json) if r.url.endswith("/api/feedback") else None)
    reply = put(launched(page))
    with page.expect_response("**/api/feedback") as told:
        reply.get_by_role("button", name="Not helpful").click()
    assert told.value.status == 201
    expect(reply.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
    assert set(sent[0]) == {"answer_id", "rating"}
    reply.get_by_label("What was good or missing?").fill("Too short.")
    with page.expect_response("**/api/feedback") as told:
        reply.get_by_role("button", name="Send comment").click()
    assert told.value.status == 200
    assert (sent[1]["rating"], sent[1]["comment"], sent[1]["question"]) == ("down", "Too short.", QUESTION)
    expect(reply.get_by_text("Thank you.")).to_be_visible()


def test_a_follow_up_takes_the_conversation_along(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page(launcher(server)))
    widget = launched(page)
    put(widget)
    suggestion = widget.locator(".followups .option").first
    words = suggestion.text_content()
    with page.expect_request("**/api/ask") as asked:
        suggestion.click()
    assert asked.value.post_data_json["question"] == words
    assert [turn["role"] for turn in asked.value.post_data_json["history"]] == ["user", "assistant"]
    expect(widget.locator(".turn")).to_have_count(2)
    widget.locator(".turn").last.locator(".reply:not(.waiting, .writing)").wait_for()
    widget.get_by_role("button", name="New conversation").click()
    expect(widget.locator(".welcome")).to_be_visible()


def test_the_page_hears_of_answers_and_can_open_ask_and_close(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page(launcher(server)))
    heard = page.evaluate(
        """async (question) => {
            const heard = [];
            for (const name of ["open", "answer", "close"])
                document.addEventListener(`essay-assistant:${name}`, ({ detail }) => {
                    heard.push([name, detail?.citations?.length]);
                });
            const widget = document.querySelector("essay-assistant");
            const answer = await widget.ask(question);
            widget.close();
            return [heard, answer.citations.length];
        }""",
        QUESTION,
    )
    (opened, answered, closed), cited = heard
    assert cited > 1
    assert [opened, answered, closed] == [["open", None], ["answer", cited], ["close", None]]


def test_a_conversation_goes_on_on_the_next_page_in_its_language_and_on_the_full_page(
    site: PortalSite, server: str, visit: Visit
) -> None:
    page = visit(site.page(launcher(server)))
    widget = launched(page)
    case = put(widget, "5 million calls a month on one stable task, 3,000 clean labels, p95 is too high. Train?")
    case.get_by_role("button", name="labelled examples: 3,000").click()
    case.get_by_label("How many labelled examples are there?").fill("200")
    case.get_by_role("button", name="OK", exact=True).click()
    expect(widget.locator(".reply").last).to_contain_text("labelled examples: 3,000 → 200", timeout=20_000)
    expect(case.get_by_role("link", name="Open in the advisor")).to_have_attribute("href", re.compile("changes=yearly"))
    table = put(widget, "Compare the four essays on latency in a table")
    expect(table.locator("tr").filter(has_text="Tian Pan").first).to_contain_text("10x")
    table.get_by_text("How this was answered").click()
    expect(table.locator("th", has_text="Checked")).to_be_visible()
    widget.locator(".asked .icon").last.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("What is RAG good for?")
    page.keyboard.press("Enter")
    expect(widget.locator(".asked").last).to_contain_text("What is RAG")
    expect(widget.locator(".reply").last).to_have_class("reply", timeout=20_000)
    widget.get_by_label("Your question").fill("half a thought")
    page.goto(site.origin + site.page(launcher(server), lang="de"))
    widget = launched(page)
    expect(widget.get_by_role("heading", name="Die Essays befragen")).to_be_visible()
    expect(widget.locator(".turn")).to_have_count(3)
    expect(widget.get_by_label("Ihre Frage")).to_have_value("half a thought")
    with page.context.expect_page() as opened:
        widget.get_by_label("Ganze Seite").click()
    expect(opened.value.locator(".user-row")).to_have_count(3, timeout=30_000)
    expect(opened.value.locator(".case .fact del").first).to_have_text("3,000")
    widget.get_by_label("Neues Gespräch").click()
    page.reload()
    expect(launched(page).locator(".welcome")).to_be_visible()
