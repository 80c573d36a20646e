"""A conversation whose first question was broken off goes on as if it began."""

from pathlib import Path

from assistant import Assistant
from assistant.settings import load_settings
from assistant.store import Store
from assistant.web.desk import Asking, Begun, Desk
from assistant.web.ops.parts import Ops
from assistant.web.shelf import DEFAULT, Shelf


async def test_after_a_first_question_that_was_stopped_the_next_is_simply_answered(
    assistant: Assistant, tmp_path: Path
) -> None:
    settings = load_settings(keep_conversations=True)
    store = Store(f"sqlite:///{tmp_path / 'kept.sqlite3'}")
    desk = Desk(Shelf({DEFAULT: assistant}), settings, Ops.of(settings), store)
    first = desk.in_conversation(Asking("When is fine-tuning worth it?"))
    await (await desk.begin(first)).aclose()
    for count in (2, 4):
        going_on = desk.in_conversation(Asking("What is LoRA?", conversation_id=first.conversation_id))
        assert (await desk.answer(going_on)).answer
        assert len(store.history("local", str(first.conversation_id))) == count
    desk.close()
    store.close()


def test_of_those_begun_the_oldest_are_forgotten() -> None:
    begun = Begun(most=2)
    for name in ("a", "b", "c"):
        begun.add("me", name)
    assert [begun.has("me", name) for name in ("a", "b", "c")] == [False, True, True]
    assert not begun.has("you", "b")
