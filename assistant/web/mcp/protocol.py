"""The tools and the essays, as the Model Context Protocol offers them.

The protocol over HTTP, as a route of the served application: its guard, limits and logs hold here too.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assistant import __version__
from assistant.advice.deciding import Advice
from assistant.corpus.loading import built_in
from assistant.errors import AssistantError
from assistant.types import Answer, Essay
from assistant.web.asking import SearchReply, Taken, principal_of
from assistant.web.catalog import STRICT, Reach, own_model, source
from assistant.web.mcp import tools
from assistant.web.mcp.tools import (
    MAX_SLICE,
    AdviseArguments,
    AskArguments,
    Caller,
    ReadArguments,
    SearchArguments,
    Slice,
    advise,
)
from assistant.web.observe.problems import problem_of
from assistant.web.rendering import base_address
from assistant.web.service import Desk, Web

NAME = "essay-assistant"
SCHEME = "essay://"
SUBJECT = "a small library of essays on fine-tuning, prompting and retrieval"
OWN_SUBJECT = "a library of documents, which the resources list"
_HOW = (
    "Each sentence of an answer carries [n] marks; the citations hold the exact words and where they stand. "
    "Keep the marks when you repeat an answer, and say so when the documents do not answer."
)
Context = ServerRequestContext[Any, Any]
Opened = Callable[[], Awaitable[Desk]]
CallerAt = Callable[[Desk], Awaitable[Caller]]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tool:
    """A tool: what it is called, takes, gives and does."""

    name: str
    title: str
    description: str
    takes: type[Taken]
    gives: type[BaseModel]
    run: Callable[[Desk, Any, Caller], Awaitable[tuple[str, BaseModel]]]

    def listed(self) -> types.Tool:
        """The tool as clients see it."""
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.takes.model_json_schema(),
            output_schema=self.gives.model_json_schema(mode="serialization"),
            annotations=types.ToolAnnotations(
                title=self.title, read_only_hint=True, destructive_hint=False, open_world_hint=False
            ),
        )


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "ask",
            "Ask the documents",
            "Answer a question from the documents. Every sentence cites the exact words that bear it out; "
            "where the documents do not answer, it says so.",
            AskArguments,
            Answer,
            tools.ask,
        ),
        Tool(
            "search",
            "Search the documents",
            "Find the passages nearest to a query, best first.",
            SearchArguments,
            SearchReply,
            tools.search,
        ),
        Tool(
            "read_source",
            "Read a document",
            f"Read a source's text, at most {MAX_SLICE:,} characters at a time; `next` says where to read on. "
            "Citations' start and end count in this text.",
            ReadArguments,
            Slice,
            tools.read_source,
        ),
        Tool(
            "advise",
            "Should we fine-tune?",
            "Judge a team's own case by the essays' decision framework: what to try next, whether to fine-tune, when "
            "it would pay, and what would change the verdict. Rules decide; each reason cites the words it rests on.",
            AdviseArguments,
            Advice,
            advise,
        ),
    )
}


def mcp_server(opened: Opened, reach: Reach = STRICT, *, own: bool = False) -> Server[Any]:
    """The protocol's server over what ``opened`` brings. The tools are listed before anything is opened.

    ``reach`` says where chat models of callers' own may be, ``own`` that the documents aren't the built-in essays.
    """

    async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.listed() for tool in TOOLS.values()])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        async def caller(desk: Desk) -> Caller:
            return _caller(desk, context.request, reach)

        return await called(opened, params.name, params.arguments or {}, caller)

    async def list_resources(_: Context, __: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        essays = (await _told(opened)).shelf.default.essays
        return types.ListResourcesResult(resources=[_resource(essay) for essay in essays.values()])

    async def read_resource(_: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        desk = await _told(opened)
        return types.ReadResourceResult(contents=[_contents(str(params.uri), desk)])

    return Server(
        NAME,
        version=__version__,
        title="Essay assistant",
        instructions=f"Answers from {OWN_SUBJECT if own else SUBJECT}. {_HOW}",
        get_tool_input_schema=lambda name: TOOLS[name].takes.model_json_schema() if name in TOOLS else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


async def called(opened: Opened, name: str, given: dict[str, Any], caller: CallerAt) -> types.CallToolResult:
    """What a tool gives, as text and as structured content; its failure as a result that says what to do."""
    tool = TOOLS.get(name)
    if tool is None:
        return _failure(f"No tool has this name. There are: {', '.join(TOOLS)}.")
    try:
        arguments = tool.takes.model_validate(given)
    except ValidationError as error:
        return _failure(_sentence(error))
    try:
        desk = await opened()
        text, found = await tool.run(desk, arguments, await caller(desk))
    except AssistantError as error:
        return _failure(str(problem_of(error)))
    except Exception:
        log.exception("A tool failed: %s", tool.name)
        return _failure("The assistant failed on this call. Try again; the server's log says more.")
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=text)]
    return types.CallToolResult(content=content, structured_content=found.model_dump(mode="json"))


def _caller(desk: Desk, request: Request | None, reach: Reach) -> Caller:
    """Who calls: over HTTP as the guard found it; on stdio whoever started the process."""
    if request is None:
        return Caller(base=f"{desk.settings.public_url.rstrip('/')}/" if desk.settings.public_url else None)
    own = own_model(request, desk.settings, reach)
    return Caller(principal_of(request), base_address(desk.settings, request), own)


def _failure(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=sentence)], is_error=True)


def _sentence(error: ValidationError) -> str:
    """Which arguments can't be used, and why, without what was given."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    said = {_field(e["loc"], e["type"]): e["msg"] for e in found}
    return " ".join(f"{field}: {rule}." for field, rule in said.items()) + " See the tool's input schema."


