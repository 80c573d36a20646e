"""``assistant index``: building the search index, and whether it is current."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import Json
from assistant.cli.terminal import say, say_json, warn, wrapped

if TYPE_CHECKING:
    from assistant.index.opened import IndexStatus
    from assistant.index.units import UnitKind

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
