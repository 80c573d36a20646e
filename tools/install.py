"""Install into the current virtual environment: the pinned dependencies, then the project in editable mode.

Uses uv if it can be installed, else pip. Only the standard library is imported, because nothing else is there yet.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
UV = (str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable)
LIST = ("-r", str(REQUIREMENTS))
PROJECT = ("--no-deps", "--no-build-isolation", "-e", str(ROOT))

SETTINGS = {
    "find-links": ("UV_FIND_LINKS", ","),
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}
"""pip's setting, uv's variable for it, and what stands between several values there."""


def pip_settings() -> dict[str, str]:
    """pip's settings by name, from its files and variables; a variable wins over a file, as in pip."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    found: dict[str, tuple[int, str]] = {}
    for line in listed.splitlines():
        match = re.fullmatch(r"(global|install|:env:)\.([\w-]+)=(.*)", line)
        if match:
            rank = ("global", "install", ":env:").index(match[1])
            value = str(ast.literal_eval(match[3]))
            found[match[2]] = max(found.get(match[2], (-1, "")), (rank, value), key=lambda pair: pair[0])
    return {name: value for name, (_, value) in found.items()}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment, with pip's settings in uv's names where uv's own are not set."""
    translated = {
        variable: separator.join(settings[name].split())
        for name, (variable, separator) in SETTINGS.items()
        if settings.get(name)
    }
    if "UV_INDEX" in translated:
        translated["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip compares all indexes, so the pins need it
    return {"UV_LINK_MODE": "copy", **translated, **os.environ}


def pinned(name: str) -> str:
    """The line of the requirements that pins ``name``."""
    return next(line for line in REQUIREMENTS.read_text().splitlines() if line.startswith(f"{name}=="))


def main() -> int:
    """Install with uv, else with pip. Returns the exit status."""
    environment = uv_environment(pip_settings())

    def run(*command: str) -> bool:
        return subprocess.run(command, env=environment, cwd=ROOT).returncode == 0

    print("Setting up .venv (once; a minute or two) …", file=sys.stderr, flush=True)
    if run(*PIP, "install", "-qq", pinned("uv")):
        if run(*UV, "--quiet", "--compile-bytecode", *LIST) and run(*UV, "--quiet", *PROJECT):
            return 0
        print("uv could not install everything; trying with pip, which takes longer.", file=sys.stderr, flush=True)
    if run(*PIP, "install", "-qq", *LIST) and run(*PIP, "install", "-qq", *PROJECT):
        return 0
    print("The dependencies could not be installed; the message above says which.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
