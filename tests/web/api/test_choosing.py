"""Models and corpora a question may name."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chat_server import ChatServer, quoting
from running import application, ask

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.catalog import Shelf

HANDBOOK = """---
title: The Garden Handbook
---

# Watering

Tomatoes want a litre of water each morning. Basil wants half a litre in the evening.
"""


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handbook")
    (folder / "garden.md").write_text(HANDBOOK, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def choosy(chat: ChatServer, handbook: Path, index_dir: Path) -> Iterator[httpx.Client]:
    offered = {"models": "openai:small, openai:large", "corpora": f"garden={handbook}"}
    with application(model_base_url=chat.address, model_api_key="k", **offered) as served:
        yield served


def test_everything_on_offer_is_told(choosy: httpx.Client) -> None:
    offer = choosy.get("/api/models").json()
    assert [model["id"] for model in offer["models"]] == ["extractive", "openai:small", "openai:large"]
    assert [model["id"] for model in offer["models"] if model["default"]] == ["extractive"]
    assert offer["corpora"] == ["default", "garden"]


def test_the_model_that_is_named_answers(choosy: httpx.Client, chat: ChatServer) -> None:
    chat.reply = quoting(0)
    for name, asked in (("openai:small", "small"), ("openai:large", "large")):
        assert ask(choosy, model=name).json()["model"] == name
        assert chat.requests[-1]["model"] == asked
    before = len(chat.requests)
    assert ask(choosy, model="extractive").json()["model"] == "extractive"
    assert ask(choosy).json()["model"] == "extractive"
    assert len(chat.requests) == before


def test_a_name_nobody_offers_is_refused_with_those_on_offer(choosy: httpx.Client) -> None:
    for body, code, offered in (
        ({"model": "openai:huge"}, "unknown_model", "openai:large"),
        ({"corpus": "attic"}, "unknown_corpus", "garden"),
    ):
        problem = ask(choosy, **body).json()
        assert (problem["status"], problem["code"]) == (422, code)
        assert offered in problem["detail"]
        assert not {"openai:huge", "attic"} & set(problem["detail"].split())


def test_each_corpus_answers_from_its_own_documents(choosy: httpx.Client) -> None:
    answer = ask(choosy, "How much water do tomatoes want?", corpus="garden").json()
    assert {citation["source_id"] for citation in answer["citations"]} == {"garden"}
    assert choosy.get("/api/sources", params={"corpus": "garden"}).json()["sources"][0]["id"] == "garden"
    assert choosy.get("/api/sources/garden", params={"corpus": "garden"}).json()["text"]
    assert choosy.get("/api/sources/garden").status_code == 404
    assert choosy.get("/api/search", params={"q": "basil", "corpus": "garden"}).json()["passages"]
    assert {s["id"] for s in choosy.get("/api/sources").json()["sources"]} & {"garden"} == set()


@pytest.mark.parametrize("corpora", ["garden", "=x", "a b=x", "default={0}", "a={0};a={0}", "../up={0}"])
def test_corpora_that_cant_be_meant_are_refused_at_the_start(corpora: str, handbook: Path) -> None:
    settings = load_settings(corpora=corpora.format(handbook))
    with pytest.raises(ConfigurationError, match="ASSISTANT_CORPORA"), Shelf.opened(settings):
        pass


def test_a_model_that_cant_be_set_up_is_refused_at_the_start(index_dir: Path) -> None:
    settings = load_settings(models="gpt")
    with pytest.raises(ConfigurationError, match="gpt"), Shelf.opened(settings):
        pass
