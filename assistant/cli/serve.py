"""``assistant serve``: the chat page, the source reader and the addresses behind them."""

from __future__ import annotations

from typing import Annotated

import typer


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
    from assistant.web import server

    run = server.serve_with_demo if demo else server.serve
    run(load_settings(host=host, port=port), open_browser=open_browser)
