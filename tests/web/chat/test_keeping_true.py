"""What the page says of keeping is true: after a restart of the server, signed out, and where the server keeps too."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect
from serving import serving
from talking import ask, reply_to

pytestmark = pytest.mark.browser
QUESTION = "What does Tian Pan say about catastrophic forgetting?"
OTHER = "When does fine-tuning break even?"
THIRD = "What do evals have to do with it?"
LAST = "Is a model's knowledge cut-off a reason to fine-tune?"
KEY = "essay-assistant.conversations"


def kept(page: Page) -> list[list[str]]:
    """The questions of each conversation the browser keeps, the newest first."""
    found = json.loads(page.evaluate(f"localStorage.getItem('{KEY}') ?? '[]'"))
    return [[exchange["question"] for exchange in each["exchanges"]] for each in found]


@pytest.mark.parametrize("cleared", [False, True])
def test_signed_out_the_page_tells_whether_the_conversation_is_kept(
    open_page: Callable[..., Page], cleared: bool
) -> None:
    page = open_page()
    ask(page, QUESTION)
    if cleared:
        page.evaluate("localStorage.clear()")
    page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(status=401, json={"detail": "Sign in."}))
    page.get_by_label("Your question").fill(OTHER)
    page.keyboard.press("Enter")
    said = "no longer kept in your browser" if cleared else "this conversation is kept in your browser"
    expect(page.locator("#banner")).to_contain_text(said)
    page.locator(".toast-wrap").first.wait_for(state="attached")
    expect(page.locator(".toast-body")).to_be_hidden()


def test_where_the_server_keeps_too_the_history_says_so_and_deletes_both(browser: Browser, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'kept.sqlite3'}"
    with serving(keep_conversations="true", retention_days="7", database_url=database) as (_, address):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        ask(page, QUESTION)
        found = page.evaluate(f"JSON.parse(localStorage.getItem('{KEY}'))[0].exchanges[0].conversation_id")
        assert urlopen(f"{address}api/conversations/{found}").status == 200
        page.get_by_role("button", name="History").click()
        drawer = page.get_by_role("dialog", name="Earlier conversations")
        expect(drawer).to_contain_text("on the server for 7 days")
        drawer.get_by_role("button", name="Delete all").click()
        drawer.get_by_role("button", name="Delete it for good?").click()
        expect(page.locator("#spoken")).to_have_text("All conversations were deleted.")
        assert page.request.get(f"{address}api/conversations/{found}").status == 404
        context.close()


def test_a_server_that_was_restarted_takes_nothing_from_the_history(browser: Browser) -> None:
    with serving() as (_, address):
        page = browser.new_context().new_page()
        page.goto(address)
        ask(page, QUESTION)
        ask(page, OTHER)
    port = address.rstrip("/").rpartition(":")[2]
    with serving(port=port) as (_, again):
        assert again == address
        page.get_by_label("Your question").fill(THIRD)
        page.keyboard.press("Enter")
        expect(page.locator("#chat .user-row")).to_have_count(1)
        reply_to(page, THIRD)
        ask(page, LAST)
        assert kept(page) == [[THIRD, LAST], [QUESTION, OTHER]]
        page.context.close()