def _field(place: tuple[int | str, ...], kind: str) -> str:
    """The argument's name; one the tool doesn't have is the caller's text, and is not repeated."""
    return "An unknown argument" if kind == "extra_forbidden" or not place else str(place[0])


async def _told(opened: Opened) -> Desk:
    """What ``opened`` brings. Raises MCPError with our sentence."""
    try:
        return await opened()
    except AssistantError as error:
        raise MCPError(code=types.INTERNAL_ERROR, message=str(problem_of(error))) from None


def _resource(essay: Essay) -> types.Resource:
    by = f" by {essay.author or essay.publisher}" if essay.author or essay.publisher else ""
    return types.Resource(
        uri=SCHEME + quote(essay.id, safe=""),
        name=essay.id,
        title=essay.title,
        description=("Notes on the essay" if essay.kind == "notes" else "The essay") + by,
        mime_type="text/markdown",
        size=len(essay.text.encode()),
    )


def _contents(uri: str, desk: Desk) -> types.TextResourceContents:
    try:
        essay = source(desk.shelf.default.essays, unquote(uri.removeprefix(SCHEME)))
    except AssistantError as error:
        raise MCPError(code=types.INVALID_PARAMS, message=str(error)) from None
    return types.TextResourceContents(uri=uri, text=essay.text, mime_type="text/markdown")


PATH = "/mcp"


def mcp_route(web: Web) -> Route:
    """The route ``POST /mcp``. There are no sessions, so nothing a caller did can be taken up by another."""
    return Route(PATH, endpoint=Endpoint(web), methods=["POST"], name="mcp")


class Endpoint:
    """An ASGI application that answers each request by itself: when the request ends, its work ends."""

    def __init__(self, web: Web) -> None:
        """Over what the application shares."""

        async def opened() -> Desk:
            return web.desk

        self._server = mcp_server(opened, web.reach, own=not built_in(web.shelf.default.essays))
        self._most_bytes = web.settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        manager = StreamableHTTPSessionManager(
            self._server,
            stateless=True,
            max_request_body_size=self._most_bytes,
            # The guard has looked at Host and Origin, by the settings; the library's own list knows only this machine.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)
