"""``assistant doctor``: is everything there and in order, and if not, what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from assistant.cli.options import Json
from assistant.cli.terminal import say, say_json, wrapped

if TYPE_CHECKING:
    from assistant.cli.checks import Check


def doctor(as_json: Json = False) -> None:
    """Check that all is in order, and say what to do.

    Looks at the installation, the models, the documents, the index and where data may go.
    """
    from assistant.cli.checks import run_checks
    from assistant.settings import load_settings

    checks: list[Check] = []
    for check in run_checks(load_settings()):
        checks.append(check)
        if not as_json:
            for line in _lines(check):
                say(line)
            sys.stdout.flush()
    well = all(check.ok for check in checks)
    if as_json:
        found = {"ok": well, "checks": [check.model_dump() for check in checks]}
        say_json(json.dumps(found, ensure_ascii=False, indent=2))
    if not well:
        raise typer.Exit(1)


def _lines(check: Check) -> Iterator[str]:
    yield wrapped(f"{'✓' if check.ok else '✗'} {check.name}: {check.detail}", "  ")
    if check.remedy:
        yield wrapped(f"→ {check.remedy}", "    ", first="  ")
