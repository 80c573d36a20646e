"""Conversations that a server keeps: a question goes on with what was said before, for its owner alone."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from running import QUESTION, application, ask, events

SETTINGS = {"keep_conversations": True, "api_keys": "ann:ann-key-of-16-letters,bob:bob-key-of-16-letters"}
ANN, BOB = ({"Authorization": f"Bearer {name}-key-of-16-letters"} for name in ("ann", "bob"))


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory, index_dir: Path) -> Iterator[httpx.Client]:
    database = f"sqlite:///{tmp_path_factory.mktemp('kept') / 'kept.sqlite3'}"
    with application(database_url=database, **SETTINGS) as served:
        yield served


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_goes_on_with_the_conversation_it_names(keeping: httpx.Client, stream: bool) -> None:
    first = ask(keeping, "What does fine-tuning cost?", headers=ANN, stream=stream)
    known = first.headers["x-conversation-id"]
    second = ask(keeping, "And RAG?", headers=ANN, conversation_id=known, stream=stream)
    assert second.headers["x-conversation-id"] == known
    answer = events(second.text)[-1][1] if stream else second.json()
    assert answer["standalone_question"] != "And RAG?"
    kept = keeping.get(f"/api/conversations/{known}", headers=ANN).json()["exchanges"]
    assert [each["question"] for each in kept] == ["What does fine-tuning cost?", "And RAG?"]
    assert kept[-1]["answer"] == answer


def test_the_history_that_is_sent_counts_before_the_kept_one(keeping: httpx.Client) -> None:
    known = ask(keeping, QUESTION, headers=ANN).headers["x-conversation-id"]
    said = [
        {"role": "user", "content": "Tell me of prompting."},
        {"role": "assistant", "content": "Prompting is fast."},
    ]
    sent = ask(keeping, "And RAG?", headers=ANN, conversation_id=known, history=said).json()
    alone = ask(keeping, "And RAG?", headers=ANN, history=said).json()
    assert sent["standalone_question"] == alone["standalone_question"]


@pytest.mark.parametrize("stream", [False, True])
def test_nobody_goes_on_with_anothers_conversation_nor_with_none(keeping: httpx.Client, stream: bool) -> None:
    known = ask(keeping, QUESTION, headers=ANN).headers["x-conversation-id"]
    for conversation in (known, "0" * 32, "' OR 1=1 --"):
        for history in ([], [{"role": "user", "content": "x"}]):
            reply = ask(keeping, "And RAG?", headers=BOB, conversation_id=conversation, history=history, stream=stream)
            assert reply.status_code == 404
            assert reply.headers["content-type"] == "application/problem+json"


def test_where_nothing_is_kept_an_id_is_no_matter(client: httpx.Client) -> None:
    reply = ask(client, conversation_id="0" * 32)
    assert reply.status_code == 200
    assert "x-conversation-id" not in reply.headers
