"""What a person does on the chat page."""

from playwright.sync_api import FrameLocator, Locator, Page
from playwright.sync_api import TimeoutError as Late

FINISHED = ".bot-row:last-of-type :is(.answer:not(.waiting, .writing), .abstained, .problem)"


def ask_too_much(page: Page) -> Locator:
    """Sends a question that is too long past the box, which would keep it, and returns the server's refusal."""
    question = "why " * 2000
    page.get_by_label("Your question").fill(question)
    page.get_by_test_id("submit-button").dispatch_event("click")
    return reply_to(page, question)


def ask(page: Page, question: str) -> Locator:
    """Types the question, sends it, and returns the finished reply."""
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    try:
        _row(page, question).wait_for(timeout=10_000)
    except Late:
        box.press("Enter")  # Gradio drops one that comes while it is still busy with the page
    return reply_to(page, question)


def send(page: Page, question: str) -> None:
    """Sends what is in the box, as often as it takes: Gradio takes no question while it still ends a stopped one."""
    box = page.get_by_label("Your question")
    for _ in range(40):
        box.press("Enter")
        page.wait_for_timeout(500)
        if box.input_value() != question:
            return
    raise AssertionError("The question was never taken.")


def _row(page: Page, question: str) -> Locator:
    return page.locator(".user-row").last.get_by_text(question.split("\n")[0], exact=False)


def reply_to(page: Page, question: str) -> Locator:
    """The finished reply to a question that was sent."""
    _row(page, question).wait_for()
    reply = page.locator(".bot-row").last
    reply.locator(":is(.answer:not(.waiting, .writing), .abstained, .problem)").wait_for()
    return reply


def reader(page: Page) -> FrameLocator:
    """The open source reader."""
    return page.frame_locator("#reader iframe")


def marked(page: Page) -> str:
    """The words marked in the open source reader, once they are there."""
    mark = reader(page).locator("mark#cited")
    mark.wait_for()
    return mark.inner_text()


def hidden_width(page: Page) -> int:
    """How many pixels of the page lie to the right of the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
