"""``assistant corpus``, ``index`` and ``themes``: the documents, their index, and what each says on a subject."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import Json, Replace, complain, note, say, say_json, table, warn, wrapped

if TYPE_CHECKING:
    from assistant.corpus.importing import AddReport
    from assistant.corpus.loading import Corpus
    from assistant.corpus.overview import CitedLine, CitedTheme, Overview
    from assistant.index.opened import IndexStatus
    from assistant.index.units import UnitKind
    from assistant.types import Essay


corpus = typer.Typer(no_args_is_help=True, help="The documents: list, show, add, fetch the originals.")
_METADATA = ("id", "title", "author", "publisher", "published", "url", "kind")


@corpus.command("list")
def list_documents(as_json: Json = False) -> None:
    """List the documents that answer."""
    loaded = _loaded()
    warn(loaded.losses)
    essays = loaded.essays
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
    warn(f"{added.essay.id}: {added.loss}" for added in report.added if added.loss)
    for _, error in report.failed:
        complain(str(error))
    if report.added:
        note("The next question is answered with them, once the index is built anew; a running server does that too.")
    if report.failed:
        raise typer.Exit(1)


index = typer.Typer(no_args_is_help=True, help="The search index: build it, or see whether it is current.")
REBUILD = "Run: assistant index build (the next question does it by itself)"


@index.command()
def build(
    force: Annotated[bool, typer.Option("--force", help="Build it anew even where it is current.")] = False,
    as_json: Json = False,
) -> None:
    """Build the index of the documents, reusing the vectors of unchanged texts."""
    from assistant.cli.progress import building
    from assistant.corpus.loading import load_corpus
    from assistant.index.build import build_index
    from assistant.index.folder import read_manifest
    from assistant.index.opened import index_status
    from assistant.settings import load_settings

    settings = load_settings()
    loaded = load_corpus(settings)
    warn(loaded.problems)
    stood = not force and index_status(settings, loaded).current
    with building() as progress:
        folder = build_index(settings, loaded, progress, force=force)
    made = read_manifest(folder)
    if as_json:
        numbers = {"counts": made.counts, "embedded": made.embedded, "reused": made.reused}
        found = {"fingerprint": made.fingerprint, "folder": str(folder), "built": not stood, **numbers}
        say_json(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        how = "is current" if stood else f"is built ({made.embedded:,} embedded, {made.reused:,} reused)"
        say(wrapped(f"Index {made.fingerprint} {how}: {_counted(made.counts)}, in {folder}"))


@index.command()
def status(as_json: Json = False) -> None:
    """Say which index stands, whether it is current, and if not, why."""
    from assistant.corpus.loading import load_corpus
    from assistant.index.opened import index_status
    from assistant.settings import load_settings

    settings = load_settings()
    loaded = load_corpus(settings)
    warn(loaded.problems)
    found = index_status(settings, loaded)
    if as_json:
        say_json(found.model_dump_json(indent=2))
        return
    for name, value in _described(found, settings.index_dir).items():
        say(wrapped(f"{name}: {value}", "  "))


def _described(found: IndexStatus, index_dir: Path) -> dict[str, str]:
    lines = {"state": "current" if found.current else f"not current: {'; '.join(found.reasons)}"}
    if found.manifest is not None:
        content = found.manifest.content
        lines |= {
            "fingerprint": found.manifest.fingerprint,
            "built": f"{found.manifest.created_at:%Y-%m-%d %H:%M} UTC",
            "documents": ", ".join(content.corpus),
            "holds": _counted(found.manifest.counts),
            "model": f"{content.model}, weights {content.weights_sha256[:12]}",
            "vectors": content.chroma or "in the index's folder",
        }
    return lines | {"folder": str(index_dir)} | ({} if found.current else {"next": REBUILD})


def _counted(counts: Mapping[UnitKind, int]) -> str:
    return ", ".join(f"{count:,} {kind if count == 1 else kind + 's'}" for kind, count in counts.items())


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
    from assistant.cli.answers import source_line

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
