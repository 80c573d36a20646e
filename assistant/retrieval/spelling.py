"""Typing slips: a word nobody knows, one slip away from one that the documents or their questions use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase

from assistant.retrieval.lexicon import stem

MIN_LENGTH = 5
_WORD = re.compile(rf"[A-Za-z]{{{MIN_LENGTH},}}(?!['’]t\b)")  # "haven't" is no slip


def corrected(text: str, known: frozenset[str]) -> str:
    """The text with each unknown lower-case word replaced by the only known one that is one slip away.

    ``known`` are lower-case words. A slip is a letter left out, added, changed, or swapped with the next one. Words
    with capitals are names and stay.
    """

    stems = _stems(known)

    def mended(match: re.Match[str]) -> str:
        word = match[0]
        if word != word.lower() or word in known or stem(word) in stems:
            return word
        near = {other for other in _slips(word) if other in known}
        return near.pop() if len(near) == 1 else word

    return _WORD.sub(mended, text)


@lru_cache(maxsize=4)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(map(stem, known))


def _slips(word: str) -> Iterator[str]:
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
