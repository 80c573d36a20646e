"""``make mutate``: break one place of the package at a time and report which tests fail.

The places are listed in ``mutations.yaml``. A snippet is searched in the whole package, so a mutation survives the move
of its function. Files are changed in a copy, so an interrupted run leaves the checkout untouched.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tools.install import ROOT

PLACES = Path(__file__).with_name("mutations.yaml")
OPTIONS = ("-q", "-rfE", "--tb=no", "--timeout=120")
SHOWN = 2
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)
_PASSED, _SOME_FAILED = 0, 1  # pytest's exit statuses


class Mutation(BaseModel):
    """One fault to put into the package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"[a-z0-9-]+")
    noticed: str = Field(description="What a user would notice of it.")
    find: str = Field(min_length=1, description="Source that stands exactly once in the package.")
    replace: str
    tests: tuple[str, ...] = Field(min_length=1, description="Paths under tests/ that should catch it.")


class MutationError(Exception):
    """A mutation that can't be tried, and why."""


def load_mutations(path: Path = PLACES) -> tuple[Mutation, ...]:
    """All mutations of the file, in its order. Raises MutationError if two share a name."""
    mutations = TypeAdapter(tuple[Mutation, ...]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    names = [mutation.name for mutation in mutations]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise MutationError(f"These names stand twice: {', '.join(twice)}")
    return mutations


def read_package(root: Path) -> dict[Path, str]:
    """The source of each module of the package under ``root``."""
    return {path: path.read_text(encoding="utf-8") for path in sorted((root / "assistant").rglob("*.py"))}


def place_of(mutation: Mutation, sources: Mapping[Path, str]) -> Path:
    """The module that holds the snippet. Raises MutationError unless it stands exactly once in all of them."""
    found = [path for path, source in sources.items() for _ in range(source.count(mutation.find))]
    if len(found) != 1:
        raise MutationError(f"{mutation.name}: its snippet stands {len(found)} times in the package, not once.")
    return found[0]


def run(mutations: Sequence[Mutation]) -> int:
    """Try each mutation and print its row. Returns 1 if one survives."""
    survived, tests = [], 0
    with _copy() as root:
        sources = read_package(root)
        places = [place_of(mutation, sources) for mutation in mutations]
        _expect_passing(root, mutations)
        width = max(len(mutation.name) for mutation in mutations)
        for mutation, path in zip(mutations, places, strict=True):
            started = time.monotonic()
            with _broken(path, sources[path].replace(mutation.find, mutation.replace)):
                failed = failed_tests(root, mutation.tests)
            print(_row(mutation.name.ljust(width), failed, time.monotonic() - started), flush=True)
            tests += len(failed)
            survived += [] if failed else [mutation.name]
    print(f"{len(mutations) - len(survived)} of {len(mutations)} caught, by {tests} failing tests")
    for name in survived:
        print(f"survived: {name}")
    return 1 if survived else 0


def failed_tests(root: Path, tests: Iterable[str]) -> list[str]:
    """Ids of the tests that fail in the copy. Raises MutationError if pytest could not run them."""
    command = [sys.executable, "-m", "pytest", *OPTIONS, *tests]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode not in (_PASSED, _SOME_FAILED):
        raise MutationError(f"pytest ended with status {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return list(dict.fromkeys(_FAILED.findall(done.stdout)))


def _expect_passing(root: Path, mutations: Iterable[Mutation]) -> None:
    """Raises MutationError if a test fails without any mutation, because its failure would prove nothing."""
    if failed := failed_tests(root, sorted({test for mutation in mutations for test in mutation.tests})):
        raise MutationError(f"These tests fail in the package as it is: {', '.join(failed)}")


@contextmanager
def _copy() -> Iterator[Path]:
    """A folder with the checkout's files as they are now, without those git ignores, for as long as it is needed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        root = Path(folder).resolve()
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():  # one that was deleted is still listed until that is committed
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        yield root


@contextmanager
def _broken(path: Path, source: str) -> Iterator[None]:
    """The module with another source. Its old time comes back with it, because Python compiles anew by that time."""
    kept, times = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(source, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(kept, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _row(name: str, failed: Sequence[str], seconds: float) -> str:
    functions = list(dict.fromkeys(test.partition("[")[0].rpartition("/")[2] for test in failed))
    shown = ", ".join(functions[:SHOWN]) + (" …" if len(functions) > SHOWN else "")
    return f"{name}  {f'caught by {len(failed)}' if failed else 'SURVIVED':<13}  {seconds:5.1f} s  {shown}".rstrip()


def _chosen(names: Sequence[str]) -> list[Mutation]:
    mutations = load_mutations()
    if unknown := set(names) - {mutation.name for mutation in mutations}:
        raise MutationError(f"There is no mutation {', '.join(sorted(unknown))}. Try --list.")
    return [mutation for mutation in mutations if not names or mutation.name in names]


def main(arguments: list[str]) -> int:
    """Try the named mutations, or all. Returns 0 if every one is caught, 1 if one survives, 2 for an error."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description="Which tests notice a fault.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutations")
    parser.add_argument("--list", action="store_true", help="say what there is, and try nothing")
    given = parser.parse_args(arguments)
    try:
        chosen = _chosen(given.names)
        if not given.list:
            return run(chosen)
    except MutationError as error:
        print(error, file=sys.stderr)
        return 2
    for mutation in chosen:
        print(f"{mutation.name}: {mutation.noticed}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
