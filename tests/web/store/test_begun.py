"""Conversations are kept from the first answer on, whatever becomes of the questions around it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from anyio import to_thread

from assistant import Assistant
from assistant.answering.stages import Done
from assistant.errors import AssistantError
from assistant.settings import load_settings
from assistant.store import Store
from assistant.types import Answer, Turn
from assistant.web.asking import Asking
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.conversations import UNKEPT, Begun
from assistant.web.observe.answers import Ops
from assistant.web.observe.problems import problem_of
from assistant.web.service import Desk

FIRST, NEXT = "When is fine-tuning worth it?", "What is LoRA?"
AtDesk = Callable[[Store], Desk]


class Held(Store):
    """A store that keeps an answer once it is let; ``entered`` tells that it has one, ``left`` that it is kept."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.entered, self.let, self.left = threading.Event(), threading.Event(), threading.Event()

    def keep(
        self, owner: str, conversation_id: str | None, corpus: str | None, answer: Answer, *, new: bool = False
    ) -> str:
        self.entered.set()
        self.let.wait(20)
        kept = super().keep(owner, conversation_id, corpus, answer, new=new)
        self.left.set()
        return kept


@pytest.fixture
def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'kept.sqlite3'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    made.close()


@pytest.fixture
def at_desk(assistant: Assistant) -> Iterator[AtDesk]:
    opened = []

    def made(store: Store) -> Desk:
        settings = load_settings(keep_conversations=True)
        opened.append(Desk(Shelf({DEFAULT: assistant}), settings, Ops.of(settings), store))
        return opened[-1]

    yield made
    for desk in opened:
        desk.close()


def following(desk: Desk, first: Asking, question: str = NEXT, **more: object) -> Asking:
    return desk.in_conversation(Asking(question, conversation_id=first.conversation_id, **more))  # type: ignore[arg-type]


def kept(store: Store, asking: Asking) -> list[str]:
    """The questions kept in its conversation."""
    return [each.question for each in store.conversation("local", str(asking.conversation_id)).exchanges]


async def test_after_a_first_question_that_was_stopped_the_next_is_simply_answered(
    at_desk: AtDesk, store: Store
) -> None:
    desk = at_desk(store)
    first = desk.in_conversation(Asking(FIRST))
    await (await desk.begin(first)).aclose()
    for count in (2, 4):
        assert (await desk.answer(following(desk, first))).answer
        assert len(store.history("local", str(first.conversation_id))) == count


async def test_a_second_question_before_the_first_is_answered_is_kept_with_it(at_desk: AtDesk, store: Store) -> None:
    desk = at_desk(store)
    first = desk.in_conversation(Asking(FIRST))
    begun = await desk.begin(first)
    second = await desk.answer(following(desk, first))
    notices = [event.answer.notices async for event in begun if isinstance(event, Done)]
    third = await desk.answer(following(desk, first, "And what does it cost?"))
    assert not any(UNKEPT in notice for notice in (*second.notices, *third.notices, *notices[0]))
    assert kept(store, first) == [NEXT, FIRST, "And what does it cost?"]


async def test_a_caller_who_leaves_while_the_first_answer_is_kept_goes_on_with_it(at_desk: AtDesk, url: str) -> None:
    store = Held(url)
    desk = at_desk(store)
    first = desk.in_conversation(Asking(FIRST))
    asked = asyncio.create_task(desk.answer(first))
    await to_thread.run_sync(store.entered.wait, 20)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    store.let.set()
    await to_thread.run_sync(store.left.wait, 20)
    again = await desk.answer(following(desk, first, "And how long does it take?"))
    assert again.standalone_question != again.question
    assert not any(UNKEPT in notice for notice in again.notices)
    assert kept(store, first) == [FIRST, "And how long does it take?"]
    store.close()


async def test_an_answer_whose_conversation_was_deleted_meanwhile_is_still_given(at_desk: AtDesk, store: Store) -> None:
    desk = at_desk(store)
    first = desk.in_conversation(Asking(FIRST))
    await desk.answer(first)
    events = await desk.begin(following(desk, first))
    store.delete("local", str(first.conversation_id))
    (answer,) = [event.answer async for event in events if isinstance(event, Done)]
    assert answer.citations
    assert answer.notices[-1].startswith(UNKEPT)
    assert store.conversations("local") == ()


async def test_without_its_database_a_question_that_brings_its_history_is_answered(
    at_desk: AtDesk, store: Store, folder: Path
) -> None:
    desk = at_desk(store)
    first = desk.in_conversation(Asking(FIRST))
    before = await desk.answer(first)
    (folder / "kept.sqlite3").unlink()
    (folder / "kept.sqlite3").write_bytes(b"no database" * 500)
    said = Turn(role="user", content=FIRST), Turn(role="assistant", content=before.answer)
    answer = await desk.answer(following(desk, first, "And how long does it take?", history=said))
    assert answer.standalone_question != answer.question
    assert answer.notices[-1].startswith(UNKEPT)
    with pytest.raises(AssistantError) as refused:
        await desk.answer(following(desk, first))
    assert problem_of(refused.value).code == "store_unavailable"
    for said_of_it in (answer.notices[-1], str(refused.value)):
        assert "is damaged" in said_of_it
        assert str(folder) not in said_of_it


def test_of_those_begun_the_oldest_are_forgotten() -> None:
    begun = Begun(most=2)
    for name in ("a", "b", "c"):
        begun.add("me", name)
    assert [begun.has("me", name) for name in ("a", "b", "c")] == [False, True, True]
    assert not begun.has("you", "b")
