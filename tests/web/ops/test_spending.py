"""What an answer costs its caller, also where it is broken off, and what a refused question does not cost."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from chat_server import Body, ChatServer, quoting
from thread_server import under

from assistant import Assistant
from assistant.answering.models import ChatModel
from assistant.answering.stages import Done, Token
from assistant.errors import AssistantError
from assistant.settings import load_settings
from assistant.types import Usage
from assistant.web.asking import Asking, Principal
from assistant.web.catalog import DEFAULT, Shelf, changed
from assistant.web.observe.answers import Ops
from assistant.web.observe.problems import Problem, problem_of
from assistant.web.service import Desk

ANN = Principal("ann", "key")
QUESTION = "When is fine-tuning worth it?"
MODEL = "openai:local"
AtDesk = Callable[..., tuple[Desk, Ops]]


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def at_desk(assistant: Assistant, chat: ChatServer) -> Iterator[AtDesk]:
    """``at_desk(token_cap="1/day")``: a desk that offers a chat model, under these limits; and what it counts with."""
    opened: list[Desk] = []

    def made(**limits: object) -> tuple[Desk, Ops]:
        settings = load_settings(models=MODEL, model_base_url=chat.address, model_api_key="k", **limits)
        ops = Ops.of(settings)
        opened.append(Desk(Shelf({DEFAULT: under(assistant, settings)}), settings, ops))
        return opened[-1], ops

    yield made
    for desk in opened:
        desk.close()
        desk.wait()


def asking(**more: object) -> Asking:
    return Asking(**{"question": QUESTION, "model": MODEL, "principal": ANN, **more})  # type: ignore[arg-type]


async def refused(desk: Desk, question: Asking) -> str | None:
    """The code of the refusal, None where it is answered."""
    try:
        await desk.answer(question)
    except AssistantError as error:
        return problem_of(error).code
    return None


async def once_there_is_room(desk: Desk, question: Asking) -> str | None:
    """The same, asked again in a moment as a server without room says: the last answer's thread may be ending."""
    for _ in range(600):
        if (told := await refused(desk, question)) != "busy":
            return told
        await asyncio.sleep(0.05)
    raise AssertionError("There is no room for good.")


async def broken_off(desk: Desk, question: Asking) -> None:
    """Asks, and leaves with the first words."""
    events = await desk.begin(question)
    async for event in events:
        assert not isinstance(event, Done)
        if isinstance(event, Token):
            break
    await events.aclose()


def writing_on(chat: ChatServer) -> Callable[[Body], Iterator[str]]:
    """A model that says a sentence, and no more until the test goes on."""

    def reply(body: Body) -> Iterator[str]:
        yield from quoting(0, 1)(body)
        chat.wait()

    return reply


async def test_who_leaves_before_the_end_pays_for_the_words_so_far(at_desk: AtDesk, chat: ChatServer) -> None:
    chat.reply = writing_on(chat)
    desk, ops = at_desk(token_cap="500/day")
    await broken_off(desk, asking())
    with pytest.raises(Problem, match="used up"):
        await ops.caps.check(ANN)
    assert await refused(desk, asking()) == "token_cap"
    assert len(chat.requests) == 1


async def test_an_answer_given_up_as_too_slow_is_paid_for(at_desk: AtDesk, chat: ChatServer) -> None:
    chat.reply = writing_on(chat)
    desk, _ = at_desk(token_cap="500/day", answer_timeout=2.0)
    assert await refused(desk, asking()) == "timeout"
    assert await refused(desk, asking()) == "token_cap"


async def test_who_gives_up_waiting_for_the_whole_answer_pays_too(at_desk: AtDesk, chat: ChatServer) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def reply(body: Body) -> Iterator[str]:
        loop.call_soon_threadsafe(begun.set)
        chat.wait()
        yield "late"

    chat.reply = reply
    desk, _ = at_desk(token_cap="500/day")
    waiting = asyncio.create_task(desk.answer(asking()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await refused(desk, asking()) == "token_cap"


async def test_a_whole_answer_costs_what_the_model_reports_and_nothing_more(at_desk: AtDesk, chat: ChatServer) -> None:
    chat.usage = lambda _: {"prompt_tokens": 60, "completion_tokens": 30, "total_tokens": 90}
    desk, ops = at_desk(token_cap="100/day")
    assert (await desk.answer(asking())).usage == Usage(input_tokens=60, output_tokens=30)
    await ops.caps.check(ANN)
    await ops.caps.spend(ANN, Usage(input_tokens=10))
    assert await refused(desk, asking()) == "token_cap"


async def test_a_whole_answer_of_a_model_that_reports_nothing_is_estimated(at_desk: AtDesk) -> None:
    desk, _ = at_desk(token_cap="500/day")
    assert (await desk.answer(asking())).usage == Usage()
    assert await refused(desk, asking()) == "token_cap"


async def test_no_chat_model_and_ones_own_cost_nothing(at_desk: AtDesk, chat: ChatServer) -> None:
    chat.reply = writing_on(chat)
    desk, ops = at_desk(token_cap="1/day")
    await broken_off(desk, asking(model="extractive"))
    settings = changed(desk.settings, model="openai:theirs")
    await broken_off(desk, asking(own_model=lambda: ChatModel(settings)))
    assert len(chat.requests) == 1
    await ops.caps.check(ANN)


async def test_a_question_beyond_the_callers_share_does_not_count_against_the_others(at_desk: AtDesk) -> None:
    desk, ops = at_desk(token_cap="1/day", rate_limit="2/hour")
    await ops.caps.spend(ANN, Usage(input_tokens=1))
    assert [await refused(desk, asking()) for _ in range(4)] == ["token_cap"] * 4
    free = asking(model="extractive")  # as the refusal advises
    assert [await refused(desk, free) for _ in range(3)] == [None, None, "rate_limited"]


async def test_a_question_for_which_there_is_no_room_is_not_counted(at_desk: AtDesk, chat: ChatServer) -> None:
    chat.reply = writing_on(chat)
    desk, _ = at_desk(max_askers=1, rate_limit="2/hour")
    first = await desk.begin(asking())
    assert [await refused(desk, asking(model="extractive")) for _ in range(4)] == ["busy"] * 4
    await first.aclose()
    free = asking(model="extractive")
    assert [await once_there_is_room(desk, free) for _ in range(2)] == [None, "rate_limited"]


async def test_a_question_that_is_refused_leaves_its_room_to_the_next(at_desk: AtDesk) -> None:
    desk, _ = at_desk(max_askers=1, rate_limit="1/hour")
    free = asking(model="extractive")
    told = [await once_there_is_room(desk, free) for _ in range(4)]
    assert told == [None, *["rate_limited"] * 3]
    assert await refused(desk, replace(free, principal=Principal("bob", "key"))) is None
