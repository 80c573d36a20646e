"""Going back is putting the files back: nothing but the texts, the documents and the settings has a say."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from answer_samples import QUESTION
from chat_server import ChatServer, quoting, system

from assistant import Assistant
from assistant.answering.prompts import FOLDER, prompts_sha256

BEES = "# Bees\n\nA hive wants morning sun. Smoke calms the bees before the lid is lifted.\n"
ASKED = "What calms the bees?"


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    return Path(copytree(FOLDER, tmp_path / "prompts"))


@pytest.fixture
def assistant(index_dir: Path, prompts: Path, server: ChatServer) -> Iterator[Assistant]:
    server.reply = quoting(0)
    chosen = {"prompts": prompts, "model": "openai:local", "model_base_url": server.address}
    with Assistant(**chosen) as opened:
        yield opened


def test_a_prompt_put_back_is_as_if_it_had_never_changed(
    assistant: Assistant, prompts: Path, server: ChatServer
) -> None:
    before = assistant.ask(QUESTION)
    text = (prompts / "answer.md").read_text()
    (prompts / "answer.md").write_text(text + "\nWrite like a pirate.\n")
    changed = assistant.ask(QUESTION)
    (prompts / "answer.md").write_text(text)
    after = assistant.ask(QUESTION)
    first, second, third = map(system, server.requests)
    assert "Write like a pirate." in second
    assert changed.prompt_sha256 not in (before.prompt_sha256, prompts_sha256())
    assert before.prompt_sha256 == after.prompt_sha256 == prompts_sha256()
    assert first == third
    assert before.answer == after.answer


def test_a_document_put_back_gives_the_same_index_and_the_same_answer(index_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    file = tmp_path / "corpus" / "bees.md"
    chosen = {"corpus": str(tmp_path / "corpus"), "index": tmp_path / "index"}
    found = []
    for text in (BEES, BEES.replace("Smoke", "Sugar water"), BEES):
        file.write_text(text)
        with Assistant(**chosen) as assistant:
            answer = assistant.ask(ASKED)
            found.append((answer.index_fingerprint, answer.answer, answer.citations))
    assert found[0] == found[2]
    assert found[0][0] != found[1][0]
    assert "Sugar water" in found[1][1]
