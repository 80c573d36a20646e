"""Whether an index on disk is as it was built: found out in a process of its own, because damage can crash a reader.

``python -m assistant.web.readiness FOLDER MODEL`` is that process; it tells its finding on stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from assistant.errors import AssistantError, IndexUnavailable
from assistant.index.embedding import Embedder
from assistant.index.folder import REPAIR, check_files, read_manifest
from assistant.index.reader import OpenIndex
from assistant.index.weights import CACHE_NAME, HashCache

CHILD_SECONDS = 60.0
"""The other process needs two seconds of a processor, so only one that hangs takes so long."""
AGAIN_SECONDS = 60.0
"""Chroma writes into its database whenever somebody opens it, so a change of that alone is looked at less often."""
RESTART = "then start the server anew."
_DATABASE = "chroma.sqlite3"
Stamp = tuple[frozenset[tuple[str, int, int, int]], frozenset[tuple[str, int]]]


class DiskCheck:
    """Checks the folders of indexes that were opened just now, each again only when something in it changed."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """The ``folders`` are good as they are: whoever opened them has searched them."""
        self._lock = threading.Lock()
        self._good = {folder: (stamp_of(folder), time.monotonic()) for folder in folders}

    def unchanged(self, folder: Path) -> bool:
        """Whether the folder is as it was when it was last found good."""
        before, at = self._good[folder]
        now = stamp_of(folder)
        return before[0] == now[0] and (before[1] == now[1] or time.monotonic() - at < AGAIN_SECONDS)

    def check(self, folder: Path, model: str) -> None:
        """Raises IndexUnavailable, naming the repair, where an index opened now would not find its own texts."""
        with self._lock:
            if self.unchanged(folder):
                return
            try:
                self._nothing_gone(folder)
                check_here(folder)
                check_apart(folder, model)
            except IndexUnavailable as error:
                raise IndexUnavailable(error.message, f"{error.remedy.rstrip('.')}, {RESTART}") from None
            self._good[folder] = (stamp_of(folder), time.monotonic())

    def _nothing_gone(self, folder: Path) -> None:
        """Raises IndexUnavailable naming a file that was there, because a build only ever adds files."""
        (files, _), _ = self._good[folder]
        for path, *_ in sorted(files):
            if not Path(path).exists():
                raise IndexUnavailable(f"{path} is missing.", REPAIR)


def stamp_of(folder: Path) -> Stamp:
    """What tells of a change in the folder: files with inode, size and time; of Chroma's database the time apart."""
    files, times = set(), set()
    for path in folder.rglob("*"):
        try:
            stat = path.stat()
        except OSError:
            continue
        database = path.name.startswith(_DATABASE)
        if path.is_file() and not path.name.startswith(f"{_DATABASE}-"):
            files.add((str(path), stat.st_ino, stat.st_size, 0 if database else stat.st_mtime_ns))
            times |= {(str(path), stat.st_mtime_ns)} if database else set()
    return frozenset(files), frozenset(times)


def check_here(folder: Path) -> None:
    """What can be seen of damage without opening the vectors. Raises IndexUnavailable."""
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    database = folder / manifest.vectors / _DATABASE
    if not database.is_file() or not database.stat().st_size:
        raise IndexUnavailable(f"The vectors in {database.parent} are missing.", REPAIR)


def check_apart(folder: Path, model: str) -> None:
    """Open the index in another process and search its canaries. Raises IndexUnavailable."""
    command = [sys.executable, "-P", "-m", "assistant.web.readiness", str(folder), model]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise IndexUnavailable(f"Opening the index {folder.name} takes too long.", REPAIR) from None
    if done.returncode == 0:
        return
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise IndexUnavailable(
            f"The index {folder.name} is damaged: reading it ends with status {done.returncode}.", REPAIR
        ) from None
    raise IndexUnavailable(found["message"], found["remedy"])


def main(folder: Path, model: str) -> int:
    """Exit status 0 where the index opens and finds its canaries; else 1, and why on stdout as JSON."""
    try:
        with OpenIndex(folder, Embedder(model, hashes=HashCache(folder.parent / CACHE_NAME))):
            return 0
    except AssistantError as error:
        sys.stdout.write(json.dumps({"message": error.message, "remedy": error.remedy}))
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
