"""``assistant serve`` and ``assistant mcp``: start the web server, or the MCP tools on stdin and stdout."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from assistant.cli.terminal import Model, note


def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on; else ASSISTANT_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="Port; else ASSISTANT_PORT.")
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.", show_default=False)
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Also serve a demo portal that embeds the assistant, on another port.")
    ] = False,
) -> None:
    """Serve the chat page, by default on http://127.0.0.1:7860."""
    from assistant.settings import load_settings

    if demo:
        from assistant.web.server import serve_with_demo as run
    else:
        from assistant.web.server import serve as run
    run(load_settings(host=host, port=port), open_browser=open_browser)


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP, with the chat page, instead of stdin and stdout.")
    ] = False,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="With --http: address to listen on.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="With --http: port to listen on.")
    ] = None,
    model: Model = None,
) -> None:
    """Let other assistants ask: a Model Context Protocol server with the tools ask, search, read_source and advise.

    A desktop client starts it by itself. Put this into the client's configuration:

    \b
    {
      "mcpServers": {
        "essays": {"command": "assistant", "args": ["mcp"]}
      }
    }

    With --http it serves on http://127.0.0.1:7860/mcp, as `assistant serve` does too.
    """
    from assistant.settings import load_settings

    settings = load_settings(host=host, port=port, model=model)
    if http:
        from assistant.web.server import serve

        serve(settings, beside=_told)
    else:
        from assistant.web.mcp.stdio import serve_stdio

        serve_stdio(settings)


def _told(address: str) -> AbstractContextManager[None]:
    """Says where MCP clients connect."""
    note(f"MCP clients connect to {address}mcp")
    return nullcontext()
