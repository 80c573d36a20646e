"""Addresses of the source reader. A citation's address survives: essay id, offsets, hash of the text they count in."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from assistant.types import Essay


def reader_address(essay: Essay, start: int, end: int, *, corpus: str | None = None) -> str:
    """Address, relative to the chat page, of ``essay`` opened at the characters ``start`` to ``end``.

    ``corpus`` is the name of the one it belongs to, None meaning the default.
    """
    return address_of(essay.id, start, end, essay.sha256, corpus=corpus)


def address_of(source_id: str, start: int, end: int, sha256: str, *, corpus: str | None = None) -> str:
    """The same for a text known by its id and its hash alone."""
    query = {"start": start, "end": end, "sha256": sha256} | ({"corpus": corpus} if corpus else {})
    return f"read/{quote(source_id, safe='')}?{urlencode(query)}#cited"


def safe_address(url: str | None) -> str | None:
    """``url`` where it is a web address that may become a link, else None."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None
