"""Leases on files: whoever reads an index holds a shared lock in its folder, and only what nobody holds is removed.

The kernel releases a lock when its process ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lease:
    """A shared lock on a file, held until ``close``. Raises FileNotFoundError where it is gone or just removed."""

    def __init__(self, file: Path) -> None:
        """Lock ``file``; nobody who asks for it by ``unleased`` gets it meanwhile."""
        self._file = file
        self._descriptor: int | None = os.open(file, os.O_RDONLY)
        if not _locked(self._descriptor, fcntl.LOCK_SH) or not self.current():
            self.close()
            raise FileNotFoundError(errno.ENOENT, "just removed", str(file))

    def current(self) -> bool:
        """Whether the path still names the file that is locked, so that its folder was not replaced or removed."""
        try:
            return self._descriptor is not None and os.path.samestat(os.fstat(self._descriptor), self._file.stat())
        except OSError:
            return False

    def close(self) -> None:
        """Release the lock. Safe to call again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def unleased(file: Path) -> Iterator[bool]:
    """Whether nobody leases ``file``, and nobody can while the block runs. A missing file is nobody's."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        yield _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, how: int) -> bool:
    """Whether the lock is ours now; on a file system without locks it always is."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
