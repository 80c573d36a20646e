"""What stands on disk."""

from pathlib import Path


def written(folder: Path) -> bytes:
    """All bytes of the database and of what lies beside it; none where there is no database."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
