"""What a person does with the widget."""

from playwright.sync_api import FrameLocator, Locator, Page, expect

QUESTION = "When should I fine-tune instead of using RAG?"
UNANSWERABLE = "Which GPU did they use for GSM8K?"
FINISHED = ".reply:not(.waiting, .writing)"
SHOWN = "article :not(.syntax) > mark"


def launched(page: Page) -> Locator:
    """The widget behind the launcher, with its panel open."""
    widget = page.locator("essay-assistant[data-mode=launcher]")
    widget.locator(".launcher").click()
    expect(widget.locator(".panel")).to_be_visible()
    return widget


def put(widget: Locator | FrameLocator, question: str = QUESTION) -> Locator:
    """Types the question, sends it, and returns the finished reply."""
    box = widget.locator(".composer textarea")
    before = widget.locator(".reply").count()
    box.fill(question)
    box.press("Enter")
    expect(widget.locator(".reply")).to_have_count(before + 1)
    reply = widget.locator(".reply").last
    expect(reply).to_have_class("reply", timeout=20_000)
    return reply


def marked(widget: Locator | FrameLocator) -> str:
    """The words marked in the open source reader, once they are there; its paragraphs are apart by a space."""
    widget.locator(SHOWN).first.wait_for()
    return " ".join(widget.locator(SHOWN).all_text_contents())
