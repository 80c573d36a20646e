"""The way of a question from the route to the pipeline: few calls, and its body parsed once."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import httpx
import pytest
from fastapi import FastAPI, Request

import assistant as package
from assistant import Assistant
from assistant.answering.pipeline import Pipeline
from assistant.web.app import create_app
from assistant.web.jobs import Workers
from assistant.web.observe import bodies

OURS = str(Path(package.__file__).parent)
MOST = 5


@pytest.fixture
async def app(index_dir: object, assistant: Assistant) -> FastAPI:  # async, because Gradio wants a running loop
    return create_app(assistant)


def own_calls() -> list[str]:
    """The functions of the package on this thread's stack, innermost first."""
    found: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(OURS):
            found.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return found


def recorded(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, seen: list[list[str]]) -> None:
    real: Callable[..., object] = getattr(owner, name)

    def noting(*args: object, **kwargs: object) -> object:
        seen.append([name, *own_calls()])
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, noting)


@pytest.mark.parametrize("stream", [False, True])
async def test_five_calls_lead_from_the_route_to_the_pipeline(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    seen: list[list[str]] = []
    recorded(monkeypatch, Workers, "start", seen)  # the last call in the event loop, whose work goes on in a thread
    recorded(monkeypatch, Pipeline, "stream", seen)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60) as client:
        reply = await client.post("/api/ask", json={"question": "What is RAG good for?", "stream": stream})
    assert reply.status_code == 200
    in_the_loop, in_the_thread = seen
    route = next(place for place, call in enumerate(in_the_loop) if call.startswith("ask_routes."))
    way = [*reversed(in_the_loop[: route + 1]), *reversed(in_the_thread)]
    assert len(way) - 1 <= MOST, way


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ask", {"question": "What is RAG good for?"}),
        ("/api/advise", {"text": "We have 200 labelled tickets."}),
        ("/api/feedback", {"answer_id": "0" * 32, "rating": "up"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "What is RAG good for?"}]}),
    ],
)
async def test_a_body_is_parsed_once(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, object]
) -> None:
    parsed: list[bytes] = []
    real = bodies.from_json
    monkeypatch.setattr(bodies, "from_json", lambda data, **how: (parsed.append(data), real(data, **how))[1])
    monkeypatch.setattr(Request, "json", lambda _: pytest.fail("parsed again"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60) as client:
        assert (await client.post(path, json=body)).status_code in {200, 201}
    assert len(parsed) == 1
