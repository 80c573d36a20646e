"""``assistant themes``: what each essay says on a subject, where they agree and differ. It needs no index."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import Json, note, say, say_json, table, warn, wrapped

if TYPE_CHECKING:
    from assistant.corpus.overview import CitedLine, CitedTheme, Overview


def themes(
    theme_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A theme, as the list names it; the list if none.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the themes, or show what each essay says on one of them, where they agree and differ."""
    from assistant.corpus.loading import load_corpus
    from assistant.corpus.overview import corpus_overview
    from assistant.settings import load_settings

    loaded = load_corpus(load_settings())
    warn(loaded.problems)
    shown = corpus_overview(loaded)
    theme = shown.theme(theme_id) if theme_id else None
    if as_json:
        say_json((theme or shown).model_dump_json(indent=2))
    elif theme is not None:
        _show(theme)
    else:
        _list(shown)


def _list(shown: Overview) -> None:
    rows = [
        (one.id, one.title, _share(one), "=" if one.agree else "", "≠" if one.differ else "") for one in shown.themes
    ]
    if rows:
        table(("id", "title", "essays", "agree", "differ"), rows)
    if shown.notice:
        sys.stdout.flush()
        note(shown.notice)


def _share(theme: CitedTheme) -> str:
    return f"{len(theme.positions)} of {len(theme.positions) + len(theme.silent)}"


def _show(theme: CitedTheme) -> None:
    from assistant.cli.ask import source_line

    say(wrapped(theme.title))
    say()
    for position in theme.positions:
        _line(f"{position.byline}: ", position)
    for silent in theme.silent:
        say(wrapped(f"{silent.byline}: says nothing", "  "))
    for label, lines in (("= They agree: ", theme.agree), ("≠ They differ: ", theme.differ)):
        if lines:
            say()
        for line in lines:
            _line(label, line)
    say()
    for citation in theme.citations:
        text = source_line(citation)
        say(wrapped(text, " " * (text.index("]") + 2)))


def _line(label: str, line: CitedLine) -> None:
    say(wrapped(f"{label}{line.line} {''.join(f'[{cited.marker}]' for cited in line.citations)}", "  "))
