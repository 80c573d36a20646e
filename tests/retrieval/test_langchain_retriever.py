"""LangChain's own conformance suite, and what a chain gets to see of a passage."""

from typing import Any

import pytest
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from assistant.index.opened import OpenIndex
from assistant.retrieval.langchain import EssayRetriever
from assistant.retrieval.retriever import HybridRetriever

QUERY = "How much VRAM does full fine-tuning take?"


class TestConformance(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _over_the_notes(self, notes: OpenIndex) -> None:
        self._index = notes

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return EssayRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self._index}

    @property
    def retriever_query_example(self) -> str:
        return QUERY


def test_documents_are_the_passages_with_their_places(notes: OpenIndex, retriever: HybridRetriever) -> None:
    documents = EssayRetriever(index=notes, k=4).invoke(QUERY)
    passages = retriever.retrieve(QUERY, 4).passages
    assert [document.id for document in documents] == [passage.id for passage in passages]
    for document in documents:
        essay = notes.essays[document.metadata["source_id"]]
        assert essay.text[document.metadata["start"] : document.metadata["end"]] == document.page_content
        assert document.metadata["title"] == essay.title
        assert (document.metadata["url"], document.metadata["kind"]) == (essay.url, "notes")
        assert set(document.metadata) == {"source_id", "section", "start", "end", "score", "title", "url", "kind"}


def test_a_chain_composes_it(notes: OpenIndex) -> None:
    chain = EssayRetriever(index=notes, k=2) | (lambda documents: [d.metadata["section"] for d in documents])
    assert len(chain.invoke(QUERY)) == 2


def test_what_it_prints_holds_no_index(notes: OpenIndex) -> None:
    assert "index" not in repr(EssayRetriever(index=notes))


def test_it_needs_at_least_one_result(notes: OpenIndex) -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        EssayRetriever(index=notes, k=0)
