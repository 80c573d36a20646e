"""``/api/conversations``: what was kept of a caller's questions, for that caller alone."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from assistant.store import Conversation, Headline
from assistant.web.api.conversation_text import conversation_markdown
from assistant.web.context import Web
from assistant.web.ops.problems import Problem
from assistant.web.permalinks import base_address
from assistant.web.principal import principal_of

Id = Annotated[str, Path(max_length=64, description="The `X-Conversation-Id` of a reply.")]
_NO_STORE = {"Cache-Control": "no-store"}


class Conversations(BaseModel):
    """A caller's conversations, the last used first."""

    conversations: list[Headline]


def conversation_routes(web: Web) -> APIRouter:
    """List, read, export and delete; all are a Problem 404 ``conversations_off`` unless keeping is on."""

    def keeping() -> None:
        if not web.settings.keep_conversations:
            raise Problem(
                404,
                "conversations_off",
                "This server keeps no conversations.",
                "Its operator can turn keeping on with ASSISTANT_KEEP_CONVERSATIONS=true.",
            )

    routes = APIRouter(prefix="/api/conversations", dependencies=[Depends(keeping)])

    @routes.get("")
    def listed(request: Request, response: Response) -> Conversations:
        """List your conversations. Refused where the server can't tell its callers apart."""
        caller = principal_of(request)
        if caller.how == "open":
            raise Problem(
                403,
                "list_needs_identity",
                "This server can't tell its callers apart, so it lists nobody's conversations.",
                "Ask for one by its id, or have the operator set ASSISTANT_API_KEYS.",
            )
        response.headers.update(_NO_STORE)
        return Conversations(conversations=list(web.store.conversations(caller.id)))

    @routes.get("/{conversation_id}", response_model=Conversation)
    def read(conversation_id: Id, request: Request) -> Response:
        """Read one conversation: each question with its whole answer."""
        found = web.store.conversation(principal_of(request).id, conversation_id)
        return Response(found.model_dump_json(), media_type="application/json", headers=_NO_STORE)

    @routes.delete("/{conversation_id}", status_code=204)
    def delete(conversation_id: Id, request: Request) -> None:
        """Delete one conversation for good."""
        web.store.delete(principal_of(request).id, conversation_id)

    @routes.get("/{conversation_id}/export", response_class=Response)
    def export(conversation_id: Id, request: Request, format: Literal["markdown", "json"] = "markdown") -> Response:  # noqa: A002
        """Download one conversation, as Markdown with its sources and links to the cited words, or as JSON."""
        found = web.store.conversation(principal_of(request).id, conversation_id)
        if format == "json":
            return _download(found.model_dump_json(indent=2), "application/json", f"conversation-{found.id}.json")
        written = conversation_markdown(found, web.shelf, base_address(web.settings, request))
        return _download(written, "text/markdown", f"conversation-{found.id}.md")

    return routes


def _download(text: str, media_type: str, name: str) -> Response:
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{media_type}; charset=utf-8", headers=headers)
