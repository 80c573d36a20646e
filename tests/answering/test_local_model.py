"""A real model behind llama.cpp: what is shown is borne out and cited exactly, and a cancelled answer stops it.

On two cores this takes half an hour, so it runs where ASSISTANT_TEST_MODEL names a GGUF file: ``make test-model``.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from answer_samples import Ask

from assistant.answering import local
from assistant.answering.calls import HEEDED, Stop
from assistant.answering.pipeline import Pipeline
from assistant.index.opened import OpenIndex
from assistant.settings import CHECKOUT, Settings, load_settings

FILE = os.environ.get("ASSISTANT_TEST_MODEL", "")
SUITE = CHECKOUT / "eval" / "reader-dev.jsonl"
PATIENCE = 900
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not FILE, reason="ASSISTANT_TEST_MODEL names no GGUF file: make test-model"),
    pytest.mark.skipif(find_spec(local.ENGINE) is None, reason=f"{local.ENGINE} is not installed: make model"),
]


def questions(most: int) -> list[str]:
    cases = [json.loads(line) for line in SUITE.read_text(encoding="utf-8").splitlines()]
    alone = [case["question"] for case in cases if not case["history"]]
    return alone[:: len(alone) // most][:most]


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    local.stop_all()


def settings(**more: object) -> Settings:
    patient = {"model_first_token": PATIENCE, "model_silence": PATIENCE, "model_timeout": PATIENCE}
    return load_settings(model=f"local:{Path(FILE).expanduser().resolve()}", **patient, **more)


@pytest.mark.parametrize(("task", "most"), [("write", 30), ("choose", 30)])
def test_what_is_shown_is_borne_out_and_cited_exactly(notes: OpenIndex, ask: Ask, task: str, most: int) -> None:
    pipeline = Pipeline(settings(model_task=task), notes)
    by_model = 0
    for question in questions(most):
        answer = ask(pipeline, question)
        by_model += answer.model.startswith("local")
        assert all(notes.essays[c.source_id].text[c.start : c.end] == c.quote for c in answer.citations), question
        assert all(claim.supported and claim.markers for claim in answer.claims), question
    assert by_model


def test_a_cancelled_answer_ends_at_once_and_leaves_the_server_free(notes: OpenIndex) -> None:
    chosen = settings()
    server = local.local_server(chosen)
    address, key = server.access()

    def busy() -> bool:
        slots = httpx.get(f"{address}/slots", headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60)
        return any(slot["is_processing"] for slot in slots.json())

    stop, ended = Stop(), threading.Event()

    def run() -> None:
        HEEDED.set(stop)
        with suppress(CancelledError):
            list(Pipeline(chosen, notes).stream(questions(1)[0]))
        ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not busy():
        assert time.monotonic() < deadline
    stop.set()
    assert ended.wait(1)
    while busy():  # it reads the tokens it has taken up
        assert time.monotonic() < deadline
