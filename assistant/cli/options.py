"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="ID", help="`extractive`, or `provider:model`; instead of ASSISTANT_MODEL."),
]
Examples = Annotated[
    str | None,
    typer.Option(
        "--examples", metavar="N|all", help="Worked examples a chat model is shown; instead of ASSISTANT_EXAMPLES."
    ),
]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite an original that has the same id.")]
