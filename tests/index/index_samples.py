"""A small corpus for the index's tests, in words of its own, and variations on it."""

import os
from pathlib import Path

from assistant.corpus.loading import Corpus
from assistant.corpus.statements import Hint
from assistant.index.weights import model_folder
from assistant.settings import DEFAULT_EMBEDDING_MODEL, Settings, load_settings
from assistant.types import Essay

BREAD = """# Baking bread

Sourdough needs a lively starter. A cold kitchen slows the rise by several hours.

## Ovens

A stone holds heat better than a tin sheet. Steam in the first ten minutes gives a crisp crust.
"""
BEES = """# Keeping bees

A hive wants a sunny spot out of the wind. Smoke calms the colony before the lid comes off.

## Winter

The cluster eats twenty kilos of honey between November and March. Mice are kept out with a narrow entrance.
"""
BOATS = """# Wooden boats

Larch planks last longer than pine below the waterline. Tar keeps the seams from weeping.
"""
STEAM_ASK = "How do I get crackling loaves?"


def essay(name: str, text: str, title: str | None = None) -> Essay:
    return Essay(id=name, title=title or name.title(), author=f"Writer of {name}", text=text)


def corpus(**texts: str) -> Corpus:
    """The sample corpus; a keyword replaces, adds or (with an empty text) removes an essay."""
    wanted = {"bees": BEES, "boats": BOATS, "bread": BREAD} | texts
    essays = tuple(essay(name, text) for name, text in sorted(wanted.items()) if text)
    return Corpus(essays=essays, hints=tuple(hint for one in essays for hint in hints(one)))


def hints(one: Essay) -> list[Hint]:
    anchor = "Steam in the first ten minutes"
    at = one.text.find(anchor)
    end = one.text.find(".", at) + 1
    return [Hint(source_id=one.id, start=at, end=end, ask=STEAM_ASK)] if at >= 0 else []


def flip_bits(index: Path, name: str) -> None:
    """Flip 40 bits spread over the largest file of that name, whose time of change stays as it was."""
    file = max(index.rglob(name), key=lambda path: path.stat().st_size)
    data, stat = bytearray(file.read_bytes()), file.stat()
    for number in range(40):
        data[number * len(data) // 40] ^= 1 << number % 8
    file.write_bytes(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def settings(folder: Path, **more: object) -> Settings:
    return load_settings(index=folder, **more)


def linked_model(folder: Path) -> Path:
    """A model folder of our own that shares the bundled model's files."""
    for path in model_folder(DEFAULT_EMBEDDING_MODEL).rglob("*"):
        if path.is_file():
            link = folder / path.relative_to(model_folder(DEFAULT_EMBEDDING_MODEL))
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return folder
