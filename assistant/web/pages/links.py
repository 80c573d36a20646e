"""Addresses of the source reader. A citation's address survives: essay id, offsets, hash of the text they count in."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from assistant.types import Essay


def reader_address(essay: Essay, start: int, end: int) -> str:
    """Address, relative to the chat page, of ``essay`` opened at the characters ``start`` to ``end``."""
    query = urlencode({"start": start, "end": end, "sha256": essay.sha256})
    return f"read/{quote(essay.id, safe='')}?{query}#cited"


def safe_address(url: str | None) -> str | None:
    """``url`` where it is a web address that may become a link, else None."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None
