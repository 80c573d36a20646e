"""``assistant serve`` and ``mcp`` start the server; ``assistant data`` shows, exports and deletes what it keeps."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assistant.cli.terminal import Json, Model, note, say, say_json
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.settings import Settings
    from assistant.store import Conversation, Feedback, Removed, Store


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


data = typer.Typer(no_args_is_help=True, help="What the server keeps: status, export, delete, purge.")
Yes = Annotated[bool, typer.Option("--yes", help="Delete without asking.")]


@data.command()
def status(as_json: Json = False) -> None:
    """Tell how much is kept, and where; a damaged file is found."""
    with _store() as (store, settings):
        found = store.status()
    if as_json:
        say_json(found.model_dump_json(indent=2))
        return
    size = "" if found.bytes is None else f" ({found.bytes:,} bytes)"
    kept = f"{settings.retention_days} days" if settings.retention_days else "for ever"
    say(f"Database: {found.place}{size}")
    say(f"Conversations: {found.conversations}, with {found.exchanges} questions")
    say(f"Feedback: {found.feedback}")
    say(f"Conversations are kept: {'yes' if settings.keep_conversations else 'no'}. What is kept stays {kept}.")


@data.command()
def export(
    what: Annotated[Literal["all", "feedback", "conversations"], typer.Option(help="What to write.")] = "all",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A new file, for you alone; else stdout.")
    ] = None,
) -> None:
    """Write all that is kept as JSON lines, each with its `kind` (`conversation` or `feedback`)."""
    with _store() as (store, _):
        lines = _lines(store, what)
        if out is None:
            sys.stdout.writelines(lines)
            return
        written = _write(out, lines)
    note(f"Wrote {written:,} lines to {out}.")


@data.command()
def delete(
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Everything kept under this caller's name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything of everybody.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete what is kept, of one caller or of all, for good."""
    if (owner is None) != everything:
        raise InputError("Say whose data to delete.", "Give either --owner NAME or --all.")
    whose = "everybody" if owner is None else f"“{owner}”"
    if not yes:
        typer.confirm(f"Delete the conversations and the feedback of {whose} for good?", abort=True, err=True)
    with _store() as (store, _):
        _tell(store.forget(owner), as_json)


@data.command()
def purge(
    days: Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of ASSISTANT_RETENTION_DAYS.")] = None,
    as_json: Json = False,
) -> None:
    """Delete what is older than the retention setting, as the server does every hour."""
    from assistant.settings import MOST_DAYS

    if days is not None and days > MOST_DAYS:
        raise InputError(f"--days can't be more than {MOST_DAYS:,}, a hundred years.", "Give fewer days.")
    with _store() as (store, settings):
        limit = settings.retention_days if days is None else days
        if not limit:
            note("ASSISTANT_RETENTION_DAYS is 0: everything is kept for ever. Give --days to purge all the same.")
        _tell(store.purge(limit), as_json)


@contextmanager
def _store() -> Iterator[tuple[Store, Settings]]:
    from assistant.settings import load_settings
    from assistant.store import Store

    settings = load_settings()
    with closing(Store(settings.database)) as store:
        yield store, settings


def _lines(store: Store, what: str) -> Iterator[str]:
    """A JSON object a line, conversations first."""
    if what != "feedback":
        for each in store.every_conversation():
            if each.damaged:
                note(f"Left out, because they are damaged: {each.damaged} questions of the conversation {each.id}.")
            yield _line("conversation", each)
    if what != "conversations":
        damaged: list[str] = []
        yield from (_line("feedback", each) for each in store.every_feedback(damaged))
        if damaged:
            note(f"Left out, because it is damaged: the feedback {', '.join(damaged)}.")


def _line(kind: str, record: Conversation | Feedback) -> str:
    return json.dumps({"kind": kind, **record.model_dump(mode="json")}, ensure_ascii=False) + "\n"


def _write(out: Path, lines: Iterator[str]) -> int:
    """How many lines went into the new file. Raises InputError if there is one already."""
    try:
        opened = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"{out} exists already.", "Choose another name, or move it away.") from None
    except FileNotFoundError:
        raise InputError(f"The folder of {out} doesn't exist.", "Make it first.") from None
    try:
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            return sum(1 for line in lines if file.write(line))
    except BaseException:  # half an export could pass for a whole one
        out.unlink()
        raise


def _tell(removed: Removed, as_json: bool) -> None:
    if as_json:
        say_json(removed.model_dump_json())
    else:
        say(f"Deleted: conversations {removed.conversations}, feedback {removed.feedback}")
