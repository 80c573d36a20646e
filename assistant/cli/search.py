"""``assistant search``: the passages a question would be answered from."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from assistant.cli.options import Json
from assistant.cli.terminal import say, say_json, table


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for; - reads it from stdin.")],
    as_json: Json = False,
    k: Annotated[
        int | None, typer.Option("-k", metavar="N", min=1, max=50, help="How many; else ASSISTANT_TOP_K.")
    ] = None,
) -> None:
    """Find the passages nearest to a query, best first."""
    from assistant.cli.ask import question_text
    from assistant.cli.opening import opened
    from assistant.cli.rendering import excerpt
    from assistant.settings import load_settings

    wanted = question_text(query)
    settings = load_settings(top_k=k)
    with opened(settings) as assistant:
        passages = assistant.search(wanted, settings.top_k)
    if as_json:
        found = {"query": wanted, "passages": [passage.model_dump(mode="json") for passage in passages]}
        say_json(json.dumps(found, ensure_ascii=False, indent=2))
        return
    if not passages:
        say("Nothing was found.")
        return
    places = ((f"{found.source_id} › {found.section}", found) for found in passages)
    rows = [(str(n), f"{p.score:.2f}", place, excerpt(p.text)) for n, (place, p) in enumerate(places, 1)]
    table(("#", "score", "where", "passage"), rows)
