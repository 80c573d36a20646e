"""What the log tells of requests and answers, and what it never tells."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from assistant import Assistant
from assistant.answering.stages import Token
from assistant.errors import ModelUnavailable
from assistant.settings import Settings, load_settings
from assistant.web.app import layers
from assistant.web.asking import Principal
from assistant.web.guard import Guard
from assistant.web.observe import logs
from assistant.web.observe.answers import Answers, Ops
from assistant.web.observe.problems import install_problems
from assistant.web.observe.telemetry import Metrics

CANARY = "sk-canary-0123456789abcdef"
ANN = Principal("ann", "key")


@contextmanager
def logged(settings: Settings) -> Iterator[list[dict[str, Any]]]:
    """The events of the log while the block runs; the log is as it was behind it."""
    root, libraries = logging.getLogger(), [logging.getLogger(n) for n in ("assistant", "uvicorn", "uvicorn.error")]
    before = list(root.handlers), root.level, [(each.handlers, each.level, each.propagate) for each in libraries]
    stream, events = io.StringIO(), list[dict[str, Any]]()
    try:
        logs.set_up(settings, stream)
        yield events
    finally:
        logging.captureWarnings(False)
        root.handlers, root.level = before[0], before[1]
        for each, (handlers, level, propagate) in zip(libraries, before[2], strict=True):
            each.handlers, each.level, each.propagate = handlers, level, propagate
        for each in (root, *libraries):
            each.manager._clear_cache()  # type: ignore[attr-defined]
        events.extend(json.loads(line) for line in stream.getvalue().splitlines())


def application(settings: Settings) -> FastAPI:
    app = FastAPI(middleware=layers(settings, Guard.of(settings), Ops.of(settings)))
    install_problems(app)

    @app.get("/fails/{name}")
    def fails(name: str) -> str:
        secret = CANARY
        raise ValueError(f"bad {secret} {name}") from KeyError(CANARY)

    @app.get("/model")
    def model() -> str:
        raise ModelUnavailable("The chat model is down.", "Try later.")

    @app.get("/breaks")
    def breaks() -> StreamingResponse:
        def words() -> Iterator[str]:
            yield "one"
            raise ValueError(CANARY)

        return StreamingResponse(words(), media_type="text/event-stream")

    @app.get("/gone")
    def gone() -> str:
        raise ClientDisconnect

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


async def ask(path: str, settings: Settings, **headers: str) -> tuple[httpx.Response, list[dict[str, Any]]]:
    transport = httpx.ASGITransport(application(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with logged(settings) as events:
            reply = await client.get(path, headers=headers)
    return reply, events


async def test_a_request_is_one_line_with_the_route_and_not_the_path() -> None:
    reply, events = await ask(f"/model?key={CANARY}", load_settings())
    (event,) = events
    assert event["event"] == "request"
    assert event["level"] == "info"
    assert {name: event[name] for name in ("method", "route", "status", "principal")} == {
        "method": "GET", "route": "/model", "status": 502, "principal": "open",
    }  # fmt: skip
    assert event["ms"] > 0
    assert event["request_id"] == reply.headers["x-request-id"] == reply.json()["request_id"]
    assert CANARY not in str(events)


async def test_a_callers_own_id_is_taken_and_given_back() -> None:
    reply, (event,) = await ask("/model", load_settings(), **{"X-Request-ID": "portal-7.a_B"})
    assert reply.headers.get_list("x-request-id") == ["portal-7.a_B"]
    assert event["request_id"] == "portal-7.a_B"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", 'a"b'])
async def test_an_id_that_is_not_sane_is_replaced(given: str) -> None:
    reply, _ = await ask("/model", load_settings(), **{"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])


async def test_what_nobody_expected_is_a_500_that_says_what_to_do_and_is_told_once_without_its_words() -> None:
    reply, events = await ask("/fails/x", load_settings(log_level="debug"))
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert "request id" in reply.json()["detail"]
    failures = [event for event in events if event["level"] == "error"]
    assert [event["event"] for event in failures] == ["request failed"]
    told, cause = failures[0]["exception"]
    assert (told["type"], cause["type"]) == ("ValueError", "KeyError")
    assert re.search(r"test_access_log\.py:\d+ fails$", told["frames"][-1])
    assert failures[0]["request_id"] == reply.headers["x-request-id"]
    assert CANARY not in str(events) + reply.text


async def test_a_stream_that_breaks_is_cut_off_and_told_once() -> None:
    settings = load_settings()
    transport = httpx.ASGITransport(application(settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with logged(settings) as events:
            await client.get("/breaks")
            try:
                raise ValueError(CANARY)
            except ValueError as error:
                logs.told(error)
                logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)
    assert [event["event"] for event in events] == ["request failed", "request"]
    assert CANARY not in str(events)


async def test_a_caller_who_left_is_no_failure() -> None:
    _, events = await ask("/model", load_settings())
    settings = load_settings()
    transport = httpx.ASGITransport(application(settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with logged(settings) as events, pytest.raises(AssertionError):  # httpx's own: there is no reply
            await client.get("/gone")
    assert [(event["level"], event["status"]) for event in events] == [("info", 499)]


async def test_probes_are_told_at_debug_only() -> None:
    assert (await ask("/healthz", load_settings()))[1] == []
    assert [e["level"] for e in (await ask("/healthz", load_settings(log_level="debug")))[1]] == ["debug"]
    assert (await ask("/model", load_settings(log_level="warning")))[1] == []


def test_libraries_speak_in_the_same_form_from_warnings_on() -> None:
    with logged(load_settings(log_level="debug")) as events:
        logging.getLogger("httpcore.http11").debug("send %s", CANARY)
        logging.getLogger("httpx").info("GET %s", CANARY)
        logging.getLogger("uvicorn.error").warning("Invalid %s", "request")
        try:
            raise RuntimeError(CANARY)
        except RuntimeError as error:
            logging.getLogger("asyncio").error(f"Task failed\nfuture: <Task {error!r}>", exc_info=error)
    assert [(event["event"], event["level"]) for event in events] == [
        ("Invalid request", "warning"), ("Task failed", "error"),
    ]  # fmt: skip
    assert CANARY not in str(events)


def test_on_a_terminal_the_log_is_for_people() -> None:
    stream = io.StringIO()
    with logged(load_settings()):
        logs.set_up(load_settings(log_format="console"), stream)
        logs.logger("assistant.web.x").info("answer", ms=5, outcome="answered")
    assert re.search(r"\[info +\] answer .*ms=5 outcome=answered", stream.getvalue())


def watching(answer_settings: Settings, assistant: Assistant, question: str) -> list[dict[str, Any]]:
    answers = Answers(answer_settings, Metrics(answer_settings), None)
    request = structlog.contextvars.bound_contextvars(request_id="r1")
    with logged(answer_settings) as events, request, answers.watching(ANN, question) as watched:
        for event in assistant.stream(question):
            watched.saw(event)
    return events


def test_an_answer_is_one_line_without_the_question(index_dir: object, assistant: Assistant) -> None:
    (event,) = watching(load_settings(), assistant, "What is RAG good for?")
    assert {name: event[name] for name in ("event", "outcome", "model", "abstained", "principal", "request_id")} == {
        "event": "answer", "outcome": "answered", "model": "extractive", "abstained": False, "principal": "key",
        "request_id": "r1",
    }  # fmt: skip
    assert event["citations"] > 0
    assert 0 < event["first_token_ms"] <= event["ms"]
    assert event["tokens"] == {"input": 0, "output": 0, "cached_input": 0}
    assert "RAG" not in str(event)


def test_questions_are_told_where_a_setting_asks_for_it(index_dir: object, assistant: Assistant) -> None:
    (event,) = watching(load_settings(log_questions=True), assistant, "What is RAG good for?")
    assert event["question"] == "What is RAG good for?"


@pytest.mark.parametrize(
    ("error", "told"),
    [(GeneratorExit(), "stopped"), (ModelUnavailable("Down."), "model_unavailable"), (ValueError(CANARY), "failed")],
)
def test_an_answer_that_did_not_come_is_told_with_why(error: BaseException, told: str) -> None:
    settings = load_settings()

    def breaks_off() -> None:
        with Answers(settings, Metrics(settings), None).watching(ANN, "Why?") as watched:
            watched.saw(Token("a"))
            raise error

    with logged(settings) as events, pytest.raises(type(error)):
        breaks_off()
    assert [event["outcome"] for event in events] == [told]
    assert CANARY not in str(events)


def test_nothing_is_printed_on_stdout_where_no_log_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    logs.logger("assistant.web.x").info("quiet")
    assert capsys.readouterr().out == ""
