"""What differs between the set-ups of two runs, in sentences: the model, the levers of context, and which texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.evaluation.results import Setup

_NAMED = {"suite": "suite", "model": "model", "prompts": "prompts", "corpus": "documents", "judge": "judge"}


def changes(before: Setup, after: Setup) -> tuple[str, ...]:
    """A sentence for each difference; none where the runs were made alike, or an older run does not say."""
    return tuple(_changes(before, after))


def _changes(before: Setup, after: Setup) -> Iterator[str]:
    for field, name in _NAMED.items():
        yield from _told(name, getattr(before, field), getattr(after, field))
    yield from _told("context", before.levers.context, after.levers.context)
    yield from _told("examples", before.levers.examples, after.levers.examples)
    yield from _texts(before.levers.texts, after.levers.texts)
    if before.code_version != after.code_version:
        yield f"The code and its data changed: {before.code_version}, then {after.code_version}."


def _told(name: str, old: str, new: str) -> Iterator[str]:
    if old != new:
        yield f"The {name} changed: {old or 'none'}, then {new or 'none'}."


def _texts(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    if not old or not new:
        return
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"The text {name} is gone."
        elif name not in old:
            yield f"The text {name} is new."
        elif old[name] != new[name]:
            yield f"The text {name} changed: {_short(old[name])}, then {_short(new[name])}."


def _short(text: str) -> str:
    """``version 2, 0a1b2c3d4e5f`` from the whole hash."""
    version, _, digest = text.rpartition(", ")
    return f"{version}, {digest[:12]}"
