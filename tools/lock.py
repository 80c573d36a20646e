"""``make lock``: write requirements.txt from pyproject.toml with all versions pinned.

torch is resolved as a CPU build, so that no CUDA packages are listed, and written without the build suffix, so that
each machine takes its own build. The file names no package index.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.install import REQUIREMENTS, ROOT, pip_settings, uv_environment

CPU_WHEEL = re.compile(r"torch-(?P<version>[\d.]+)\+cpu-cp311-.*\.whl")
SUFFIX = re.compile(r"^(torch==[^\s+]+)\+cpu", re.MULTILINE)


def cpu_build(find_links: str) -> str | None:
    """The newest CPU build of torch in pip's folders of wheels, such as ``2.13.0+cpu``."""
    names = (path.name for folder in find_links.split() if Path(folder).is_dir() for path in Path(folder).iterdir())
    versions = [match["version"] for match in map(CPU_WHEEL.fullmatch, names) if match]
    return max(versions, key=lambda v: tuple(map(int, v.split("."))), default=None)


def extras_installed() -> list[str]:
    """The extras that everybody gets; a chat model's engine is got by ``make model``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [name for name in project["optional-dependencies"] if name != "local"]


def command(arguments: list[str], constraint: Path) -> list[str]:
    """uv's command line; the present list is its preference unless ``--upgrade`` is among the arguments."""
    uv = str(Path(sys.executable).with_name("uv"))
    extras = [option for name in extras_installed() for option in ("--extra", name)]
    options = [*extras, "--group", "dev", "--python-version", "3.11", "--no-annotate", "--no-header"]
    hidden = ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    source = ["--constraint", str(constraint)] if constraint.exists() else ["--torch-backend", "cpu"]
    return [uv, "pip", "compile", "pyproject.toml", *options, *hidden, *source, "-o", str(REQUIREMENTS), *arguments]


def main(arguments: list[str]) -> int:
    """Write the list. Returns uv's exit status; the old list stays where uv fails."""
    settings = pip_settings()
    version = cpu_build(settings.get("find-links", ""))
    with tempfile.TemporaryDirectory() as folder:
        constraint = Path(folder) / "torch.txt"
        if version is not None:
            constraint.write_text(f"torch=={version}+cpu\n")
        status = subprocess.run(command(arguments, constraint), env=uv_environment(settings), cwd=ROOT).returncode
    if status == 0:
        REQUIREMENTS.write_text(SUFFIX.sub(r"\1", REQUIREMENTS.read_text()))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
