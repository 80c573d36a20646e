"""``assistant corpus``: what the answers come from, and bringing in originals."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import Json, Replace
from assistant.cli.terminal import complain, note, say, say_json, table, warn

if TYPE_CHECKING:
    from assistant.corpus.importing import AddReport
    from assistant.corpus.loading import Corpus
    from assistant.types import Essay

corpus = typer.Typer(no_args_is_help=True, help="The documents: list, show, add, fetch the originals.")
_METADATA = ("id", "title", "author", "publisher", "published", "url", "kind")


@corpus.command("list")
def list_documents(as_json: Json = False) -> None:
    """List the documents that answer."""
    essays = _loaded().essays
    if as_json:
        listed = [metadata(essay) | {"words": _words(essay)} for essay in essays]
        say_json(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    rows = [(essay.id, essay.kind, essay.title, essay.author or "", f"{_words(essay):,}") for essay in essays]
    table(("id", "kind", "title", "author", "words"), rows)


@corpus.command()
def show(
    source_id: Annotated[str, typer.Argument(metavar="ID", help="As `assistant corpus list` names it.")],
    as_json: Json = False,
) -> None:
    """Print a document's text exactly as citations count its characters."""
    essay = _loaded().essay(source_id)
    if as_json:
        say_json(json.dumps(metadata(essay) | {"text": essay.text}, ensure_ascii=False, indent=2))
    else:
        sys.stdout.write(essay.text)


@corpus.command()
def add(
    sources: Annotated[
        list[str], typer.Argument(metavar="PATH_OR_URL", help="Files (.md .txt .html .pdf .docx) or web addresses.")
    ],
    replace: Replace = False,
) -> None:
    """Import documents; one of a built-in essay takes the place of our notes on it."""
    from assistant.corpus.importing import add_documents
    from assistant.settings import load_settings

    _report(add_documents(sources, load_settings(), replace=replace))


@corpus.command()
def fetch(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Built-in essays; all if none.")] = None,
    replace: Replace = False,
) -> None:
    """Download the original essays from where they were published."""
    from assistant.corpus.importing import fetch_originals
    from assistant.settings import load_settings

    _report(fetch_originals(ids or [], load_settings(), replace=replace))


def metadata(essay: Essay) -> dict[str, str | None]:
    """An essay without its text, with the text's hash."""
    return {name: getattr(essay, name) for name in _METADATA} | {"sha256": essay.sha256}


def _loaded() -> Corpus:
    from assistant.corpus.loading import load_corpus
    from assistant.settings import load_settings

    loaded = load_corpus(load_settings())
    warn(loaded.problems)
    return loaded


def _words(essay: Essay) -> int:
    return len(essay.text.split())


def _report(report: AddReport) -> None:
    """Says what was imported and what was not. Raises typer.Exit(1) where something was not."""
    for added in report.added:
        say(f"Added {added.essay.id}: “{added.essay.title}”, {_words(added.essay):,} words, in {added.path}")
    sys.stdout.flush()
    for _, error in report.failed:
        complain(str(error))
    if report.added:
        note("The next question is answered with them, once the index is built anew.")
    if report.failed:
        raise typer.Exit(1)
