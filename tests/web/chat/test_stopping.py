"""What a person does while an answer is still being written by a slow model."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from serving import serving
from talking import reply_to, send

pytestmark = pytest.mark.browser
FIRST, SECOND = "When should I fine-tune instead of using RAG?", "What is RAG good for?"


class SlowModel(BaseHTTPRequestHandler):
    """Streams two cited sentences, and the end only when it is let go on."""

    let_go_on: threading.Event

    def do_POST(self) -> None:
        prompt = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][0]["content"]
        sentences = prompt.rpartition("Numbered sentences")[2]
        listed = re.findall(r"^\[(\d+)\] (?:\(.*?\) )?(\S.*)$", sentences, re.MULTILINE)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for number, text in listed[:2]:
                self.say({"content": f"{text} [{number}]\n\n"})
            self.let_go_on.wait(20)
            self.say({}, "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        except ConnectionError:  # the answer was stopped
            return

    def say(self, delta: dict[str, str], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "local", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keeps stderr for the tests."""


@contextmanager
def slow_model() -> Iterator[tuple[str, threading.Event]]:
    """Its address, and what lets it go on."""
    go_on = threading.Event()
    handler = type("Handler", (SlowModel,), {"let_go_on": go_on})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", go_on
        go_on.set()
        server.shutdown()


@pytest.fixture(scope="module")
def slow_chat(index_dir: Path) -> Iterator[tuple[str, threading.Event]]:
    """The chat's address, and what lets its model go on."""
    with (
        slow_model() as (model, go_on),
        serving(model="openai:local", model_base_url=model, model_api_key="k") as (_, address),
    ):
        yield address, go_on


@pytest.fixture
def waiting_page(browser: Browser, slow_chat: tuple[str, threading.Event]) -> Iterator[tuple[Page, threading.Event]]:
    """The chat with a question asked whose answer has begun, and what lets the answer end."""
    address, go_on = slow_chat
    go_on.clear()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Your question").fill(FIRST)
        page.get_by_role("button", name="Send").click()
        page.locator("#chat .writing p").first.wait_for()
        yield page, go_on
        go_on.set()


def test_a_question_sent_while_an_answer_is_written_waits_for_it_and_can_be_taken_back(
    waiting_page: tuple[Page, threading.Event],
) -> None:
    page, go_on = waiting_page
    box, hint = page.get_by_label("Your question"), page.locator("#hint")
    box.press_sequentially(SECOND)
    box.press("Enter")
    expect(hint).to_contain_text("asked once the answer is written")
    box.press("Escape")
    expect(hint).to_be_hidden()
    expect(box).to_have_value(SECOND)
    box.press("Enter")
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    go_on.set()
    reply_to(page, SECOND)
    expect(page.locator(".user-row")).to_have_count(2)
    expect(box).to_have_value("")


def test_stop_ends_the_answer_at_once_and_the_next_question_is_answered(
    waiting_page: tuple[Page, threading.Event],
) -> None:
    page, go_on = waiting_page
    box = page.get_by_label("Your question")
    box.press_sequentially(SECOND)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".bot-row").last).to_contain_text("Stopped.")
    expect(box).to_have_value(SECOND)
    go_on.set()
    send(page, SECOND)
    reply_to(page, SECOND)
    expect(page.locator(".bot-row").first).to_contain_text("Stopped.")
    page.get_by_role("button", name="Try again").click()  # which begins anew from there
    reply_to(page, FIRST)
    expect(page.locator(".user-row")).to_have_text([FIRST])
    expect(page.locator(".reply")).not_to_contain_text("Stopped.")


def test_new_chat_while_an_answer_is_written_stays_new(waiting_page: tuple[Page, threading.Event]) -> None:
    page, go_on = waiting_page
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".example").first).to_be_visible()
    page.wait_for_timeout(1000)  # until the server has heard of it
    go_on.set()
    page.get_by_label("Your question").fill(SECOND)
    send(page, SECOND)
    reply_to(page, SECOND)
    expect(page.locator(".user-row")).to_have_count(1)


def test_a_question_that_had_no_answer_when_the_page_was_reloaded_is_in_the_box(
    waiting_page: tuple[Page, threading.Event],
) -> None:
    page, go_on = waiting_page
    page.reload()
    box = page.get_by_label("Your question")
    expect(box).to_have_value(FIRST)
    expect(page.locator("#spoken")).to_contain_text("It is in the box again.")
    expect(page.locator("#first")).to_have_count(0)
    go_on.set()
    box.press("Enter")
    reply_to(page, FIRST)
    page.reload()
    expect(page.locator(".user-row")).to_have_text([FIRST])
    expect(box).to_have_value("")
