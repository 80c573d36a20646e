"""All commands under one name. Each imports what it needs when it runs, so that ``--help`` starts fast."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from assistant import __version__
from assistant.cli.advise import advise
from assistant.cli.ask import ask, chat, search
from assistant.cli.batch import batch
from assistant.cli.doctor import doctor
from assistant.cli.documents import corpus, index, themes
from assistant.cli.evaluation import evaluation
from assistant.cli.model import model
from assistant.cli.serve import data, mcp, serve
from assistant.cli.terminal import outcome, say


class Commands(TyperGroup):
    """The group whose every failure is one sentence on stderr and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for. Raises typer.Exit."""
        with outcome():
            return super().invoke(ctx)


app = typer.Typer(
    name="assistant",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"assistant {__version__}")
        raise typer.Exit


@app.callback()
def assistant(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Ask the essays about fine-tuning, prompting and retrieval; every sentence of an answer cites exact words."""


app.command()(ask)
app.command()(batch)
app.command()(search)
app.command()(chat)
app.command()(advise)
app.command()(themes)
app.add_typer(corpus, name="corpus")
app.add_typer(index, name="index")
app.add_typer(evaluation, name="eval")
app.add_typer(model, name="model")
app.command()(serve)
app.command()(mcp)
app.add_typer(data, name="data")
app.command()(doctor)
