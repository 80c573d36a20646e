"""Generate the README's tables of commands and settings from the code.

``make docs`` rewrites what stands between ``<!-- commands -->`` and ``<!-- /commands -->`` (and ``settings``);
``--check`` changes nothing and fails where the README differs from the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tools.install import ROOT

README = ROOT / "README.md"


def commands_table() -> str:
    """Each command with its arguments and the first sentence of its help."""
    import typer

    from assistant.cli.app import app

    rows = [(f"`{usage}`", text) for usage, text in _commands(typer.main.get_command(app), "assistant")]
    return table(("Command", "What it does"), rows)


GROUPS = {
    "corpus": "Documents and answers",
    "host": "Serving",
    "api_keys": "Who may ask, and from where",
    "max_body_bytes": "How much",
    "database_url": "Keeping and logs",
}
"""The first setting of each group, and the group's heading."""


def settings_table() -> str:
    """Each setting with its default and its description, under the heading of its group."""
    from assistant.settings import Settings

    made: list[tuple[str, list[tuple[str, str, str]]]] = []
    rows: list[tuple[str, str, str]] = []
    for name, field in Settings.model_fields.items():
        if name in GROUPS:
            rows = []
            made.append((GROUPS[name], rows))
        rows.append((f"`ASSISTANT_{name.upper()}`", _default(field.default), field.description or ""))
    heads = ("Setting", "Default", "What it sets")
    return "\n\n".join(f"**{title}**\n\n{table(heads, each)}" for title, each in made)


PARTS: dict[str, Callable[[], str]] = {"commands": commands_table, "settings": settings_table}


def rewritten(text: str) -> str:
    """The README with each generated part as the code has it now. Raises ValueError where a marker is missing."""
    for name, make in PARTS.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        match = re.search(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
        if match is None:
            raise ValueError(f"The README has no {begin} … {end}.")
        text = f"{text[: match.start()]}{begin}\n{make()}\n{end}{text[match.end() :]}"
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _commands(command: Any, path: str) -> Iterator[tuple[str, str]]:
    for name, child in command.commands.items():
        if hasattr(child, "commands"):
            yield from _commands(child, f"{path} {name}")
        else:
            yield f"{path} {name}{''.join(map(_argument, child.params))}", child.get_short_help_str(200)


def _argument(param: Any) -> str:
    """Arguments always, options only where the command can't do without."""
    if param.param_type_name == "argument":
        return f" {param.metavar or param.name.upper()}"
    return f" {param.opts[0]} {param.metavar or ''}".rstrip() if param.required else ""


def _default(value: object) -> str:
    return "" if value in (None, "") else f"`{value}`"


def main(arguments: list[str]) -> int:
    """Rewrite the README, or with ``--check`` say whether it is up to date. Returns the exit status."""
    old = README.read_text(encoding="utf-8")
    new = rewritten(old)
    if "--check" in arguments:
        print("README.md is up to date." if new == old else "README.md differs from the code. Run: make docs")
        return int(new != old)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
