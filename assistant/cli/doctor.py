"""``assistant doctor``: is everything there and in order, and if not, what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from assistant.cli.options import Json
from assistant.cli.terminal import say, say_json, table, wrapped
from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.cli.checks import Check
    from assistant.evaluation.texts import LiveText
    from assistant.settings import Settings

_TEXTS = ("text", "owner", "version", "SHA-256", "which")


def doctor(as_json: Json = False) -> None:
    """Check that all is in order, and say what to do.

    Looks at the installation, the models, the documents, the index and where data may go, and lists the editable texts
    that count.
    """
    from assistant.cli.checks import run_checks
    from assistant.settings import load_settings

    settings = load_settings()
    checks: list[Check] = []
    for check in run_checks(settings):
        checks.append(check)
        if not as_json:
            for line in _lines(check):
                say(line)
            sys.stdout.flush()
    well = all(check.ok for check in checks)
    if as_json:
        found = {"ok": well, "checks": [check.model_dump() for check in checks]}
        found["texts"] = [text.model_dump(mode="json") for text in texts(settings)]
        say_json(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        say()
        table(_TEXTS, map(_row, texts(settings)))
    if not well:
        raise typer.Exit(1)


def texts(settings: Settings) -> tuple[LiveText, ...]:
    """The editable texts that count; none where one can't be read, which is a check's finding."""
    from assistant.evaluation.texts import live_texts

    try:
        return live_texts(settings)
    except AssistantError:
        return ()


def _row(text: LiveText) -> tuple[str, ...]:
    which = "your own" if text.differs else "built in"
    return text.name, text.owner or "nobody", text.version or "-", text.short, which


def _lines(check: Check) -> Iterator[str]:
    yield wrapped(f"{'✓' if check.ok else '✗'} {check.name}: {check.detail}", "  ")
    if check.remedy:
        yield wrapped(f"→ {check.remedy}", "    ", first="  ")
