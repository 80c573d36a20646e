"""The hybrid retriever as LangChain knows retrievers: ``EssayRetriever(index=…).invoke("…")`` gives Documents."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, PrivateAttr

from assistant.index.opened import OpenIndex
from assistant.retrieval.retriever import HybridRetriever
from assistant.types import RankedPassage


class EssayRetriever(BaseRetriever):
    """Passages as Documents, best first.

    ``page_content`` is the passage's exact text; ``metadata`` holds source_id, section, start, end, score, title, url
    and kind. ``k`` may be given to ``invoke`` too: ``retriever.invoke("…", k=3)``.
    """

    index: OpenIndex = Field(repr=False, exclude=True)
    k: int = Field(8, ge=1)
    _retriever: HybridRetriever = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Lay the index out for searching, once."""
        super().model_post_init(context)
        self._retriever = HybridRetriever(self.index, self.k)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it to every retriever
        k: int | None = None,
    ) -> list[Document]:
        return [self._document(passage) for passage in self._retriever.retrieve(query, k or self.k).passages]

    def _document(self, passage: RankedPassage) -> Document:
        essay = self.index.essays[passage.source_id]
        told = passage.model_dump(include={"source_id", "section", "start", "end", "score"})
        about = {"title": essay.title, "url": essay.url, "kind": essay.kind}
        return Document(id=passage.id, page_content=passage.text, metadata=told | about)
