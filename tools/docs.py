"""Generate docs/cli.md and docs/settings.md from the code.

``make docs`` rewrites the parts between ``<!-- NAME -->`` and ``<!-- /NAME -->`` of the pages in ``PAGES``; the rest
of each page is written by hand. ``--check`` changes nothing and fails if a page differs from the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tools.install import ROOT

WIDTH = 100
"""Columns of a help text, the same on every terminal."""
GROUPS = {
    "corpus": "Documents and answers",
    "host": "Serving",
    "api_keys": "Who may ask, and from where",
    "max_body_bytes": "How much",
    "database_url": "Keeping and logs",
}
"""The first setting of each group, and the group's heading."""


def commands_table() -> str:
    """A table of all commands: arguments, and the first sentence of the help, linked to the whole of it."""
    rows = [(f"[`{usage}`](#{_anchor(name)})", text) for name, usage, text, _ in _commands()]
    return _table(("Command", "What it does"), rows)


def help_texts() -> str:
    """Each command's help, as ``--help`` prints it, under a heading of its own."""
    return "\n\n".join(f"### {name}\n\n```text\n{text}\n```" for name, _, _, text in _commands())


def settings_table() -> str:
    """Tables of all settings with default and description, one under each heading of ``GROUPS``."""
    from assistant.settings import Settings

    made: list[tuple[str, list[tuple[str, str, str]]]] = []
    rows: list[tuple[str, str, str]] = []
    for name, field in Settings.model_fields.items():
        if name in GROUPS:
            rows = []
            made.append((GROUPS[name], rows))
        rows.append((f"`ASSISTANT_{name.upper()}`", _default(field.default), field.description or ""))
    heads = ("Setting", "Default", "What it sets")
    return "\n\n".join(f"## {title}\n\n{_table(heads, each)}" for title, each in made)


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/cli.md": {"commands": commands_table, "help": help_texts},
    "docs/settings.md": {"settings": settings_table},
}
"""The generated parts of each page, by name."""


def rewritten(page: str, text: str) -> str:
    """The page's text with each generated part made anew. Raises ValueError if a part's marks are missing."""
    for name, make in PAGES[page].items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        match = re.search(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
        if match is None:
            raise ValueError(f"{page} has no {begin} … {end}.")
        text = f"{text[: match.start()]}{begin}\n{make()}\n{end}{text[match.end() :]}"
    return text


def _commands() -> Iterator[tuple[str, str, str, str]]:
    """Name, usage, first sentence and whole help of each command, groups opened up."""
    import typer

    from assistant.cli.app import app

    group: Any = typer.main.get_command(app)
    context = group.context_class(group, info_name="assistant", terminal_width=WIDTH, **group.context_settings)
    yield from _below(group, context)


def _below(group: Any, context: Any) -> Iterator[tuple[str, str, str, str]]:
    for name, command in group.commands.items():
        inner = command.context_class(command, info_name=name, parent=context)
        if hasattr(command, "commands"):
            yield from _below(command, inner)
        else:
            usage = inner.command_path + "".join(map(_argument, command.params))
            yield inner.command_path, usage, command.get_short_help_str(200), command.get_help(inner).strip()


def _argument(param: Any) -> str:
    """Arguments always, options only if they are required."""
    if param.param_type_name == "argument":
        return f" {param.metavar or param.name.upper()}"
    return f" {param.opts[0]} {param.metavar or ''}".rstrip() if param.required else ""


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _default(value: object) -> str:
    return "" if value in (None, "") else f"`{value}`"


def main(arguments: list[str]) -> int:
    """Rewrite the pages, or with ``--check`` say which differ from the code. Returns the exit status."""
    stale = []
    for page in PAGES:
        path = ROOT / page
        old = path.read_text(encoding="utf-8")
        new = rewritten(page, old)
        if new == old:
            continue
        stale.append(page)
        if "--check" not in arguments:
            path.write_text(new, encoding="utf-8")
    if "--check" in arguments:
        print(f"Run make docs: {', '.join(stale)} differs from the code." if stale else "The docs are up to date.")
        return int(bool(stale))
    print(f"Rewritten: {', '.join(stale) or 'nothing, all was up to date'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
